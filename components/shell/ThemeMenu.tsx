'use client';
import { Check, Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../ui/Button';
import { Menu } from '../ui/Menu';
import { THEME_COOKIE, THEMES, type Theme } from './theme';

const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;
const LABELS = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;

export function ThemeMenu({ initial }: { readonly initial: Theme }) {
  const [theme, setTheme] = useState(initial);
  const choose = (to: Theme) => {
    setTheme(to);
    if (to === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = to;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox
    document.cookie = `${THEME_COOKIE}=${to}; path=/; max-age=31536000; samesite=strict`;
  };
  const Icon = ICONS[theme];
  return (
    <Menu
      trigger={<IconButton label="Theme" icon={<Icon aria-hidden className="size-4" />} />}
      items={THEMES.map((t) => {
        const I = t === theme ? Check : ICONS[t];
        return { label: LABELS[t], icon: <I aria-hidden />, onSelect: () => choose(t) };
      })}
    />
  );
}
