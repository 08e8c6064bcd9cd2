import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { fail, ok, type Result } from '@/server/core/result';

/** A process, named so that a later one with the same id is not taken for it. */
export const ProcessMark = z.strictObject({
  pid: z.int(),
  /** Clock ticks since boot, from /proc/PID/stat. */
  started: z.string(),
});
export type ProcessMark = z.infer<typeof ProcessMark>;

const Running = z.strictObject({
  up: ProcessMark,
  /** Null until the web server answers. */
  address: z.string().nullable(),
  children: z.record(z.string(), ProcessMark),
});
export type Running = z.infer<typeof Running>;

/** Null when there is no such process (any more); a zombie is none. */
export function markProcess(pid: number): ProcessMark | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in brackets and may hold anything, brackets too: what follows the last one is plain.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return state === 'Z' || started === undefined ? null : { pid, started };
  } catch {
    return null;
  }
}

export const isAlive = (mark: ProcessMark): boolean => markProcess(mark.pid)?.started === mark.started;

/** What `up` noted, whether it still runs or not; null when there is nothing (readable). */
export function readRunning(file: string): Running | null {
  try {
    return Running.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** The note of the one `up` of a state folder. */
export type Claim = {
  readonly note: (change: Partial<Pick<Running, 'address' | 'children'>>) => void;
  readonly release: () => void;
};

/**
 * Claims the state folder. Failure RUNNING: another one lives. What a killed one left behind is ended first: its
 * agent and web notice by themselves that their parent died, and get a few seconds for it.
 */
export async function claimRunning(file: string): Promise<Result<Claim>> {
  const me = markProcess(process.pid);
  if (me === null) throw new Error('this process is not in /proc');
  let mine: Running = { up: me, address: null, children: {} };
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: 'wx', mode: 0o644 });
      break;
    } catch (e) {
      if (!(e instanceof Error && 'code' in e && e.code === 'EEXIST')) throw e;
    }
    const other = readRunning(file);
    if (other !== null && isAlive(other.up)) {
      const where = other.address === null ? 'is just starting' : `runs already at ${other.address}`;
      return fail('RUNNING', `Another Patchbay ${where} (process ${other.up.pid}).`);
    }
    for (const child of Object.values(other?.children ?? {})) await endLeftOver(child);
    rmSync(file, { force: true });
  }
  return ok({
    note: (change) => {
      mine = { ...mine, ...change };
      writeFileSync(`${file}.new`, JSON.stringify(mine), { mode: 0o644 });
      renameSync(`${file}.new`, file);
    },
    release: () => rmSync(file, { force: true }),
  });
}

async function endLeftOver(mark: ProcessMark): Promise<void> {
  for (const signal of [null, 'SIGTERM', 'SIGKILL'] as const) {
    if (signal !== null && isAlive(mark)) process.kill(mark.pid, signal);
    for (let i = 0; i < 50 && isAlive(mark); i++) await sleep(100);
  }
}
