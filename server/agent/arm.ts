import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { HostId } from '@/server/core/ids';
import { fail, ok, type Result } from '@/server/core/result';
import { start } from './exec';
import { FRUGAL } from './frugal';
import { armedFor } from './journal';
import { isAlive } from './processes';

export type WatchdogOptions = {
  readonly home: string;
  readonly host: HostId;
  /** Starts this program: `[node, bundle]`. */
  readonly program: readonly [node: string, bundle: string];
};

const PATIENCE = 30_000;

/**
 * Starts the watchdog of the change that was opened at this time, and waits until it watches. Failure NO_WATCHDOG:
 * then nothing may be changed.
 */
export async function armWatchdog(options: WatchdogOptions, opened: string): Promise<Result<null>> {
  const { home, host, program } = options;
  const [node, bundle] = program;
  const argv = [node, ...FRUGAL, bundle, 'watchdog', '--home', home, '--host', host];
  const log = path.join(home, 'watchdog.log');
  const child = start(argv, { detached: true, log, cwd: '/' });
  child.on('error', () => {}); // shows as not armed below
  for (const end = performance.now() + PATIENCE; performance.now() < end; await pause(10)) {
    const armed = armedFor(home, opened);
    if (armed && isAlive(armed)) return ok(null);
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) break;
  }
  child.kill('SIGKILL');
  return fail('NO_WATCHDOG', `The watchdog did not start, so nothing was changed. Its log is ${log}.`);
}
