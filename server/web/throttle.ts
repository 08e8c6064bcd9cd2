/** Attempts that are slowed down: after `free` failures within `window` ms, none until the oldest is forgotten. */
export class Throttle {
  readonly #free: number;
  readonly #window: number;
  #failures: number[] = [];

  constructor(free: number, window: number) {
    this.#free = free;
    this.#window = window;
  }

  /** Milliseconds until the next attempt is taken; 0 now. */
  wait(now: number): number {
    this.#failures = this.#failures.filter((at) => now - at < this.#window);
    const [oldest] = this.#failures;
    if (oldest === undefined || this.#failures.length < this.#free) return 0;
    return oldest + this.#window - now;
  }

  failed(now: number): void {
    this.#failures.push(now);
  }

  succeeded(): void {
    this.#failures = [];
  }
}
