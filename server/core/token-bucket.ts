import type { Bandwidth } from './kinds/port';

/*
 * What limits let through of a sender that sends all it can. The kernel keeps a bucket of `burst` bytes, which fills at
 * the average. Inbound (HTB) it is emptied at the peak; outbound (a policer) as fast as the line is, whatever the peak.
 */

export type Way = 'inbound' | 'outbound';
export const WAYS: readonly Way[] = ['inbound', 'outbound'];
type Inbound = NonNullable<Bandwidth['inbound']>;
/** Either direction; only inbound has a floor. */
export type Limit = Inbound;

export const limitOf = (bandwidth: Bandwidth | undefined, way: Way): Limit | undefined => bandwidth?.[way];

/** Kilobytes: `tc` counts a bucket in 32 bits of bytes. */
export const MOST_TC_BURST = 4_194_303;
/** And in 32 bits of ticks of 64 ns of the rate: what is more begins again at 0. */
export const MOST_SECONDS = (2 ** 32 * 64) / 1e9;
/** The bucket of HTB that `tc` makes when it is told none: one frame. */
const FRAME_BUCKET = 1600;

/** Of a policer, kilobytes: a second's worth where nothing is said, as libvirt has it. */
export const policerBurst = (average: number, burst: number | undefined): number =>
  burst ?? Math.min(average, MOST_TC_BURST);

/** Bytes, and bytes per second. */
export type Bucket = {
  readonly average: number;
  readonly size: number;
  /** At which the bucket is emptied; null: as fast as the line is. */
  readonly peak: number | null;
};

/** Null where nothing is limited. */
export function bucketOf(way: Way, { average, peak, burst }: Limit): Bucket | null {
  if (average === undefined) return null;
  const rate = average * 1000;
  if (way === 'outbound') return { average: rate, size: policerBurst(average, burst) * 1024, peak: null };
  const size = burst === undefined ? FRAME_BUCKET : burst * 1024;
  return { average: rate, size, peak: Math.max(average, peak ?? average) * 1000 };
}

/** How long the burst lasts, and how much goes while it does. */
export function burstOf({ average, size, peak }: Bucket): {
  readonly seconds: number;
  readonly bytes: number;
} {
  if (peak === null) return { seconds: 0, bytes: size };
  if (peak <= average) return { seconds: 0, bytes: 0 };
  const seconds = size / (peak - average);
  return { seconds, bytes: peak * seconds };
}

/** Bytes that have gone after so many seconds, from a full bucket. */
export function sentAfter(bucket: Bucket, seconds: number): number {
  const first = burstOf(bucket);
  if (seconds < first.seconds) return (bucket.peak ?? 0) * seconds;
  return first.bytes + (seconds - first.seconds) * bucket.average;
}

/** Seconds until so many bytes have gone: at best, since answers, headers and what is lost need some too. */
export function secondsFor(bucket: Bucket, bytes: number): number {
  const first = burstOf(bucket);
  if (bytes <= first.bytes) return bucket.peak === null ? 0 : bytes / bucket.peak;
  return first.seconds + (bytes - first.bytes) / bucket.average;
}
