import type { RateSample } from '../live/rateHistory';

/**
 * Bit per second over a device in both directions, seen from the host, at seconds before now; through its limits, where
 * it has some: what they drop did not flow.
 */
export type Traffic = {
  readonly x: readonly number[];
  readonly sent: readonly (number | null)[];
  readonly received: readonly (number | null)[];
};

/** `now` null: nothing is told any more, so that nothing is known of what flows now. */
export function trafficOf(samples: readonly RateSample[], device: string, now: number | null): Traffic {
  const last = samples.at(-1);
  const end = now ?? last?.at ?? 0;
  const all = last && now !== null && now > last.at ? [...samples, { ...last, at: now }] : samples;
  const bits = (way: 'sent' | 'received', whole: 'rx' | 'tx') =>
    all.map(({ rates }) => {
      if (rates === null) return null;
      const rate = Object.hasOwn(rates, device) ? rates[device] : undefined;
      return (rate?.[way]?.bytes ?? rate?.[whole] ?? 0) * 8;
    });
  return {
    x: all.map((s) => (s.at - end) / 1000),
    sent: bits('sent', 'tx'),
    received: bits('received', 'rx'),
  };
}

/** A time of the axis: `now`, `30 s ago`. */
export const agoWords = (seconds: number): string =>
  seconds > -0.5
    ? 'now'
    : seconds === -60
      ? '1 min'
      : seconds === -120
        ? '2 min'
        : `${Math.round(-seconds)} s`;
