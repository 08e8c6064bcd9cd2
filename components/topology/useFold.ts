'use client';
import { useCallback, useEffect, useState } from 'react';

/** Whether a corner panel is open; remembered by this browser, closed at first where there is little room. */
export function useFold(name: string): readonly [boolean, () => void] {
  const key = `patchbay.fold.${name}`;
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const kept = localStorage.getItem(key);
    setOpen(kept === null ? matchMedia('(min-width: 900px)').matches : kept === 'open');
  }, [key]);
  const toggle = useCallback(() => {
    setOpen((before) => {
      localStorage.setItem(key, before ? 'folded' : 'open');
      return !before;
    });
  }, [key]);
  return [open, toggle];
}
