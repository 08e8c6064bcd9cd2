import type { ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LabName, labHostId } from '@/server/core/ids';
import type { LabStatus } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import { readIfThere } from './durable';
import { type Identity, run, start } from './exec';
import { FRUGAL } from './frugal';
import { answersAt } from './greet';
import { LAB_NAMESPACES, labsPermitted } from './lab-support';
import { tunFor } from './lab-tun';
import type { Log } from './log';
import { type Turns, turns } from './turns';

/** How labs are started as their user: as root through a prefix that changes the user, else plainly. */
export type LaunchPrefix = Identity & {
  /** Command words put before; empty where labs run as the user that we are. */
  readonly argv: readonly string[];
  /** The checkout's path as the started command sees it. */
  readonly checkout: string;
  /** Node's path as the started command sees it. */
  readonly node: string;
};

export type LabOptions = {
  /** One folder per lab; it and what is in it belongs to the user that labs run as. */
  readonly folder: string;
  /** Our own folder. */
  readonly home: string;
  readonly launch: LaunchPrefix;
  readonly log: Log;
  readonly changed: (labs: LabStatus[]) => void;
};

/** The machine agent's labs. They live as long as it does; what they keep is in their folders. */
export type LabKeeper = {
  readonly list: () => LabStatus[];
  readonly create: (name: LabName) => Promise<Result<LabStatus>>;
  readonly reset: (name: LabName) => Promise<Result<LabStatus>>;
  readonly remove: (name: LabName) => Promise<Result<null>>;
  /** Starts those that have a folder, and at the very first start one called `lab`. */
  readonly startAll: () => Promise<void>;
  readonly stopAll: () => Promise<void>;
};

type Lab = {
  readonly name: LabName;
  state: LabStatus['state'];
  process: ChildProcess | null;
  /** Set while it is meant to end. */
  ending: boolean;
  readonly inTurn: Turns;
};

/** Milliseconds until its agent answers: before that it makes what was committed, also by a libvirt of its own. */
const START_PATIENCE = 60_000;
/** A lab that ends by itself is started again, at most this often in a row. */
const RESTARTS = 5;
const LIVED = 30_000;

export function keepLabs(options: LabOptions): LabKeeper {
  const labs = new Map<string, Lab>();
  const folderOf = (name: string) => path.join(options.folder, name);
  const socketOf = (name: string) => path.join(folderOf(name), 'agent.sock');
  const status = (lab: Lab): LabStatus => ({ name: lab.name, socket: socketOf(lab.name), state: lab.state });
  const list = () => [...labs.values()].map(status).sort((a, b) => a.name.localeCompare(b.name));
  const become = (lab: Lab, state: LabStatus['state']) => {
    lab.state = state;
    options.changed(list());
  };
  const logOf = (name: string) => path.join(options.home, `lab-${name}.log`);
  /** Exists once a first lab was made: whoever removed it does not get it back at the next start. */
  const firstLabMade = path.join(options.home, 'first-lab-made');

  // The labs' user can put symbolic links into its folders: what happens there is done as that user, never as root.
  const as = process.getuid?.() === 0 ? { as: { uid: options.launch.uid, gid: options.launch.gid } } : {};
  const makeFolder = (name: string) => run(['mkdir', '-p', '-m', '700', '--', folderOf(name)], as);
  const removeFolder = (name: string) => run(['rm', '-rf', '--', folderOf(name)], { ...as, timeout: 60_000 });

  const launch = (lab: Lab, env: Readonly<Record<string, string>>): ChildProcess => {
    const { argv, checkout, node } = options.launch;
    const dist = path.join(checkout, 'dist');
    const agent = [node, ...FRUGAL, path.join(dist, 'patchbay.mjs'), 'agent', '--lab', lab.name];
    agent.push('--home', folderOf(lab.name), '--socket', socketOf(lab.name));
    const init = ['/bin/sh', path.join(dist, 'lab-init.sh')];
    // Its input closes when we end, however we end; then it ends too.
    return start([...argv, ...LAB_NAMESPACES, ...init, ...agent], {
      stdin: 'pipe',
      log: logOf(lab.name),
      cwd: '/',
      foreign: argv.length > 0,
      env,
      // A Ctrl-C in our terminal is for us: we end the labs in order.
      detached: true,
    });
  };

  const boot = async (lab: Lab, restarts: number): Promise<void> => {
    const allowed = await labsPermitted(options.launch.argv);
    const home = allowed.ok ? await makeFolder(lab.name) : allowed;
    if (!home.ok) return become(lab, { is: 'stopped', why: home.error.message });
    const tun = await tunFor(options.launch, options.home);
    rmSync(logOf(lab.name), { force: true });
    become(lab, { is: 'starting' });
    lab.ending = false;
    const began = performance.now();
    const child = launch(lab, tun);
    lab.process = child;
    let ended: string | null = null;
    child.stdin?.on('error', () => {}); // it ended first
    child.once('error', (e) => {
      ended = e.message;
    });
    child.once('exit', (code, signal) => {
      ended = code === null ? `it was ended by ${signal}` : `it ended with ${code}`;
      if (lab.process !== child) return;
      lab.process = null;
      if (lab.ending) return;
      const lived = performance.now() - began > LIVED;
      const why = `The lab ended by itself: ${ended}. ${lastWords(logOf(lab.name))}`.trim();
      options.log.warn({ lab: lab.name, why }, 'a lab ended by itself');
      become(lab, { is: 'stopped', why });
      if (!lived && restarts >= RESTARTS) return;
      void lab.inTurn(async () => {
        await pause(500);
        if (labs.get(lab.name) === lab && !lab.ending && lab.process === null)
          await boot(lab, lived ? 0 : restarts + 1);
      });
    });
    const host = labHostId(lab.name);
    const runs = async () => {
      if (!(await answersAt(socketOf(lab.name), host))) return false;
      if (lab.process === child && child.pid !== undefined) become(lab, { is: 'running', pid: child.pid });
      return true;
    };
    while (ended === null && performance.now() - began < START_PATIENCE) {
      if (await runs()) return;
      await pause(30);
    }
    if (ended !== null) return;
    const words = lastWords(logOf(lab.name));
    become(lab, { is: 'stopped', why: `The lab's agent does not answer. ${words}`.trim() });
    // A busy machine takes longer: it runs as soon as it answers, for as long as nobody has given it up.
    void (async () => {
      while (ended === null && lab.process === child && !(await runs())) await pause(500);
    })();
  };

  const halt = async (lab: Lab): Promise<void> => {
    lab.ending = true;
    const child = lab.process;
    lab.process = null;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.stdin?.end();
      const late = setTimeout(() => child.kill('SIGKILL'), 3000);
      await gone;
      clearTimeout(late);
    }
  };

  const take = (name: LabName): Lab => {
    const lab: Lab = {
      name,
      state: { is: 'starting' },
      process: null,
      ending: false,
      inTurn: turns(),
    };
    labs.set(name, lab);
    return lab;
  };

  const started = (lab: Lab): Result<LabStatus> =>
    lab.state.is === 'stopped' ? fail('LAB_STOPPED', lab.state.why) : ok(status(lab));

  const create = async (name: LabName): Promise<Result<LabStatus>> => {
    const old = labs.get(name);
    // One that could not run is tried again: what was in its way may be gone.
    if (old && old.state.is !== 'stopped') return fail('NAME_TAKEN', `There is a lab ${name} already.`);
    const lab = old ?? take(name);
    await lab.inTurn(async () => {
      if (old) await halt(lab);
      await boot(lab, 0);
    });
    return started(lab);
  };
  const find = (name: LabName): Result<Lab> => {
    const lab = labs.get(name);
    return lab ? ok(lab) : fail('NO_SUCH_LAB', `There is no lab ${name}.`);
  };

  return {
    list,
    create,
    reset: async (name) => {
      const lab = find(name);
      if (!lab.ok) return lab;
      await lab.value.inTurn(async () => {
        await halt(lab.value);
        await removeFolder(name);
        await boot(lab.value, 0);
      });
      return started(lab.value);
    },
    remove: async (name) => {
      const lab = find(name);
      if (!lab.ok) return lab;
      await lab.value.inTurn(async () => {
        await halt(lab.value);
        await removeFolder(name);
        rmSync(logOf(name), { force: true });
        labs.delete(name);
      });
      options.changed(list());
      return ok(null);
    },
    startAll: async () => {
      if (!existsSync(options.folder)) {
        mkdirSync(options.folder, { recursive: true, mode: 0o700 });
        if (process.getuid?.() === 0) chownSync(options.folder, options.launch.uid, options.launch.gid);
      }
      const names = readdirSync(options.folder, { withFileTypes: true }).flatMap((e) => {
        const name = LabName.safeParse(e.name);
        return e.isDirectory() && name.success ? [name.data] : [];
      });
      if (!existsSync(firstLabMade)) {
        if (names.length === 0) names.push(LabName.parse('lab'));
        writeFileSync(firstLabMade, '');
      }
      await Promise.all(
        names.map((name) => {
          const lab = take(name);
          return lab.inTurn(() => boot(lab, 0));
        }),
      );
    },
    stopAll: async () => {
      await Promise.all([...labs.values()].map((lab) => halt(lab)));
    },
  };
}

/** What a lab that failed said last. */
function lastWords(log: string): string {
  const text = readIfThere(log) ?? '';
  return text.trim().split('\n').at(-1)?.slice(0, 500) ?? '';
}
