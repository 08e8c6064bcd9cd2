import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { patience as machinePatience } from '@/server/core/testing/patience';
import { type AgentLink, connectAgent } from '@/server/link/link';
import { run, start } from '../exec';

/*
 * A real machine agent with real labs for kernel tests, as an ordinary user: in a user and a network namespace of its
 * own, so that the tests are the same for root and for everybody else and never touch the host.
 */

const CHECKOUT = path.resolve(import.meta.dirname, '../../..');
const BUNDLE = path.join(CHECKOUT, 'dist', 'patchbay.mjs');
const ORDINARY = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--net', '--mount'] as const;

/** Builds what is started here, and says loudly when this system cannot run such tests. */
export async function prepareKernelTests(): Promise<void> {
  // The runner of kernel tests in a virtual machine builds beforehand: it is slow in there.
  if (!process.env.PATCHBAY_TEST_BUNDLES) {
    const build = [process.execPath, path.join(CHECKOUT, 'server/cli/build.mjs'), 'client', 'bundles'];
    const built = await run(build, { timeout: 120_000 });
    if (!built.ok)
      throw new Error(`the bundle cannot be built: ${built.error.detail ?? built.error.message}`);
  }
  const may = await run([...ORDINARY, 'true']);
  if (!may.ok) throw new Error(`KERNEL TESTS CANNOT RUN: namespaces are not permitted: ${may.error.message}`);
}

/** A state folder of its own, and what can be done with the agent in it. */
export function newMachine() {
  const state = mkdtempSync(path.join(tmpdir(), 'pb-'));
  let agent: ChildProcess | null = null;
  const socket = path.join(state, 'run', 'agent.sock');
  const links = new Set<ReturnType<typeof connectAgent>>();
  const linkTo = (at: string) => {
    const link = connectAgent(at);
    links.add(link);
    const patient: AgentLink = {
      ...link,
      request: (op, input, timeout = 30_000) => link.request(op, input, timeout * machinePatience),
    };
    return patient;
  };
  const machine = linkTo(socket);

  const kill = async (signal: NodeJS.Signals) => {
    const child = agent;
    agent = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  };

  return {
    state,
    machine,
    lab: (name: string) => linkTo(path.join(state, 'labs', name, 'agent.sock')),
    /** Starts the agent and waits until it answers. */
    start: async (...flags: string[]): Promise<void> => {
      agent = start([...ORDINARY, process.execPath, BUNDLE, 'agent', ...flags], {
        log: path.join(state, 'stderr'),
        env: { PATCHBAY_STATE: state, PATCHBAY_PARENT_PIPE: '' },
      });
      await until(async () => (await machine.request('hello', {})).ok, 'the machine agent answers');
    },
    /** One that is expected to end by itself. */
    runAgentToItsEnd: (...flags: string[]) =>
      run([...ORDINARY, process.execPath, BUNDLE, 'agent', ...flags], { env: { PATCHBAY_STATE: state } }),
    /** A command in the terminal of the user whose agent this is. */
    patchbay: (...words: string[]): Promise<Said> =>
      hear([...ORDINARY, process.execPath, BUNDLE, ...words], state),
    kill,
    /** Ends everything and removes the folder. */
    destroy: async (): Promise<void> => {
      await kill('SIGTERM');
      for (const link of links) link.close();
      await until(async () => processesWith(state).length === 0, 'nothing is left over', 10_000);
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** What a command printed, and how it ended. */
export type Said = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

async function hear(argv: readonly string[], state: string): Promise<Said> {
  const log = path.join(state, `stderr-${performance.now()}`);
  const child = start(argv, { stdout: 'pipe', log, env: { PATCHBAY_STATE: state } });
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const stderr = textOf(log);
  rmSync(log);
  return { code, stdout, stderr };
}

/** Waits for something to become true; throws, naming it, when it does not. */
export async function until(check: () => Promise<boolean>, what: string, patience = 20_000): Promise<void> {
  const end = performance.now() + patience * machinePatience;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await pause(25);
  }
}

/** Numbers of the processes whose command line names this. */
export function processesWith(text: string): readonly number[] {
  return pids().filter((pid) => commandOf(pid).includes(text));
}

export const commandOf = (pid: number): string => textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

/** The kernel's name of a process' process namespace: a lab's processes share it. */
export function pidNamespace(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return '';
  }
}
export const processesIn = (namespace: string): readonly number[] =>
  pids().filter((pid) => pidNamespace(pid) === namespace);

/** Signals one process; never a whole group, which is what number 0 would mean. */
export function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined || pid <= 1) throw new Error(`there is no process to send ${name} to`);
  process.kill(pid, name);
}

/** The lab's agent, as seen from here. */
export function labAgentPid(state: string, lab: string): number {
  const home = path.join(state, 'labs', lab);
  const found = processesWith(`agent --lab ${lab} --home ${home} `).filter((pid) =>
    commandOf(pid).startsWith(process.execPath),
  );
  return found[0] ?? 0;
}

const pids = (): number[] => readdirSync('/proc').flatMap((n) => (/^\d+$/.test(n) ? [Number(n)] : []));

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** A machine and its first lab, running while the tests of this `describe` do. */
export function machineWithLab() {
  const m = newMachine();
  const lab = m.lab('lab');
  beforeAll(async () => {
    await m.start();
    await until(async () => (await lab.request('hello', {})).ok, 'the lab answers');
  });
  afterAll(m.destroy);
  return { m, lab };
}
