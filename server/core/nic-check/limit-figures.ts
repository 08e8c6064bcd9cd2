import type { WayLimit } from '../limits-on-way';

/*
 * What measured traffic says of a limit. A limit counts more than what programs send:
 *
 * - HTB counts frames: a datagram with 8 bytes of UDP, 20 (IPv6: 40) of IP and 14 of Ethernet; a segment of TCP with 32
 *   (20 and 12 of timestamps) instead of 8. Of a packet of several segments (TSO) it counts the headers of each one.
 * - A policer is passed when the Ethernet header is gone, and counts a packet of several segments as one, with headers
 *   once. How large those are is not seen, so for TCP past a policer headers are counted as if each segment were alone:
 *   up to 3.5 % more than the policer has counted.
 *
 * Rates in bytes per second, sizes in bytes, times in seconds.
 */

/** Payload of a datagram: it fits whole through tunnels, too. */
export const DATAGRAM = 1200;

type Carried = { readonly protocol: 'tcp' | 'udp'; readonly payload: number; readonly v6: boolean };

/** Bytes that a limit counts for each byte of payload. */
export function overhead(by: WayLimit['by'] | null, { protocol, payload, v6 }: Carried): number {
  const headers = (protocol === 'tcp' ? 32 : 8) + (v6 ? 40 : 20) + (by === 'police' ? 0 : 14);
  return (payload + headers) / payload;
}

/** A stretch of time and what arrived in it. */
export type Interval = { readonly start: number; readonly seconds: number; readonly bytes: number };

/** Per second, of what arrived after `after`; 0 when that is nothing. */
export function longTerm(
  intervals: readonly Interval[],
  after: number,
  until = Number.POSITIVE_INFINITY,
): number {
  const counted = intervals.filter((i) => i.start >= after && i.start < until);
  const sum = (of: (i: Interval) => number) => counted.reduce((n, i) => n + of(i), 0);
  const seconds = sum((i) => i.seconds);
  return seconds === 0 ? 0 : sum((i) => i.bytes) / seconds;
}

/** How many datagrams had arrived by when. */
export type Count = { readonly at: number; readonly datagrams: number };

/** `size` of a datagram as the limit counts; `speed` at which they were sent, `rate` of the limit; `empty`: how long the bucket lasts. */
type Blasted = {
  readonly size: number;
  readonly speed: number;
  readonly rate: number;
  readonly empty: number;
  readonly seconds: number;
};

/**
 * The count before the first datagram of a blast; -1 for none. Others in the namespace, and iperf3 itself as it begins,
 * take single ones: a blast is what goes on.
 */
function beforeBlast(counts: readonly Count[], { size, rate }: Blasted): number {
  const window = Math.max(0.02, (8 * size) / rate);
  let ahead = 0;
  const from = counts.findIndex((c) => {
    while (ahead < counts.length && (counts[ahead]?.at ?? 0) < c.at + window) ahead += 1;
    return (counts[ahead]?.datagrams ?? 0) - c.datagrams >= (rate * window) / size / 2;
  });
  if (from < 0) return from;
  const grown = counts.findIndex((c, i) => i > from && c.datagrams > (counts[i - 1]?.datagrams ?? 0));
  return grown - 1;
}

/**
 * How much got through at the beginning beyond what the long-term rate lets through: once a full bucket is empty, what
 * has arrived is a straight line over time, whose height at the time of the first datagram is the bucket's size. Null
 * where too little was seen.
 */
export function burstSeen(counts: readonly Count[], blasted: Blasted): number | null {
  const { size, speed, empty, seconds } = blasted;
  const at = beforeBlast(counts, blasted);
  const [before, first] = [counts[at], counts[at + 1]];
  if (before === undefined || first === undefined) return null;
  const began = Math.max(before.at, first.at - ((first.datagrams - before.datagrams) * size) / speed);
  const line = counts
    .map((c) => ({ t: c.at - began, bytes: (c.datagrams - before.datagrams) * size }))
    .filter(({ t }) => t >= empty && t < seconds - 0.1);
  if (line.length < 10) return null;
  const mean = (of: (p: (typeof line)[number]) => number) =>
    line.reduce((n, p) => n + of(p), 0) / line.length;
  const [t, bytes] = [mean((p) => p.t), mean((p) => p.bytes)];
  const slope = mean((p) => (p.t - t) * (p.bytes - bytes)) / mean((p) => (p.t - t) ** 2);
  return bytes - slope * t;
}

/** Seconds that an emptied bucket of this limit takes until it is full again. */
export const refill = ({ rate, burst }: WayLimit): number => (burst ?? 0) / rate;

/** Longer than this nobody waits for a bucket to be full. */
const PATIENCE = 6;
/** Faster than this no sender here is sure to be. */
const FASTEST = 125_000_000;

export type Blast = {
  /** At which datagrams are sent, as the limit counts them. */
  readonly speed: number;
  /** Until the bucket is empty. */
  readonly empty: number;
  /** The bucket can be filled and emptied within the time of a check. */
  readonly provesBurst: boolean;
};

/** How fast datagrams must come for a limit to show; null: no sender is fast enough. `cap`: what else is in the way. */
export function blastFor(limit: WayLimit, cap: number | null): Blast | null {
  const { rate, peak, burst } = limit;
  const fastest = Math.min(peak ?? FASTEST, cap ?? FASTEST, FASTEST);
  if (rate * 1.2 > FASTEST) return null;
  const speed = Math.min(FASTEST, Math.max(2 * rate, 1.25 * (peak ?? 0), rate + (burst ?? 0)));
  const through = Math.min(speed, fastest);
  const empty = burst === null || through <= rate ? 0 : burst / (through - rate);
  return {
    speed,
    empty,
    provesBurst: burst !== null && through > rate && refill(limit) <= PATIENCE && empty <= PATIENCE,
  };
}

/** Shares by which a rate may miss its average, and a burst its size. */
export const CLOSE = { rate: 0.05, burst: 0.1 } as const;
/** A bucket of few packets is no finer than a packet. */
const PACKET = 1514;

export const rateHolds = (measured: number, rate: number): boolean =>
  Math.abs(measured / rate - 1) <= CLOSE.rate;
export const burstHolds = (measured: number, burst: number): boolean =>
  Math.abs(measured - burst) <= Math.max(burst * CLOSE.burst, PACKET);
