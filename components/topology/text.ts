/** Advance of one character in parts of the font size: monospace fonts agree on it within a hundredth. */
const MONO = 0.605;
const SANS = 0.54;

export const textWidth = (text: string, px: number, font: 'mono' | 'sans'): number =>
  [...text].length * px * (font === 'mono' ? MONO : SANS);

/** The text cut to `width` pixels, with an ellipsis where something is missing. */
export function cut(text: string, width: number, px: number, font: 'mono' | 'sans' = 'mono'): string {
  const room = Math.floor(width / (px * (font === 'mono' ? MONO : SANS)));
  const letters = [...text];
  return letters.length <= room ? text : `${letters.slice(0, Math.max(1, room - 1)).join('')}…`;
}

/** A rate in bit per second for people, three digits: "940 Mbit/s". */
export function rateWords(bits: number): string {
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
  let value = bits;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = value >= 100 || unit === 0 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Width of a cable in four steps: below 1 Mbit/s, 100 Mbit/s, 1 Gbit/s, and from there on. */
export function rateStep(bits: number | null): 1 | 2 | 3 | 4 {
  if (bits === null || bits < 1e6) return 1;
  if (bits < 1e8) return 2;
  return bits < 1e9 ? 3 : 4;
}
