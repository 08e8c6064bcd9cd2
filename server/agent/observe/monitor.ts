import { type Stream, stream } from '../exec';

export type MonitorOptions = {
  readonly argv: readonly string[];
  /** Used in its place when it ends at once (an option needs a right that we do not have). */
  readonly fallback?: readonly string[];
  readonly onLine: (line: string) => void;
  /** It listens (again), or has ended: what happened in between is not known. */
  readonly onDoubt: () => void;
};

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** Milliseconds after which a monitor that is still there is taken to listen. */
const SETTLED = 500;

/** Keeps a monitoring command running; starts it again, ever more slowly, when it ends. */
export function keepMonitor(options: MonitorOptions): Stream {
  let pause = FIRST_PAUSE;
  let argv = options.argv;
  let stopped = false;
  let current: Stream | undefined;
  let restart: NodeJS.Timeout | undefined;

  const begin = () => {
    const began = performance.now();
    const settled = setTimeout(() => options.onDoubt(), SETTLED);
    settled.unref();
    current = stream(argv, options.onLine, () => {
      clearTimeout(settled);
      if (stopped) return;
      const lived = performance.now() - began;
      if (lived > LONGEST_PAUSE) pause = FIRST_PAUSE;
      if (lived < SETTLED && options.fallback !== undefined) argv = options.fallback;
      else options.onDoubt();
      restart = setTimeout(begin, pause);
      restart.unref();
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    });
  };
  begin();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(restart);
      current?.stop();
    },
  };
}
