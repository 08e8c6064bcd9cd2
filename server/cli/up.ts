import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FRUGAL } from '@/server/agent/frugal';
import type { LaunchPrefix } from '@/server/agent/lab';
import { type Failure, fail, ok, type Result } from '@/server/core/result';
import { connectAgent } from '@/server/link/link';
import { hasPassword, issueLoginToken, openStore, type Store } from '@/server/store';
import { checkout } from './checkout';
import { type Ending, endOnSignal } from './ending';
import { prepareIdentity } from './identity';
import { type Kept, keepRunning } from './keep';
import { migrate } from './migrate';
import { type Places, places, preparePlaces } from './places';
import { choosePort, inAddress, isLoopback, waitForWeb } from './ports';
import { type Database, type DatabaseOptions, startDatabase } from './postgres';
import { type Claim, claimRunning } from './running';

export type UpOptions = {
  /** Address to listen on; another than loopback demands a password. */
  readonly listen: string;
  /** Undefined: 7272, or the next one that is free. 0: any. */
  readonly port: number | undefined;
  /** Further names that people reach it by. */
  readonly names: readonly string[];
};

const USUAL_PORT = 7272;
const AGENT_PATIENCE = 20_000;
const WEB_PATIENCE = 30_000;
const LAB_PATIENCE = 15_000;
/** How long they may take to end (ms). The agent takes back what waits first. */
const AGENT_GRACE = 30_000;
const WEB_GRACE = 4000;

/** Starts everything, runs until it is told to end, and stops everything. Answers the exit code. */
export async function upCommand(options: UpOptions): Promise<number> {
  process.stdout.on('error', () => {}); // a terminal that was closed, or `| head`
  const begun = performance.now();
  const tell = (line: string) => {
    const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`${seconds} s  ${line}\n`);
  };
  const ending = endOnSignal(tell);
  const link = await startAll({ options, at: places(), ending, tell });
  if (!link.ok) {
    const wanted = ending.asked();
    await ending.endAll();
    if (wanted) return 0;
    process.stderr.write(`patchbay: ${sentence(link.error)}\n`);
    return 1;
  }
  process.stdout.write(
    `\nPatchbay is ready. This link logs you in, once, within an hour:\n\n    ${link.value}\n\n` +
      'Another link: npm run -s patchbay -- login    Stop everything: Ctrl-C\n',
  );
  await ending.whenAsked;
  await ending.endAll();
  return 0;
}

const sentence = (e: Failure) => (e.detail ? `${e.message}\n${e.detail}` : e.message);

type Run = {
  readonly options: UpOptions;
  readonly at: Places;
  readonly ending: Ending;
  readonly tell: (line: string) => void;
};

/** Each part that was started is handed to `ending`, so that a failure half-way stops what runs. Answers the link. */
async function startAll(run: Run): Promise<Result<string>> {
  const { at, ending, tell, options } = run;
  const launch = await prepareIdentity(tell);
  if (!launch.ok) return launch;
  const identity = process.getuid?.() === 0 ? { uid: launch.value.uid, gid: launch.value.gid } : null;
  const prepared = preparePlaces(at, identity);
  if (!prepared.ok) return prepared;
  const claim = await claimRunning(at.running);
  if (!claim.ok) return claim;
  ending.add({ what: null, end: async () => claim.value.release(), force: claim.value.release });
  tell(`State is kept in ${at.state}`);

  const database = await beginDatabase(run, { home: at.postgres, identity });
  if (!database.ok) return database;
  const store = openStore(database.value.url);
  try {
    const allowed = await mayListen(options.listen, store);
    if (!allowed.ok) return allowed;
    const port = await choosePort(options.listen, options.port, USUAL_PORT);
    if (!port.ok) return port;
    const agent = await beginAgent(run, claim.value);
    if (!agent.ok) return agent;
    const origin = `http://${shownHost(options)}:${port.value}`;
    const env = {
      DATABASE_URL: database.value.url,
      PATCHBAY_SOCKET: at.agentSocket,
      PATCHBAY_LISTEN: options.listen,
      PATCHBAY_PORT: String(port.value),
      PATCHBAY_PORT_ONLY: '1', // started again, it must be found where it was
      PATCHBAY_NAMES: options.names.join(','),
    };
    const web = await beginWeb(run, claim.value, { launch: launch.value, env, origin });
    if (!web.ok) return web;
    await tellOfLabs(run);
    claim.value.note({ address: origin });
    return ok(`${origin}/login#token=${await issueLoginToken(store)}`);
  } finally {
    await store.close();
  }
}

async function beginDatabase(run: Run, options: DatabaseOptions): Promise<Result<Database>> {
  const { ending, tell } = run;
  const begun = await startDatabase(options);
  if (!begun.ok) return begun;
  let current = begun.value;
  ending.add({
    what: current.embedded ? 'database' : null,
    end: () => current.stop(),
    force: () => current.pid !== null && process.kill(current.pid, 'SIGQUIT'),
  });
  const kind = current.embedded
    ? current.adopted
      ? 'still ran, adopted'
      : 'embedded PostgreSQL'
    : 'your own';
  const migrated = await migrate(current.url, path.join(checkout(), 'prisma', 'migrations'));
  if (!migrated.ok) return migrated;
  const count = migrated.value.length;
  tell(
    `Database: ${kind}${count > 0 ? `, ${count} ${count === 1 ? 'migration' : 'migrations'} applied` : ''}`,
  );
  // The embedded server keeps its port and password: web finds it again by itself.
  const watch = async (): Promise<void> => {
    for (let wait = 250; ; wait = Math.min(wait * 2, 5000)) {
      await current.gone;
      if (ending.asked()) return;
      tell('Database ended; starting it again');
      const again = await startDatabase(options);
      if (again.ok) {
        current = again.value;
        wait = 250;
      } else {
        tell(`Database does not start: ${again.error.message}`);
        await pause(wait);
      }
    }
  };
  if (current.embedded) void watch();
  return ok(current);
}

async function mayListen(listen: string, store: Store): Promise<Result<null>> {
  if (isLoopback(listen) || (await hasPassword(store))) return ok(null);
  return fail(
    'PASSWORD_NEEDED',
    `To listen on ${listen}, where others can reach it, Patchbay needs a password. Set one with \`npm run -s patchbay -- password\`, then start again.`,
  );
}

async function beginAgent(run: Run, claim: Claim): Promise<Result<null>> {
  const { at, ending, tell } = run;
  const log = path.join(at.agentHome, 'agent.log');
  const argv = [process.execPath, ...FRUGAL, path.join(checkout(), 'dist', 'patchbay.mjs'), 'agent'];
  const kept = keepOne('agent', { run, claim, argv, log, env: { PATCHBAY_STATE: at.state } });
  ending.add({ what: 'agent and labs', end: () => kept.stop(AGENT_GRACE), force: kept.force });
  const link = connectAgent(at.agentSocket);
  try {
    for (const until = performance.now() + AGENT_PATIENCE; performance.now() < until; await pause(50)) {
      if (ending.asked()) return fail('STOPPED', 'It was told to stop.');
      const hello = await link.request('hello', {});
      if (!hello.ok) continue;
      const { writable } = hello.value.agent;
      tell(`Agent: this machine is ${writable.yes ? 'managed' : `read-only. ${writable.why}`}`);
      return ok(null);
    }
  } finally {
    link.close();
  }
  return fail('AGENT_FAILED', `The agent does not answer at ${at.agentSocket}.`, { detail: lastLines(log) });
}

/** How people reach it from here: an address that means all of them is none that one can open. */
const shownHost = ({ listen, names }: UpOptions): string =>
  listen === '0.0.0.0' || listen === '::' ? (names[0] ?? '127.0.0.1') : inAddress(listen);

/** Labs start beside web; who opens the link finds them running, or is told here why not. */
async function tellOfLabs({ at, ending, tell }: Run): Promise<void> {
  const link = connectAgent(at.agentSocket);
  for (const until = performance.now() + LAB_PATIENCE; !ending.asked(); await pause(50)) {
    const labs = await link.request('lab.list', {});
    if (!labs.ok) break;
    if (labs.value.some((lab) => lab.state.is === 'starting') && performance.now() < until) continue;
    for (const { name, state } of labs.value)
      tell(`Lab ${name}: ${state.is === 'stopped' ? state.why : state.is}`);
    break;
  }
  link.close();
}

type Web = {
  readonly launch: LaunchPrefix;
  readonly env: Readonly<Record<string, string>>;
  readonly origin: string;
};

async function beginWeb(run: Run, claim: Claim, web: Web): Promise<Result<null>> {
  const { at, ending, tell } = run;
  const { argv, node } = web.launch;
  const log = path.join(at.web, 'web.log');
  const command = [...argv, node, path.join(web.launch.checkout, 'dist', 'web.mjs')];
  const kept = keepOne('web', { run, claim, argv: command, log, env: web.env, cwd: '/' });
  ending.add({ what: 'web', end: () => kept.stop(WEB_GRACE), force: kept.force });
  const gaveUp = () => (ending.asked() ? 'it was told to stop' : kept.failing());
  const answers = await waitForWeb(web.origin, WEB_PATIENCE, gaveUp);
  if (!answers.ok) return fail(answers.error.code, answers.error.message, { detail: lastLines(log) });
  tell(`Web: ${web.origin}`);
  return ok(null);
}

type One = {
  readonly run: Run;
  readonly claim: Claim;
  readonly argv: readonly string[];
  readonly log: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

function keepOne(name: string, { run, claim, argv, log, env, cwd }: One): Kept {
  return keepRunning({
    argv,
    options: {
      log,
      // Their input is a pipe of ours: when it closes, we are dead, and they end too.
      env: { ...env, PATCHBAY_PARENT_PIPE: '1', NODE_ENV: 'production' },
      ...(cwd === undefined ? {} : { cwd }),
    },
    onStart: (pid) => claim.noteChild(name, pid),
    onDown: (why, again) =>
      run.tell(`The ${name} ${why}; starting it again in ${again / 1000} s (its log: ${log})`),
  });
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-10).join('\n');
  } catch {
    return '';
  }
}
