import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FRUGAL } from '@/server/agent/frugal';
import type { LaunchPrefix } from '@/server/agent/lab';
import { type Failure, fail, ok, type Result } from '@/server/core/result';
import { connectAgent } from '@/server/link/link';
import { hasPassword, issueLoginToken, openStore, type Store } from '@/server/store';
import { checkout } from './checkout';
import { type Ending, endOnSignal, unexpected } from './ending';
import { prepareIdentity } from './identity';
import { type Kept, keepRunning } from './keep';
import { type Places, places, preparePlaces } from './places';
import { choosePort, inAddress, isLoopback, waitForWeb } from './ports';
import { type Claim, claimRunning } from './running';
import { beginDatabase } from './up-database';

export type UpOptions = {
  /** Address to listen on; another than loopback demands a password. */
  readonly listen: string;
  /** Undefined: 7272, or the next one that is free. 0: any. */
  readonly port: number | undefined;
  /** Further names that people reach it by. */
  readonly names: readonly string[];
  /** Origin that a proxy in front serves it under; null without one. */
  readonly publicOrigin: string | null;
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
  const broken = new Promise<Result<never>>((resolve) =>
    process.on('uncaughtException', (e) => resolve(unexpected(e))),
  );
  const link = await startAll({ options, at: places(), ending, tell }).catch(unexpected);
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
  const fault = await Promise.race([ending.whenAsked, broken]);
  await ending.endAll();
  if (!fault || fault.ok) return 0;
  process.stderr.write(`patchbay: ${sentence(fault.error)}\n`);
  return 1;
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
  const store = openStore(database.value.url());
  try {
    const allowed = await mayListen(options, store);
    if (!allowed.ok) return allowed;
    const port = await choosePort(options.listen, options.port, USUAL_PORT);
    if (!port.ok) return port;
    const agent = await beginAgent(run, claim.value);
    if (!agent.ok) return agent;
    const origin = `http://${shownHost(options)}:${port.value}`;
    const env = () => ({
      DATABASE_URL: database.value.url(),
      PATCHBAY_SOCKET: at.agentSocket,
      PATCHBAY_LISTEN: options.listen,
      PATCHBAY_PORT: String(port.value),
      PATCHBAY_PORT_ONLY: '1', // started again, it must be found where it was
      PATCHBAY_NAMES: options.names.join(','),
      PATCHBAY_PUBLIC_URL: options.publicOrigin ?? '',
    });
    const web = await beginWeb(run, claim.value, { launch: launch.value, env, origin });
    if (!web.ok) return web;
    database.value.onMove(() => web.value.startAgain(WEB_GRACE));
    await tellOfLabs(run);
    const address = options.publicOrigin ?? origin;
    claim.value.note({ address });
    return ok(`${address}/login#token=${await issueLoginToken(store)}`);
  } finally {
    await store.close();
  }
}

async function mayListen({ listen, publicOrigin }: UpOptions, store: Store): Promise<Result<null>> {
  if ((isLoopback(listen) && publicOrigin === null) || (await hasPassword(store))) return ok(null);
  return fail(
    'PASSWORD_NEEDED',
    `To ${publicOrigin === null ? `listen on ${listen}` : `be reached at ${publicOrigin}`}, where others can reach it, Patchbay needs a password. Set one with \`npm run -s patchbay -- password\`, then start again.`,
  );
}

async function beginAgent(run: Run, claim: Claim): Promise<Result<null>> {
  const { at, ending, tell } = run;
  const log = path.join(at.agentHome, 'agent.log');
  const argv = [process.execPath, ...FRUGAL, path.join(checkout(), 'dist', 'patchbay.mjs'), 'agent'];
  const kept = keepOne('agent', {
    run,
    claim,
    argv,
    log,
    env: () => ({ PATCHBAY_STATE: at.state, DATABASE_URL: undefined }),
  });
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
  readonly env: () => Readonly<Record<string, string>>;
  readonly origin: string;
};

/**
 * Left alone, V8 lets the web's heap grow by what the machine has before it collects: 370 MB with 1,000 taps, 216 MB so.
 */
const WEB_HEAP = ['--max-semi-space-size=4', '--max-old-space-size=512'];

async function beginWeb(run: Run, claim: Claim, web: Web): Promise<Result<Kept>> {
  const { at, ending, tell } = run;
  const { argv, node } = web.launch;
  const log = path.join(at.web, 'web.log');
  const command = [...argv, node, ...WEB_HEAP, path.join(web.launch.checkout, 'dist', 'web.mjs')];
  const kept = keepOne('web', {
    run,
    claim,
    argv: command,
    log,
    env: web.env,
    cwd: '/',
    foreign: argv.length > 0,
  });
  ending.add({ what: 'web', end: () => kept.stop(WEB_GRACE), force: kept.force });
  const gaveUp = () => (ending.asked() ? 'it was told to stop' : kept.failing());
  const answers = await waitForWeb(web.origin, WEB_PATIENCE, gaveUp);
  if (!answers.ok) return fail(answers.error.code, answers.error.message, { detail: lastLines(log) });
  tell(`Web: ${web.origin}`);
  return ok(kept);
}

type One = {
  readonly run: Run;
  readonly claim: Claim;
  readonly argv: readonly string[];
  readonly log: string;
  readonly env: () => Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly foreign?: boolean;
};

function keepOne(name: string, { run, claim, argv, log, env, ...how }: One): Kept {
  return keepRunning({
    argv,
    options: () => ({
      ...how,
      log,
      // Their input is a pipe of ours: when it closes, we are dead, and they end too.
      env: { ...env(), PATCHBAY_PARENT_PIPE: '1', NODE_ENV: 'production' },
    }),
    onStart: (pid) => {
      try {
        claim.noteChild(name, pid);
      } catch (e) {
        run.tell(`The ${name} runs, but cannot be noted: ${e instanceof Error ? e.message : e}`); // a full disk
      }
    },
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
