import type { ReactNode } from 'react';
import { classes } from './classes';

const TONES = {
  plain: 'border-line bg-sunken text-dim',
  accent: 'border-accent/40 bg-accent-soft text-accent',
  red: 'border-red/40 bg-red-soft text-red',
  amber: 'border-amber/40 bg-amber-soft text-amber',
  green: 'border-green/40 bg-green-soft text-green',
} as const;
export type Tone = keyof typeof TONES;

export function Badge({
  tone = 'plain',
  children,
  icon,
}: {
  tone?: Tone;
  children: ReactNode;
  icon?: ReactNode;
}) {
  return (
    <span
      className={classes(
        'inline-flex h-5 items-center gap-1 rounded-md border px-1.5 text-sm whitespace-nowrap',
        TONES[tone],
      )}
    >
      {icon}
      {children}
    </span>
  );
}

const DOTS = {
  plain: 'border-strong bg-transparent border-2',
  accent: 'bg-accent',
  red: 'bg-red',
  amber: 'bg-amber',
  green: 'bg-green',
} as const;

/** A state dot; the word is there for those who do not see the colour. */
export function StateDot({ tone, label }: { readonly tone: Tone; readonly label: string }) {
  return (
    <span
      role="img"
      aria-label={label}
      title={label}
      className={classes('size-2 shrink-0 rounded-full', DOTS[tone])}
    />
  );
}
