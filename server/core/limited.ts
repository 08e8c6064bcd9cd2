import { bitRate } from './bit-rate';
import type { QueueRate, Rates } from './observed';

/* Limits as they are shown: what is kept, what the kernel has, what flows. */

/** Bit per second, bytes; `peak` null where it is the rate, `burst` null where nobody chose one. */
export type LimitAmount = {
  readonly rate: number;
  readonly peak: number | null;
  readonly burst: number | null;
};

export type KernelLimit =
  | ({ readonly is: 'limit'; readonly by: 'htb' | 'police' | 'redirect' } & LimitAmount)
  | { readonly is: 'none' }
  /** Queueing that somebody else set. */
  | { readonly is: 'foreign'; readonly kind: string }
  | { readonly is: 'unknown'; readonly why: string };

export type LimitWay = {
  /** Null: nothing of ours limits it. */
  readonly configured: LimitAmount | null;
  readonly kernel: KernelLimit;
  /** How they differ, in a sentence; null: they do not, or it cannot be told. */
  readonly drift: string | null;
  /** Traffic is held up by it now. */
  readonly full: boolean;
};

export type LimitTruth = {
  readonly device: string;
  /** The network it is kept with; null: with none. */
  readonly network: string | null;
  /** Towards the guests, which is what the host sends, and from them; null: limited by nobody. */
  readonly inbound: LimitWay | null;
  readonly outbound: LimitWay | null;
};

export const AT_LIMIT = 'at its limit';
export const LIMIT_DIFFERS = 'limit differs';

/** `10 Mbit/s, peak 20 Mbit/s, burst 512 KiB`. */
export const amountWords = ({ rate, peak, burst }: LimitAmount): string =>
  [
    bitRate(rate / 8),
    peak === null ? '' : `peak ${bitRate(peak / 8)}`,
    burst === null ? '' : `burst ${Math.round(burst / 1024)} KiB`,
  ]
    .filter((word) => word !== '')
    .join(', ');

/** Of what it lets through, this share is as good as all. */
const NEARLY = 0.95;

/** With what flows now: is traffic held up? */
export function withFlow(truth: LimitTruth, rate: Rates[string] | undefined): LimitTruth {
  if (rate === undefined) return truth;
  const flow = (way: LimitWay | null, bytes: number, queue: QueueRate | undefined): LimitWay | null =>
    way?.kernel.is === 'limit' && isFull(way.kernel.rate / 8, queue?.bytes ?? bytes, queue)
      ? { ...way, full: true }
      : way;
  return {
    ...truth,
    inbound: flow(truth.inbound, rate.tx, rate.sent),
    outbound: flow(truth.outbound, rate.rx, rate.received),
  };
}

const isFull = (limit: number, bytes: number, queue: QueueRate | undefined): boolean =>
  bytes >= NEARLY * limit || (queue !== undefined && (queue.drops > 0 || queue.growth > 0));

const waysOf = ({ inbound, outbound }: LimitTruth) => [inbound, outbound].filter((way) => way !== null);

export const isAtLimit = (truth: LimitTruth): boolean => waysOf(truth).some((way) => way.full);
export const differsFromKept = (truth: LimitTruth): boolean =>
  waysOf(truth).some((way) => way.drift !== null);

/** Bit per second that it lets through in the narrower direction; null where the kernel has no limit. */
export function narrowest(truth: LimitTruth): number | null {
  const rates = waysOf(truth).flatMap(({ kernel }) => (kernel.is === 'limit' ? [kernel.rate] : []));
  return rates.length === 0 ? null : Math.min(...rates);
}

/** `≤ 10 Mbit/s inbound, ≤ 5 Mbit/s outbound`. */
export function limitRateWords(truth: LimitTruth): string {
  const most = (['inbound', 'outbound'] as const).flatMap((name) => {
    const kernel = truth[name]?.kernel;
    return kernel?.is === 'limit' ? [`≤ ${bitRate(kernel.rate / 8)} ${name}`] : [];
  });
  return most.join(', ');
}

/** With what is to be said about it: `at its limit`. */
export const limitWords = (truth: LimitTruth): string =>
  [limitRateWords(truth), isAtLimit(truth) ? AT_LIMIT : '', differsFromKept(truth) ? LIMIT_DIFFERS : '']
    .filter((word) => word !== '')
    .join(', ');
