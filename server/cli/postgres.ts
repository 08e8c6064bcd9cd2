import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Identity, run, start } from '@/server/agent/exec';
import { isAlive, type ProcessRef, processRef } from '@/server/agent/processes';
import { fail, ok, type Result } from '@/server/core/result';
import { serverFiles } from './postgres-files';
import { clearLeftOver, type RunningServer, removeData, runningServer, stopServer } from './postgres-left';
import { lastPort } from './postgres-port';

const NAME = 'patchbay';

export type DatabaseOptions = {
  /** Folder of the embedded server: data, password, port, log. */
  readonly home: string;
  /** Whom it runs as when we are root; null for ourselves. */
  readonly identity: Identity | null;
  /** One's own server instead; default: the environment's DATABASE_URL. */
  readonly url?: string | undefined;
  /** For tests: what was committed survives a kill, not a power cut. */
  readonly throwAway?: boolean;
};

export type Database = {
  /** With the password: not for logs. The same after a restart, unless its port was taken. */
  readonly url: string;
  readonly embedded: boolean;
  /** It ran already, left by a parent that was killed. */
  readonly adopted: boolean;
  /** Process id of the embedded server. */
  readonly pid: number | null;
  /** Settles when the embedded server ends, asked or not. Never for one's own. */
  readonly gone: Promise<void>;
  /** Ends the embedded server and waits for it; does nothing to one's own. */
  readonly stop: () => Promise<void>;
};

/**
 * The database: one's own, or the embedded server, adopted or started (and created the first time, about a second).
 * Its process has a session of its own and outlives us when we are killed. Failures: DATABASE_UNREACHABLE,
 * POSTGRES_MISSING, POSTGRES_FAILED, each with what to do.
 */
export async function startDatabase(options: DatabaseOptions): Promise<Result<Database>> {
  const own = options.url ?? process.env.DATABASE_URL;
  if (own) return ownDatabase(own);
  const { home, identity } = options;
  if (process.getuid?.() === 0 && identity === null)
    return fail(
      'POSTGRES_FAILED',
      'PostgreSQL refuses to run as root, and there is no other user to run it as.',
    );
  const data = path.join(home, 'data');
  const prepared = prepareHome(home, data, identity);
  if (!prepared.ok) return prepared;

  const left = runningServer(data);
  if (left !== null) {
    const adopted = await ready(left, home, true);
    if (adopted.ok || isAlive(left.ref)) return adopted;
  }
  await clearLeftOver(data);
  const files = await serverFiles(home, identity);
  if (!files.ok) return files;
  const made = await makeData(files.value, data, options);
  if (!made.ok) return made;
  let begun: Result<Database> = fail('POSTGRES_FAILED', 'PostgreSQL did not start.');
  for (let attempt = 0; attempt < 3; attempt++) {
    begun = await startServer(files.value, data, options);
    // The only expected cause is a port that somebody took between our look and its.
    if (begun.ok || !/Address already in use|could not bind/i.test(begun.error.detail ?? '')) return begun;
  }
  return begun;
}

async function ownDatabase(url: string): Promise<Result<Database>> {
  const tried = await connect(url);
  const where = URL.canParse(url) ? new URL(url).host : 'an address that is none';
  return tried.ok
    ? ok({
        url,
        embedded: false,
        adopted: false,
        pid: null,
        gone: new Promise(() => {}),
        stop: async () => {},
      })
    : fail(
        'DATABASE_UNREACHABLE',
        `The database of DATABASE_URL (${where}) cannot be used: ${tried.error.message}`,
      );
}

/** The folder stays ours, only the data is the server's: root writes no file into a folder that others can change. */
function prepareHome(home: string, data: string, identity: Identity | null): Result<null> {
  try {
    mkdirSync(home, { recursive: true });
    if (identity !== null) {
      chownSync(home, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
      chmodSync(home, 0o755);
    } else chmodSync(home, 0o700);
    const owner = identity?.uid ?? process.getuid?.();
    if (existsSync(data) && statSync(data).uid !== owner)
      return fail(
        'POSTGRES_FAILED',
        `The database folder ${data} belongs to another user (uid ${statSync(data).uid}): start Patchbay as the user who started it before, or set PATCHBAY_STATE to another folder.`,
      );
    return ok(null);
  } catch (error) {
    return fail('POSTGRES_FAILED', `The database folder ${home} cannot be used: ${sentence(error)}`);
  }
}

const passwordFile = (home: string) => path.join(home, 'password');

const addressOf = (home: string, port: number, database: string): string =>
  `postgresql://${NAME}:${readFileSync(passwordFile(home), 'utf8').trim()}@127.0.0.1:${port}/${database}`;

/** Creates the data folder beside its place and renames it: an interrupted initdb never looks finished. */
async function makeData(
  files: string,
  data: string,
  { home, identity, throwAway }: DatabaseOptions,
): Promise<Result<null>> {
  const version = path.join(data, 'PG_VERSION');
  if (existsSync(version)) return sameMajor(files, readFileSync(version, 'utf8').trim(), data);
  // An initdb whose parent was killed may still be writing: nobody works in another's folder.
  for (const name of readdirSync(home).filter((n) => n === 'data' || n.startsWith('data.making-'))) {
    const removed = await removeData(path.join(home, name), identity);
    if (!removed.ok) return removed;
  }
  const making = `${data}.making-${randomBytes(6).toString('hex')}`;
  rmSync(passwordFile(home), { force: true });
  writeFileSync(passwordFile(home), randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  mkdirSync(making, { mode: 0o700 });
  if (identity !== null)
    for (const file of [making, passwordFile(home)]) chownSync(file, identity.uid, identity.gid);
  const argv = [
    path.join(files, 'bin', 'initdb'),
    `--pgdata=${making}`,
    `--username=${NAME}`,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile(home)}`,
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(throwAway ? ['--no-sync'] : []),
  ];
  const ran = await run(argv, { ...running(identity), timeout: 120_000 });
  if (!ran.ok) return failed('could not be prepared', `${ran.error.message}\n${ran.error.detail ?? ''}`);
  renameSync(making, data);
  return ok(null);
}

async function sameMajor(files: string, made: string, data: string): Promise<Result<null>> {
  const ran = await run([path.join(files, 'bin', 'postgres'), '--version'], { cwd: '/' });
  const brought = ran.ok ? /(\d+)\./.exec(ran.value.stdout)?.[1] : undefined;
  return brought === undefined || brought === made
    ? ok(null)
    : fail(
        'POSTGRES_FAILED',
        `The database in ${data} was made by PostgreSQL ${made}, and this version brings ${brought}: start the earlier version and keep a dump of it, or move the folder away to begin anew.`,
      );
}

/** `/` because the folder we stand in may be closed to the other user. */
const running = (identity: Identity | null) => ({
  cwd: '/',
  env: { TZ: 'UTC' },
  ...(identity === null ? {} : { as: identity }),
});

async function startServer(
  files: string,
  data: string,
  { home, identity, throwAway }: DatabaseOptions,
): Promise<Result<Database>> {
  const port = await lastPort(path.join(home, 'port'));
  const log = path.join(home, 'postgres.log');
  if (existsSync(log) && statSync(log).size > 5_000_000) renameSync(log, `${log}.old`);
  const from = existsSync(log) ? statSync(log).size : 0;
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 40,
    shared_buffers: '32MB',
    jit: 'off',
    io_method: 'sync', // fewer processes; there is little to read
    ...(throwAway ? { fsync: 'off', full_page_writes: 'off' } : {}),
  };
  const argv = [path.join(files, 'bin', 'postgres'), '-D', data];
  for (const [key, value] of Object.entries(settings)) argv.push('-c', `${key}=${value}`);
  const child = start(argv, { ...running(identity), log, detached: true });
  const ref = child.pid === undefined ? null : processRef(child.pid);
  child.once('error', () => {}); // `ref` is null then
  if (ref === null) return failed('could not be started', readFileSync(log, 'utf8').slice(from));
  const database = await ready({ ref, port }, home, false);
  if (database.ok) return database;
  const said = readFileSync(log, 'utf8').slice(from);
  await stopServer(ref);
  return failed('did not start', said || database.error.message);
}

/** Waits until the server takes our password, and creates the database the first time. */
async function ready(
  { ref, port }: RunningServer,
  home: string,
  adopted: boolean,
): Promise<Result<Database>> {
  const until = Date.now() + 60_000;
  for (;;) {
    const tried = await connect(addressOf(home, port, 'postgres'), async (client) => {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [NAME]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${NAME}`);
    });
    if (tried.ok) break;
    if (!isAlive(ref)) return failed('ended while it was starting', '');
    if (tried.error.code === 'REFUSED' || Date.now() > until)
      return failed('does not let us in', tried.error.message);
    await sleep(25);
  }
  return ok({
    url: addressOf(home, port, NAME),
    embedded: true,
    adopted,
    pid: ref.pid,
    gone: whenGone(ref),
    stop: () => stopServer(ref),
  });
}

async function whenGone(server: ProcessRef): Promise<void> {
  while (isAlive(server)) await sleep(250, undefined, { ref: false });
}

/** One connection, for one question. REFUSED: it answers and says no; UNREACHABLE: not (yet). */
async function connect(
  url: string,
  ask: (client: pg.Client) => Promise<void> = async () => {},
): Promise<Result<null>> {
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
    client.on('error', () => {}); // the question fails too, and says why
    try {
      await client.connect();
      await ask(client);
      return ok(null);
    } finally {
      await client.end().catch(() => {});
    }
  } catch (error) {
    // 57P03: it is starting up or shutting down.
    const answered = error instanceof pg.DatabaseError && error.code !== '57P03';
    return fail(answered ? 'REFUSED' : 'UNREACHABLE', sentence(error));
  }
}

function failed(how: string, said: string): Result<never> {
  const lines = said.trim().split('\n');
  const worst = lines.find((line) => /FATAL|ERROR|PANIC/.test(line)) ?? lines.at(-1) ?? '';
  return fail('POSTGRES_FAILED', `The embedded PostgreSQL ${how}${worst ? `: ${worst.trim()}` : '.'}`, {
    detail: said.slice(-4000),
  });
}

function sentence(error: unknown): string {
  if (error instanceof AggregateError) return sentence(error.errors[0]);
  return error instanceof Error ? `${error.message || error.name}.` : String(error);
}
