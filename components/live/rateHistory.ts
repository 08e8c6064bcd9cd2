import type { HostId } from '@/server/core/ids';
import type { Rates } from '@/server/core/observed';

/** What flowed on a host; null: not known, the stream was lost. What is not named did not flow. */
export type RateSample = { readonly at: number; readonly rates: Rates | null };

/** Milliseconds that are kept, and how far apart the agent samples. */
export const KEPT = 120_000;
const EVERY = 2_000;

/** The rates that this page was told while it was open. */
export class RateHistory {
  readonly #samples = new Map<HostId, readonly RateSample[]>();
  readonly #listeners = new Set<() => void>();

  /** The same array until something is added. */
  readonly of = (host: HostId): readonly RateSample[] => this.#samples.get(host) ?? NONE;

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  add(host: HostId, rates: Rates, at = Date.now()): void {
    this.#put(host, { at, rates });
    for (const listener of this.#listeners) listener();
  }

  /** What was meanwhile is not known. */
  lost(at = Date.now()): void {
    for (const host of this.#samples.keys()) this.#put(host, { at, rates: null });
  }

  #put(host: HostId, sample: RateSample): void {
    const before = this.of(host);
    const last = before.at(-1);
    // Nothing is told while it stays the same: it was so until the sample before this one.
    const still =
      last?.rates && sample.at - last.at > 1.5 * EVERY ? [{ at: sample.at - EVERY, rates: last.rates }] : [];
    const all = [...before, ...still, sample];
    const first = all.findLastIndex((s) => sample.at - s.at > KEPT);
    this.#samples.set(host, all.slice(Math.max(0, first)));
  }
}

const NONE: readonly RateSample[] = [];
