import { readFileSync } from 'node:fs';
import { type DeviceLimits, type Fact, items, type QueueRate, type Rates } from '@/server/core/observed';
import type { Stream } from './exec';
import { type DeviceQueues, type QueueCounters, readQueues } from './observe/queues';

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

type Queues = Readonly<Record<string, DeviceQueues>>;

function queueRate(
  before: QueueCounters | undefined,
  after: QueueCounters | undefined,
  seconds: number,
): QueueRate | undefined {
  // Made anew, it counts from the beginning.
  if (before === undefined || after === undefined || after.bytes < before.bytes) return undefined;
  const perSecond = (of: 'bytes' | 'drops' | 'overlimits') => Math.max(0, after[of] - before[of]) / seconds;
  return {
    ...{ bytes: perSecond('bytes'), drops: perSecond('drops'), overlimits: perSecond('overlimits') },
    backlog: after.backlog,
    growth: (after.backlog - before.backlog) / seconds,
  };
}

const at = <T>(all: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(all, name) ? all[name] : undefined;

/** What went through the limits of a device between two samples. */
export function limitRates(
  device: string,
  { sent, received }: DeviceLimits,
  [before, after, seconds]: readonly [Queues, Queues, number],
): Pick<Rates[string], 'sent' | 'received'> {
  if (seconds <= 0) return {};
  const [was, is] = [at(before, device), at(after, device)];
  const out = sent === null ? undefined : queueRate(was?.root, is?.root, seconds);
  const policed = received?.by === 'police' ? queueRate(was?.ingress, is?.ingress, seconds) : undefined;
  const through =
    received?.by === 'redirect'
      ? queueRate(at(before, received.to)?.root, at(after, received.to)?.root, seconds)
      : received?.by === 'police' && policed
        ? {
            ...policed,
            bytes: Math.min(policed.bytes * keptShare(was, is), received.rate + received.burst / seconds),
          }
        : undefined;
  return { ...(out && { sent: out }), ...(through && { received: through }) };
}

/**
 * What comes in is counted before a policer drops of it, and of what it dropped only the packets: their share is taken
 * off. Of several that came as one it counts one; then no more passed than its rate and a bucket that was full.
 */
function keptShare(was: DeviceQueues | undefined, is: DeviceQueues | undefined): number {
  if (!was?.ingress || !is?.ingress) return 1;
  const packets = is.ingress.packets - was.ingress.packets;
  return packets > 0 ? Math.max(0, 1 - (is.ingress.drops - was.ingress.drops) / packets) : 1;
}

type Sample = { readonly at: number; readonly counters: Counters; readonly queues: Queues };

/** What flowed between two samples, by interface, with what its limits did to it. */
export function flowBetween(before: Sample, after: Sample, limits: Fact<DeviceLimits>): Rates {
  const seconds = (after.at - before.at) / 1000;
  const of = limits.known ? limits.value : {};
  return Object.fromEntries(
    Object.entries(ratesBetween(before.counters, after.counters, seconds)).map(([name, rate]) => {
      const own = at(of, name);
      const more = own && limitRates(name, own, [before.queues, after.queues, seconds]);
      return [name, { ...rate, ...more }];
    }),
  );
}

/** Samples every two seconds until stopped: start it only while somebody wants to know. Queues only where limits are. */
export function watchRates(limits: () => Fact<DeviceLimits>, onRates: (rates: Rates) => void): Stream {
  const sample = async (): Promise<Sample> => {
    const queues = items(limits()).length > 0 ? await readQueues() : null;
    const counters = parseCounters(readFileSync('/proc/net/dev', 'utf8'));
    return { at: performance.now(), counters, queues: queues ?? {} };
  };
  let last: Promise<Sample> = sample();
  let busy = false;
  let stopped = false;
  const timer = setInterval(async () => {
    // A machine that is so slow is not asked for more.
    if (busy) return;
    busy = true;
    const [before, after] = await Promise.all([last, last.then(sample)]);
    last = Promise.resolve(after);
    busy = false;
    if (!stopped) onRates(flowBetween(before, after, limits()));
  }, EVERY);
  timer.unref();
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
