'use client';
import { useEffect, useRef } from 'react';

/** Where keys are silent although nobody types. */
const SILENT = { inDialogs: '[role="menu"]', usually: '[role="dialog"],[role="menu"]' } as const;

/** Single keys that work wherever nobody is typing: usually only while no dialog is open. */
export function useKeys(keys: Readonly<Record<string, () => void>>, where: keyof typeof SILENT = 'usually') {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || isTyping(e.target)) return;
      if (document.querySelector(SILENT[where])) return;
      const act = latest.current[e.key];
      if (!act) return;
      e.preventDefault();
      act();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [where]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
