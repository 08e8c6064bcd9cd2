import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { endProcess, isAlive, ProcessRef, processRef } from '@/server/agent/processes';
import { fail, ok, type Result } from '@/server/core/result';

const Running = z.strictObject({
  up: ProcessRef,
  /** Null until the web server answers. */
  address: z.string().nullable(),
  children: z.record(z.string(), ProcessRef),
});
export type Running = z.infer<typeof Running>;

/** What `up` noted, whether it still runs or not; null when there is nothing (readable). */
function readRunning(file: string): Running | null {
  try {
    return Running.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** The `up` that lives in this state folder; null when there is none. */
export function whoRuns(file: string): Running | null {
  const noted = readRunning(file);
  return noted !== null && isAlive(noted.up) ? noted : null;
}

/** The note of the one `up` of a state folder. */
export type Claim = {
  readonly note: (change: Partial<Pick<Running, 'address'>>) => void;
  readonly noteChild: (name: string, pid: number) => void;
  readonly release: () => void;
};

/** What a killed `up` left notices that its parent died, and gets this long to end by itself (ms). */
const LEFT_OVER_PATIENCE = 5000;

/**
 * Claims the state folder. Failure RUNNING: another one lives. Agent and web that a killed one left behind are waited
 * for, and ended when they stay.
 */
export async function claimRunning(file: string): Promise<Result<Claim>> {
  const up = processRef(process.pid);
  if (up === null) throw new Error('this process is not in /proc');
  let mine: Running = { up, address: null, children: {} };
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: 'wx', mode: 0o644 });
      break;
    } catch (e) {
      if (!(e instanceof Error && 'code' in e && e.code === 'EEXIST')) throw e;
    }
    const other = readRunning(file);
    if (other !== null && isAlive(other.up)) {
      const where =
        other.address === null ? 'is just starting or stopping' : `runs already at ${other.address}`;
      return fail('RUNNING', `Another Patchbay ${where} (process ${other.up.pid}).`);
    }
    for (const child of Object.values(other?.children ?? {})) {
      for (let i = 0; i < LEFT_OVER_PATIENCE / 50 && isAlive(child); i++) await pause(50);
      await endProcess(child);
    }
    rmSync(file, { force: true });
  }
  const write = () => {
    writeFileSync(`${file}.new`, JSON.stringify(mine), { mode: 0o644 });
    renameSync(`${file}.new`, file);
  };
  return ok({
    note: (change) => {
      mine = { ...mine, ...change };
      write();
    },
    noteChild: (name, pid) => {
      const child = processRef(pid);
      if (child !== null) mine = { ...mine, children: { ...mine.children, [name]: child } };
      write();
    },
    release: () => rmSync(file, { force: true }),
  });
}
