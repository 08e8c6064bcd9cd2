import { fail, type Result } from '@/server/core/result';

/** One thing that was started and must end. `what` is how people call it; null goes without saying. */
export type Started = {
  readonly what: string | null;
  readonly end: () => Promise<void>;
  readonly force: () => unknown;
};

export type Ending = {
  readonly add: (started: Started) => void;
  /** Has somebody asked us to end? */
  readonly asked: () => boolean;
  readonly whenAsked: Promise<void>;
  /** Ends everything, last started first. */
  readonly endAll: () => Promise<void>;
};

/**
 * One key press reaches us more than once: the terminal signals us, and npm passes its own signal on. A second
 * Ctrl-C is one that comes later than this (ms).
 */
const SECOND = 1000;

/** Listens for Ctrl-C and its like: the first one ends everything in order, a second one by force. */
export function endOnSignal(tell: (line: string) => void): Ending {
  const all: Started[] = [];
  let askedAt: number | null = null;
  let wake = () => {};
  const whenAsked = new Promise<void>((resolve) => {
    wake = resolve;
  });
  // Children and their pipes do not keep us alive; until somebody asks, this does.
  const alive = setInterval(() => {}, 2 ** 30);
  const ask = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (askedAt === null) {
      askedAt = now;
      tell(signal === 'SIGINT' ? 'Stopping (Ctrl-C once more to force it)' : 'Stopping');
      wake();
    } else if (now - askedAt > SECOND) {
      tell('Stopping by force');
      for (const one of all.toReversed()) tryTo(one.force);
      process.exit(1);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  return {
    add: (started) => {
      all.push(started);
    },
    asked: () => askedAt !== null,
    whenAsked,
    endAll: async () => {
      askedAt ??= performance.now(); // whoever dies from here on is not started again
      for (let one = all.pop(); one !== undefined; one = all.pop()) {
        await one.end().catch((e: unknown) => tell(`${one?.what}: ${e instanceof Error ? e.message : e}`));
        if (one.what !== null) tell(`Stopped: ${one.what}`);
      }
      clearInterval(alive);
    },
  };
}

function tryTo(what: () => unknown): void {
  try {
    what();
  } catch {
    // it is gone already
  }
}

/** A fault of ours, or a disk that is full: what was started is ended like after every other failure. */
export const unexpected = (e: unknown): Result<never> =>
  fail('UP_FAILED', `Something went wrong that was not expected: ${e instanceof Error ? e.message : e}`);
