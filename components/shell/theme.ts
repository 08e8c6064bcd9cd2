/** Light, dark, or what the system says. Kept in a cookie, so that the first byte has the right colours. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const THEME_COOKIE = 'patchbay_theme';

export const toTheme = (text: string | undefined): Theme => THEMES.find((t) => t === text) ?? 'system';
