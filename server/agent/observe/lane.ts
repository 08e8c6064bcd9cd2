export type LaneOptions<K> = {
  /** Milliseconds without a new request before reading: what belongs together is read once. */
  readonly quiet: number;
  /** Milliseconds after the first request at which it is read although requests keep coming. */
  readonly longest: number;
  /**
   * After a reading the lane rests this many times as long as the reading took: 3 takes a quarter of a core at most,
   * however fast the requests come.
   */
  readonly rest: number;
  readonly read: (keys: ReadonlySet<K>) => Promise<void>;
};

/** Requests to read, gathered; one reading at a time. */
export type Lane<K> = {
  readonly ask: (keys: Iterable<K>) => void;
  /** Reads these, and whatever was asked for, without waiting for quiet; settles when they are read. */
  readonly now: (keys: Iterable<K>) => Promise<void>;
  readonly stop: () => void;
};

const LONGEST_REST = 5_000;

export function createLane<K>(options: LaneOptions<K>): Lane<K> {
  let pending = new Set<K>();
  let firstAsked = 0;
  let notBefore = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let stopped = false;

  const run = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const keys = pending;
    pending = new Set();
    const began = performance.now();
    running = options.read(keys).finally(() => {
      const ended = performance.now();
      notBefore = ended + Math.min((ended - began) * options.rest, LONGEST_REST);
      running = null;
      if (pending.size > 0) schedule();
    });
    return running;
  };

  const schedule = () => {
    if (stopped || running !== null) return;
    clearTimeout(timer);
    const now = performance.now();
    const due = Math.max(notBefore, Math.min(now + options.quiet, firstAsked + options.longest));
    timer = setTimeout(run, Math.max(0, due - now));
    timer.unref();
  };

  return {
    ask: (keys) => {
      if (pending.size === 0) firstAsked = performance.now();
      for (const key of keys) pending.add(key);
      if (pending.size > 0) schedule();
    },
    now: async (keys) => {
      for (const key of keys) pending.add(key);
      // Somebody else's `now` may have begun, with our keys in it, while we waited.
      while (running !== null) await running;
      if (pending.size > 0) await run();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
