import type { Limit } from '@/server/core/token-bucket';
import { burstText, parseBurst, parseRate, rateText } from './units';

/* What the text of a limit's field means, in all units, and the stops of its slider. */

const figure = (n: number): string => n.toLocaleString('en', { maximumFractionDigits: 3 });

/** `10 Mbit/s · 1.25 MB/s · 1,250 kB/s`; exact, whatever the unit. */
export const rateWords = (kilobytes: number): string =>
  `${figure((kilobytes * 8) / 1000)} Mbit/s · ${figure(kilobytes / 1000)} MB/s · ${figure(kilobytes)} kB/s`;

/** `512 KiB · 0.5 MiB · 524,288 bytes` */
export const sizeWords = (kibibytes: number): string =>
  `${figure(kibibytes)} KiB · ${figure(kibibytes / 1024)} MiB · ${figure(kibibytes * 1024)} bytes`;

export type Amount = {
  readonly parse: (text: string) => number | null;
  readonly write: (value: number) => string;
  readonly words: (value: number) => string;
  /** Values that are round, rising by about as much each time. */
  readonly stops: readonly number[];
};

/** 1, 2, 3, 4, 5, 6, 8 of each power of ten Mbit/s up to 10 Gbit/s: each a whole number of kilobytes. */
const RATES = [
  ...[0.2, 0.4, 0.6, 0.8],
  ...[1, 10, 100, 1000].flatMap((power) => [1, 2, 3, 4, 5, 6, 8].map((n) => n * power)),
  10_000,
].map((megabits) => Math.round(megabits * 125));
/** Powers of two, from 4 KiB to 1 GiB. */
const SIZES = Array.from({ length: 19 }, (_, n) => 2 ** (n + 2));

export const RATE: Amount = { parse: parseRate, write: rateText, words: rateWords, stops: RATES };
export const SIZE: Amount = { parse: parseBurst, write: burstText, words: sizeWords, stops: SIZES };

/** Only what the schema would take: the rest means nothing. */
export function amountIn({ parse }: Amount, text: string): number | undefined {
  const value = text.trim() === '' ? null : parse(text);
  return value !== null && Number.isInteger(value) && value > 0 ? value : undefined;
}

/** Where on the slider a value stands: 0 for none, between two stops by its ratio to them. */
export function stopOf({ stops }: Amount, value: number | undefined): number {
  if (value === undefined) return 0;
  const after = stops.findIndex((s) => s >= value);
  const [before, next] = [stops[after - 1], stops[after]];
  if (next === undefined) return stops.length;
  // Down to where there is none, which it is not.
  if (before === undefined) return value === next ? 1 : 0.5;
  return after + Math.log(value / before) / Math.log(next / before);
}

/** The text for a stop. */
export function textAtStop({ stops, write }: Amount, stop: number): string {
  const value = stops[Math.round(stop) - 1];
  return value === undefined ? '' : write(value);
}

/** The burst that lasts so long: inbound at this peak, outbound as fast as the line is, worth so many seconds of the average. */
export function burstFor(seconds: number, { average = 0, peak }: Limit): number {
  return Math.max(1, Math.round(((peak === undefined ? average : peak - average) * 1000 * seconds) / 1024));
}
