'use client';
import { useEffect, useState } from 'react';
import { secondsLeft } from './secondsLeft';

/** Whole seconds until `deadline` (ISO 8601) by this browser's clock, which is `skew` ms ahead of the server's. */
export function useSecondsLeft(deadline: string, skew: number): number {
  const [left, setLeft] = useState(() => secondsLeft(deadline, Date.now(), skew));
  useEffect(() => {
    const tick = () => setLeft(secondsLeft(deadline, Date.now(), skew));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [deadline, skew]);
  return left;
}

const R = 15;
const ROUND = 2 * Math.PI * R;

/** The ring that empties while a change waits. The figure in it says the same. */
export function CountdownRing({ left, of }: { readonly left: number; readonly of: number }) {
  const tone = left <= 10 ? 'text-red' : 'text-amber';
  return (
    <span
      role="timer"
      aria-label={`${left} seconds left`}
      className={`relative inline-flex size-9 shrink-0 ${tone}`}
    >
      <svg aria-hidden viewBox="0 0 36 36" className="size-9 -rotate-90">
        <circle
          cx="18"
          cy="18"
          r={R}
          fill="none"
          stroke="currentColor"
          strokeOpacity="0.22"
          strokeWidth="3"
        />
        <circle
          cx="18"
          cy="18"
          r={R}
          fill="none"
          stroke="currentColor"
          strokeWidth="3"
          strokeLinecap="round"
          strokeDasharray={ROUND}
          strokeDashoffset={ROUND * (1 - Math.min(1, left / Math.max(1, of)))}
        />
      </svg>
      <span aria-hidden className="absolute inset-0 grid place-items-center text-sm font-semibold text-text">
        {left}
      </span>
    </span>
  );
}
