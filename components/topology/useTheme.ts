'use client';
import { useEffect, useState } from 'react';
import { readTheme, type Theme } from './theme';

function current(): Theme {
  const style = getComputedStyle(document.documentElement);
  return readTheme((name) => style.getPropertyValue(name));
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
