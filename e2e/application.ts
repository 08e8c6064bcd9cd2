import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const checkout = path.resolve(import.meta.dirname, '..');
const command = path.join(checkout, 'server', 'cli', 'bootstrap.mjs');
/** `up` says this within, also when it has to prepare a database and start a lab first (ms). */
const START = 90_000;

/** The real application: `patchbay up` with a state folder of its own. */
export type Application = {
  readonly origin: string;
  /** The one-time link that it printed. */
  readonly link: string;
  readonly state: string;
  readonly process: ChildProcess;
  /** What it has printed so far. */
  readonly output: () => string;
  /** Runs a verb against this application; rejects when it fails, with its standard error. */
  readonly patchbay: (...args: readonly string[]) => Promise<string>;
  /** Process ids that it noted: `up`, `agent`, `web`. */
  readonly pids: () => Readonly<Record<string, number>>;
  /** Ctrl-C, and everything has ended when it answers. */
  readonly stop: () => Promise<void>;
};

export function newState(): string {
  const state = mkdtempSync(path.join(tmpdir(), 'pb-'));
  chmodSync(state, 0o755); // as root, web and Postgres run as another user
  return state;
}

export const removeState = (state: string) => rmSync(state, { recursive: true, force: true, maxRetries: 5 });

/** Starts it; rejects with what it said when it does not come up. */
export async function startApplication(
  state: string,
  args: readonly string[] = ['--port', '0'],
): Promise<Application> {
  const env = { ...process.env, PATCHBAY_STATE: state, NO_COLOR: '1' };
  const child = spawn(process.execPath, [command, 'up', ...args], {
    cwd: checkout,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a session of its own, as in a terminal of its own
  });
  let said = '';
  const link = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGTERM');
      reject(new Error(`up printed no link within ${START / 1000} s:\n${said}`));
    }, START);
    const hear = (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const found = /http:\/\/\S+\/login#token=\S+/.exec(said);
      if (found === null) return;
      clearTimeout(late);
      resolve(found[0]);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`up ended with ${code}:\n${said}`));
    });
  });
  return {
    origin: new URL(link).origin,
    link,
    state,
    process: child,
    output: () => said,
    patchbay: async (...verb) =>
      (await promisify(execFile)(process.execPath, [command, ...verb], { cwd: checkout, env })).stdout,
    pids: () => notedPids(state),
    stop: () => stopApplication(child),
  };
}

type Noted = { readonly up: { pid: number }; readonly children: Record<string, { pid: number }> };

function notedPids(state: string): Record<string, number> {
  const noted: Noted = JSON.parse(readFileSync(path.join(state, 'run', 'up.json'), 'utf8'));
  const children = Object.entries(noted.children).map(([name, child]) => [name, child.pid] as const);
  return { up: noted.up.pid, ...Object.fromEntries(children) };
}

export async function stopApplication(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
  await ended;
  clearTimeout(late);
}

/** Process id of the embedded Postgres. */
export function postgresPid(state: string): number {
  const file = path.join(state, 'postgres', 'data', 'postmaster.pid');
  return Number(readFileSync(file, 'utf8').split('\n')[0]);
}

/** False for processes that are gone, and for those that only wait to be collected. */
export function lives(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
