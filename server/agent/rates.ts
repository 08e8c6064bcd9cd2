import { readFileSync } from 'node:fs';
import type { Rates } from '@/server/core/observed';
import type { Stream } from './exec';

/** Bytes or packets since the interface was made (or its counters were last reset), by name. */
export type Counters = Readonly<Record<string, { readonly rx: number; readonly tx: number }>>;

const EVERY = 2_000;

/** The text of `/proc/net/dev`: two lines of heading, then `name: rxBytes … (8 numbers) txBytes …`. */
export const parseCounters = (text: string): Counters => columnsOf(text, 0);

/** The same lines: packets stand beside bytes. */
export const parsePackets = (text: string): Counters => columnsOf(text, 1);

function columnsOf(text: string, rxColumn: number): Counters {
  const counters: [string, { rx: number; tx: number }][] = [];
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const numbers = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/);
    const rx = Number(numbers[rxColumn]);
    const tx = Number(numbers[rxColumn + 8]);
    if (Number.isFinite(rx) && Number.isFinite(tx)) counters.push([line.slice(0, colon).trim(), { rx, tx }]);
  }
  return Object.fromEntries(counters);
}

/**
 * Bytes per second between two samples. An interface that is new, or whose counters went back (it was made anew
 * under its old name), has no rate yet.
 */
export function ratesBetween(before: Counters, after: Counters, seconds: number): Rates {
  if (seconds <= 0) return {};
  return Object.fromEntries(
    Object.entries(after).flatMap(([name, now]) => {
      const then = Object.hasOwn(before, name) ? before[name] : undefined;
      if (then === undefined || now.rx < then.rx || now.tx < then.tx) return [];
      return [[name, { rx: (now.rx - then.rx) / seconds, tx: (now.tx - then.tx) / seconds }]];
    }),
  );
}

/** Samples every two seconds until stopped: start it only while somebody wants to know. */
export function watchRates(onRates: (rates: Rates) => void): Stream {
  const sample = () => ({
    at: performance.now(),
    counters: parseCounters(readFileSync('/proc/net/dev', 'utf8')),
  });
  let last = sample();
  const timer = setInterval(() => {
    const next = sample();
    onRates(ratesBetween(last.counters, next.counters, (next.at - last.at) / 1000));
    last = next;
  }, EVERY);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
