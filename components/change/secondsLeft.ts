/**
 * Whole seconds until `deadline` (ISO 8601), never below 0. `now` is read from a clock that is `skew` ms ahead of the
 * one that the deadline was set by.
 */
export const secondsLeft = (deadline: string, now: number, skew: number): number =>
  Math.max(0, Math.ceil((Date.parse(deadline) - (now - skew)) / 1000));
