'use client';
import { useEffect, useState } from 'react';
import { readTheme, type Theme } from './theme';

/** What a token comes to: as a colour, since a token may name one for each theme; a font as it is. */
function current(): Theme {
  const probe = document.createElement('span');
  document.documentElement.append(probe);
  const style = getComputedStyle(probe);
  const theme = readTheme((name) => {
    const text = style.getPropertyValue(name);
    if (text === '' || name === '--mono' || name === '--sans') return text;
    probe.style.color = `var(${name})`;
    return style.color;
  });
  probe.remove();
  return theme;
}

/** The page's tokens, read again whenever the theme changes. Null before the page is there. */
export function useTheme(): Theme | null {
  const [theme, setTheme] = useState<Theme | null>(null);
  useEffect(() => {
    const read = () => setTheme(current());
    read();
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', read);
    const chosen = new MutationObserver(read);
    chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] });
    return () => {
      system.removeEventListener('change', read);
      chosen.disconnect();
    };
  }, []);
  return theme;
}
