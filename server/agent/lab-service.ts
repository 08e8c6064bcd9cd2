import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { start } from './exec';

/*
 * What labs run for themselves when they first need it (Open vSwitch, libvirt). Its processes outlive the agent, not the
 * lab: the kernel ends them with the lab's process namespace.
 */

/** Where it prints to. */
export const logOf = (folder: string, name: string): string => path.join(folder, `${name}.log`);

/** Starts a process that outlives us; one that cannot be started has ended. `name`: of its log in `folder`. */
export function launch(
  argv: readonly string[],
  { folder, name = argv[0] ?? '', env = {} }: Launch,
): { readonly child: ChildProcess; readonly ended: () => boolean } {
  const child = start(argv, { log: logOf(folder, name), detached: true, cwd: '/', env });
  let failed = false;
  child.once('error', () => {
    failed = true;
  });
  return { child, ended: () => failed || child.exitCode !== null || child.signalCode !== null };
}

type Launch = {
  readonly folder: string;
  readonly name?: string;
  /** Undefined takes a variable of ours away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
};

/** Asks until it is so, for at most so many milliseconds; was it so in the end? */
export async function patiently(is: () => Promise<boolean>, milliseconds: number): Promise<boolean> {
  for (const end = performance.now() + milliseconds; performance.now() < end; await pause(50))
    if (await is()) return true;
  return false;
}
