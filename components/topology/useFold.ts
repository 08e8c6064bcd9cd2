'use client';
import { useCallback, useEffect, useState } from 'react';

/** Whether a corner panel is open; remembered by this browser. At first it is where the window is that wide, in pixels. */
export function useFold(name: string, from: number): readonly [boolean, () => void] {
  const key = `patchbay.fold.${name}`;
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const kept = localStorage.getItem(key);
    setOpen(kept === null ? matchMedia(`(min-width: ${from}px)`).matches : kept === 'open');
  }, [key, from]);
  const toggle = useCallback(() => {
    setOpen((before) => {
      localStorage.setItem(key, before ? 'folded' : 'open');
      return !before;
    });
  }, [key]);
  return [open, toggle];
}
