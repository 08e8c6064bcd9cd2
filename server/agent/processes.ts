import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

/** A process, told apart from a later one with the same number. */
export const ProcessRef = z.strictObject({
  pid: z.int().min(1),
  /** Clock ticks since boot when it started, from `/proc/PID/stat`. */
  started: z.string(),
});
export type ProcessRef = z.infer<typeof ProcessRef>;

/** The process with this number as it is now; null where there is none (or only its exit code is left). */
export function processRef(pid: number): ProcessRef | null {
  try {
    // The command name in parentheses may hold blanks and parentheses itself: count from the last one.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const started = fields[19];
    return fields[0] === 'Z' || fields[0] === 'X' || started === undefined ? null : { pid, started };
  } catch {
    return null;
  }
}

export const ownRef = (): ProcessRef => processRef(process.pid) ?? { pid: process.pid, started: '' };

export const isAlive = (p: ProcessRef): boolean => processRef(p.pid)?.started === p.started;

/** Arguments of a running process; none where it is gone. */
export function argvOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

/** Name of a running process as the kernel shortens it; null where it is gone. */
export function nameOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
  } catch {
    return null;
  }
}

/** Where a link below `/proc` leads; null where it is gone, or not shown to us. */
export function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** Every process that was started with this argument, found without a pid file. */
export function processesGiven(argument: string): readonly ProcessRef[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    return Number.isInteger(pid) && pid > 1 && argvOf(pid).includes(argument) ? (processRef(pid) ?? []) : [];
  });
}

/**
 * Milliseconds. A killed process is gone once the kernel lets go of what it had open: dnsmasq's inotify waits for all
 * processors (`synchronize_srcu`), which on a busy machine was seen to take more than 4 s.
 */
const KILLED = 30_000;

/** Asks a process to end, and after `patience` milliseconds makes it. True when it is gone. */
export async function endProcess(p: ProcessRef, patience = 2000): Promise<boolean> {
  const signal = (name: NodeJS.Signals) => {
    try {
      if (isAlive(p)) process.kill(p.pid, name);
    } catch {
      // gone in between
    }
  };
  const goneWithin = async (ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end; await pause(10))
      if (!isAlive(p)) return true;
    return !isAlive(p);
  };
  signal('SIGTERM');
  if (await goneWithin(patience)) return true;
  signal('SIGKILL');
  return goneWithin(KILLED);
}
