type Limits = {
  /** Wrong passwords of one client that are free; then it waits until its oldest one is forgotten. */
  readonly free: number;
  /** Milliseconds after which a wrong password is forgotten. */
  readonly window: number;
  /** Wrong passwords of all clients together; then those wait who never got in. */
  readonly ceiling: number;
  /** Clients that got in, and are remembered so that guessers elsewhere do not hold them up. */
  readonly known: number;
};

/**
 * Attempts that are slowed down, for each client by itself: a guesser locks nobody else out. What many clients guess
 * together is limited too, and with it the size of the table.
 */
export class Throttle {
  readonly #limits: Limits;
  /** Times of wrong passwords, oldest first. */
  readonly #failures = new Map<string, readonly number[]>();
  /** The one who got in last comes last. */
  readonly #known = new Set<string>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Milliseconds until the next attempt of this client is taken; 0 now. */
  wait(client: string, now: number): number {
    this.#forget(now);
    const { free, window, ceiling } = this.#limits;
    const mine = this.#failures.get(client) ?? [];
    if (mine[0] !== undefined && mine.length >= free) return mine[0] + window - now;
    if (this.#known.has(client)) return 0;
    const all = [...this.#failures.values()].flat();
    return all.length < ceiling ? 0 : Math.min(...all) + window - now;
  }

  failed(client: string, now: number): void {
    this.#failures.set(client, [...(this.#failures.get(client) ?? []), now]);
  }

  succeeded(client: string): void {
    this.#failures.delete(client);
    this.#known.delete(client);
    this.#known.add(client);
    const [oldest] = this.#known;
    if (oldest !== undefined && this.#known.size > this.#limits.known) this.#known.delete(oldest);
  }

  #forget(now: number): void {
    for (const [client, times] of this.#failures) {
      const left = times.filter((at) => now - at < this.#limits.window);
      if (left.length === 0) this.#failures.delete(client);
      else if (left.length < times.length) this.#failures.set(client, left);
    }
  }
}
