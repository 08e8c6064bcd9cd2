'use client';
import { X } from 'lucide-react';
import { type PointerEvent, type ReactNode, useState } from 'react';
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
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/** The lower part of the screen, resizable by its edge; a sheet where there is no room. */
export function Drawer({ title, mark, onClose, children }: DrawerProps) {
  const wide = useWide();
  const [height, setHeight] = useState(USUAL);
  const [read, setRead] = useState(false);
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
  if (!wide)
    return (
      <Dialog open onClose={onClose} title={title} place="bottom">
        <div className="p-4">{children}</div>
      </Dialog>
    );
  return (
    <section
      aria-label={title}
      style={{ height: `${height}%` }}
      className="flex min-h-0 flex-col border-t border-line bg-raised"
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
        className="-mt-1 h-2 shrink-0 cursor-row-resize touch-none border-0"
      />
      <header className="flex items-center gap-2 border-b border-line px-4 pb-2">
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
