'use client';
import { X } from 'lucide-react';
import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { IconButton } from './Button';
import { Dialog } from './Dialog';
import { useWide } from './useWide';

const KEY = 'patchbay.drawer';
const USUAL = 46;
const clamp = (percent: number) => Math.round(Math.min(85, Math.max(20, percent)));

/** Remembered for this browser; a nicety that may fail (storage can be denied). */
function remembered(): number {
  try {
    return clamp(Number(localStorage.getItem(KEY)) || USUAL);
  } catch {
    return USUAL;
  }
}

type DrawerProps = {
  readonly title: string;
  readonly mark?: ReactNode;
  /** No higher than what is in it. */
  readonly fit?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/** The lower part of the screen, resizable by its edge; a sheet where there is no room. */
export function Drawer({ title, mark, fit, onClose, children }: DrawerProps) {
  const wide = useWide();
  const [height, setHeight] = useState(USUAL);
  const [read, setRead] = useState(false);
  const section = useRef<HTMLElement>(null);
  if (!read && typeof window !== 'undefined') {
    setRead(true);
    setHeight(remembered());
  }
  const resize = (percent: number) => {
    setHeight(clamp(percent));
    try {
      localStorage.setItem(KEY, String(clamp(percent)));
    } catch {}
  };
  const drag = (down: PointerEvent<HTMLHRElement>) => {
    const edge = down.currentTarget;
    const whole = edge.closest('main')?.getBoundingClientRect();
    if (!whole) return;
    edge.setPointerCapture(down.pointerId);
    const move = (e: globalThis.PointerEvent) => resize(((whole.bottom - e.clientY) / whole.height) * 100);
    edge.addEventListener('pointermove', move);
    edge.addEventListener('pointerup', () => edge.removeEventListener('pointermove', move), { once: true });
  };
  // What opened it may be gone (a form that was sent), and the keyboard would start at the top of the page.
  useEffect(() => {
    const timer = setTimeout(() => {
      if (document.activeElement === document.body) section.current?.focus();
    }, 80);
    return () => clearTimeout(timer);
  }, []);
  if (!wide)
    return (
      <Dialog open onClose={onClose} title={title} place="bottom">
        <div className="p-4">{children}</div>
      </Dialog>
    );
  return (
    <section
      ref={section}
      tabIndex={-1}
      aria-label={title}
      style={fit ? { maxHeight: `${height}%` } : { height: `${height}%` }}
      className="flex min-h-0 shrink-0 flex-col border-t border-line bg-raised focus:outline-none"
    >
      <hr
        tabIndex={0}
        aria-orientation="horizontal"
        aria-label="Height of the drawer"
        aria-valuenow={height}
        aria-valuemin={20}
        aria-valuemax={85}
        onPointerDown={drag}
        onKeyDown={(e) => {
          if (e.key === 'ArrowUp') resize(height + 4);
          else if (e.key === 'ArrowDown') resize(height - 4);
          else return;
          e.preventDefault();
        }}
        className="relative z-10 -my-1 h-2 shrink-0 cursor-row-resize touch-none border-0"
      />
      <header className="flex items-center gap-2 border-b border-line px-4 py-2">
        {mark}
        <h2 className="min-w-0 flex-1 truncate font-semibold">{title}</h2>
        <IconButton
          label="Close"
          shortcut="Esc"
          small
          icon={<X aria-hidden className="size-4" />}
          onClick={onClose}
        />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
    </section>
  );
}
