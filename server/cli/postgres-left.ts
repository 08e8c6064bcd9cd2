import { existsSync, readFileSync, readlinkSync, realpathSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Identity, run } from '@/server/agent/exec';
import { isAlive, type ProcessRef, processRef } from '@/server/agent/processes';
import { fail, ok, type Result } from '@/server/core/result';

/*
 * What an earlier life of the embedded server left behind in its data folder: a running server, or the pid file of
 * one that was killed.
 */

export type RunningServer = { readonly ref: ProcessRef; readonly port: number };

type PidFile = { readonly pid: number; readonly port: number; readonly sharedMemory: string | null };

/** Lines of postmaster.pid: pid, data folder, start time, port, socket folder, address, shared memory "key id". */
function readPidFile(data: string): PidFile | null {
  try {
    const lines = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 1) return null;
    return { pid, port: Number(lines[3]), sharedMemory: lines[6]?.trim().split(/\s+/)[1] ?? null };
  } catch {
    return null;
  }
}

/** A server changes into its data folder, so this tells it from another process that got its number. */
function worksIn(pid: number, data: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data);
  } catch {
    return false;
  }
}

/** The server of this data folder that still runs, if one does. */
export function runningServer(data: string): RunningServer | null {
  const noted = readPidFile(data);
  if (noted === null) return null;
  const ref = processRef(noted.pid);
  return ref !== null && worksIn(noted.pid, data) ? { ref, port: noted.port } : null;
}

/** Is one of a killed server's children still attached to its shared memory? */
function attached(id: string): boolean {
  const rows = readFileSync('/proc/sysvipc/shm', 'utf8').split('\n').slice(1);
  return rows.some((row) => {
    const columns = row.trim().split(/\s+/);
    return columns[1] === id && Number(columns[6]) > 0;
  });
}

/**
 * Clears the pid file of a server that is gone. Postgres would believe it when its number belongs to another process
 * by now. Waits for the children of a killed server to notice: two servers on the same files would destroy them.
 */
export async function clearLeftOver(data: string): Promise<void> {
  const noted = readPidFile(data);
  for (let i = 0; i < 100 && noted?.sharedMemory && existsSync('/proc/sysvipc/shm'); i++) {
    if (!attached(noted.sharedMemory)) break;
    await sleep(100);
  }
  rmSync(path.join(data, 'postmaster.pid'), { force: true });
}

/**
 * Removes a data folder that is not finished. What is in a folder that belongs to another user, that user removes:
 * root could be led elsewhere by a link that is put in a folder's place meanwhile. The empty folder itself lies in
 * ours. Failure POSTGRES_FAILED.
 */
export async function removeData(folder: string, identity: Identity | null): Promise<Result<null>> {
  try {
    if (identity === null) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    else {
      const empty = ['find', folder, '-mindepth', '1', '-delete'];
      await run(empty, { as: identity, cwd: '/', timeout: 120_000 }); // what it leaves shows below
      rmdirSync(folder);
    }
    return ok(null);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(
      'POSTGRES_FAILED',
      `What an interrupted preparation of the database left cannot be removed: ${why}.`,
    );
  }
}

/** Fast shutdown: open transactions are taken back, what was committed is written. Last, after 15 s, without asking. */
export async function stopServer(server: ProcessRef): Promise<void> {
  for (const [signal, patience] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5000],
    ['SIGKILL', 2000],
  ] as const) {
    if (!isAlive(server)) return;
    try {
      process.kill(server.pid, signal);
    } catch {
      return; // gone in between
    }
    for (let waited = 0; waited < patience && isAlive(server); waited += 25) await sleep(25);
  }
}
