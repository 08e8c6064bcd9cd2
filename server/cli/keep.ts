import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type StartOptions, start } from '@/server/agent/exec';

export type Keep = {
  readonly argv: readonly string[];
  /** Asked at every start. */
  readonly options: () => StartOptions;
  /** Told of every start, with the process id. */
  readonly onStart: (pid: number) => void;
  /** Told when it ended without being asked to. */
  readonly onDown: (why: string, againInMs: number) => void;
};

export type Kept = {
  /** Asks it to end, waits `graceMs`, then ends it. */
  readonly stop: (graceMs: number) => Promise<void>;
  /** Ends it as `stop` does, and starts it again, with options asked for anew. */
  readonly startAgain: (graceMs: number) => void;
  readonly force: () => void;
  /** Why it ended last, when it ended more than twice in a row at once; null while all is well. */
  readonly failing: () => string | null;
};

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;
/** Whoever lived this long is not in a loop of failing. */
const LIVED = 30_000;

/**
 * Keeps a child process running: it is started again when it dies, ever later when it dies at once. It gets a session
 * of its own, so that a Ctrl-C in the terminal reaches us alone and we stop things in order; and an input that closes
 * when we die, however we die.
 */
export function keepRunning(what: Keep): Kept {
  let child: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let wait = FIRST_WAIT;
  let ending = false;
  let replacing = false;
  let lastWhy = '';
  let inARow = 0;

  const begin = () => {
    const begun = performance.now();
    const failed = (why: string) => {
      if (ending) return;
      if (performance.now() - begun > LIVED) [wait, inARow] = [FIRST_WAIT, 0];
      [lastWhy, inARow] = [why, inARow + 1];
      what.onDown(why, wait);
      timer = setTimeout(begin, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
    let now: ChildProcess;
    try {
      now = start(what.argv, { ...what.options(), stdin: 'pipe', detached: true });
    } catch (e) {
      return failed(`cannot be started: ${e instanceof Error ? e.message : String(e)}`); // its log cannot be opened
    }
    child = now;
    now.stdin?.on('error', () => {}); // it ended: the exit event says how
    const down = (why: string) => {
      if (child !== now) return;
      child = null;
      if (!replacing || ending) return failed(why);
      replacing = false;
      begin();
    };
    now.once('error', (e) => down(e.message));
    now.once('exit', (code, signal) => down(code === null ? `ended by ${signal}` : `ended with ${code}`));
    if (now.pid !== undefined) what.onStart(now.pid);
  };
  begin();

  /** Null when nothing runs. */
  const end = (graceMs: number): Promise<unknown> | null => {
    const now = child;
    if (now === null || now.exitCode !== null || now.signalCode !== null) return null;
    const gone = once(now, 'exit');
    now.kill('SIGTERM');
    const late = setTimeout(() => now.kill('SIGKILL'), graceMs);
    return gone.finally(() => clearTimeout(late));
  };

  return {
    failing: () => (inARow > 2 ? lastWhy : null),
    stop: async (graceMs) => {
      ending = true;
      clearTimeout(timer);
      await end(graceMs);
    },
    startAgain: (graceMs) => {
      replacing = end(graceMs) !== null; // else it is about to be started anyway
    },
    force: () => {
      ending = true;
      clearTimeout(timer);
      child?.kill('SIGKILL');
    },
  };
}
