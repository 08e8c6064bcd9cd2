import { bitRate } from '@/server/core/bit-rate';
import { type Bucket, burstOf, secondsFor } from '@/server/core/token-bucket';

/* What a limit does to somebody who sends all they can, as a line to draw and in a sentence. */

/** Bit per second over seconds. */
export type Curve = {
  readonly x: readonly number[];
  readonly values: readonly number[];
  readonly span: readonly [number, number];
};

/** Drawn where the line is as fast as anything: that far above the average. */
const AT_ONCE = 3;

export function curveOf(bucket: Bucket): Curve {
  const average = bucket.average * 8;
  const { seconds } = burstOf(bucket);
  const end = seconds > 0 ? seconds * 2.5 : 10;
  // A step takes a moment: times rise.
  const moment = end / 1000;
  if (bucket.peak === null)
    return {
      x: [0, end / 100, end / 100 + moment, end],
      values: steps(average * AT_ONCE, average),
      span: [0, end],
    };
  if (seconds === 0) return { x: [0, end], values: [average, average], span: [0, end] };
  return { x: [0, seconds, seconds + moment, end], values: steps(bucket.peak * 8, average), span: [0, end] };
}

const steps = (first: number, then: number) => [first, first, then, then];

export function curveWords(bucket: Bucket): string {
  const { seconds, bytes } = burstOf(bucket);
  const average = bitRate(bucket.average);
  if (bucket.peak === null)
    return `${bytesText(bytes)} at once, as fast as the line is; then ${average}, and what exceeds that is dropped.`;
  return bytes === 0
    ? `${average} all the time, without a burst.`
    : `${bitRate(bucket.peak)} for ${durationText(seconds)}, which are ${bytesText(bytes)}; then ${average}.`;
}

export const downloadWords = (bucket: Bucket, bytes: number): string => {
  const seconds = secondsFor(bucket, bytes);
  return seconds === 0 ? 'no longer than the line needs' : `${durationText(seconds)} at best`;
};

const SIZES = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `512 bytes`, `2.93 MiB`. */
export function bytesText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < SIZES.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${Number(size.toPrecision(3))} ${SIZES[unit]}`;
}

/** `8.4 ms`, `84 s`, `12 min 5 s`, `3 h 20 min`, `5 days`. */
export function durationText(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Number((seconds * 1000).toPrecision(2))} ms`;
  if (seconds < 99.5) return `${Number(seconds.toPrecision(2))} s`;
  const [whole, minutes] = [Math.round(seconds), Math.round(seconds / 60)];
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 === 0 ? '' : ` ${whole % 60} s`}`;
  if (minutes < 48 * 60)
    return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
  return `${Math.round(seconds / 86_400).toLocaleString('en')} days`;
}
