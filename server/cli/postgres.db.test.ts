import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { start } from '@/server/agent/exec';
import { getSetting, openStore, setSetting } from '@/server/store';
import { temporaryFolder, testIdentity } from '@/server/store/testing/database';
import { checkout } from './checkout';
import { launchAs } from './identity';
import { migrate } from './migrate';
import { type Database, startDatabase } from './postgres';
import { bundleForTest } from './testing/bundle';

const root = process.getuid?.() === 0;
const identity = testIdentity();
const NOBODY = 65534;
let folder: string;
let remove: () => Promise<void>;
let bundle: string;

beforeAll(async () => {
  ({ folder, remove } = temporaryFolder());
  bundle = await bundleForTest('server/cli/testing/start-database.ts');
});
afterAll(async () => {
  rmSync(path.join(checkout(), bundle), { force: true });
  await remove();
});

async function begin(home: string, url = ''): Promise<Database> {
  const started = await startDatabase({ home, identity, url, throwAway: true });
  if (!started.ok) throw new Error(`${started.error.message}\n${started.error.detail ?? ''}`);
  return started.value;
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows.flat();
  } finally {
    await client.end();
  }
}

const Told = z.object({ pid: z.int(), adopted: z.boolean(), url: z.string(), uid: z.int() });

/** Starts a server from a process of its own, and answers what that says; `kill` leaves the server without parent. */
async function inOwnProcess(argv: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/', env });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    const kill = async () => {
      child.kill('SIGKILL');
      await exited;
    };
    return { told: Told.parse(JSON.parse(line)), kill };
  }
  throw new Error(`${argv.join(' ')} said nothing`);
}

test('starts, is adopted, stops, and comes back at the same address with what was in it', async () => {
  const home = path.join(folder, 'plain');
  const first = await begin(home);
  expect(first).toMatchObject({ embedded: true, adopted: false });
  await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
  expect(await ask(first.url, "SELECT current_setting('listen_addresses')")).toEqual(['127.0.0.1']);

  const second = await begin(home);
  expect(second).toMatchObject({ adopted: true, pid: first.pid, url: first.url });
  await second.stop();
  await first.gone;
  expect(existsSync(path.join(home, 'data', 'postmaster.pid'))).toBe(false);
  await second.stop(); // twice is no fault

  const third = await begin(home);
  expect(third).toMatchObject({ adopted: false, url: first.url });
  expect(await ask(third.url, 'SELECT n FROM kept')).toEqual([42]);
  await third.stop();
});

test('only its user can read password and data, and the server runs as that user', async () => {
  const home = path.join(folder, 'modes');
  const database = await begin(home);
  const uid = identity?.uid ?? process.getuid?.();
  for (const [name, mode] of [
    ['password', 0o600],
    ['data', 0o700],
  ] as const) {
    const stat = statSync(path.join(home, name));
    expect([name, stat.uid, stat.mode & 0o777]).toEqual([name, uid, mode]);
  }
  expect(statSync(`/proc/${database.pid}`).uid).toBe(uid);
  const wrong = new URL(database.url);
  wrong.password = 'guessed';
  await expect(ask(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  await database.stop();
});

test('a server whose parent was killed is adopted', async () => {
  const home = path.join(folder, 'orphan');
  const argv = [process.execPath, path.join(checkout(), bundle), home, identity ? String(identity.uid) : ''];
  const { told, kill } = await inOwnProcess(argv);
  expect(told.adopted).toBe(false);
  await kill();
  const adopted = await begin(home);
  expect(adopted).toMatchObject({ adopted: true, pid: told.pid, url: told.url });
  await adopted.stop();
});

test('a killed server is noticed, and started again with what was committed', async () => {
  const home = path.join(folder, 'killed');
  const first = await begin(home);
  await ask(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
  process.kill(first.pid ?? 0, 'SIGKILL');
  await first.gone;
  const again = await begin(home);
  expect(again).toMatchObject({ adopted: false, url: first.url });
  expect(await ask(again.url, 'SELECT n FROM kept')).toEqual([7]);
  await again.stop();
});

test('records that are open find a killed server again', async () => {
  const home = path.join(folder, 'records');
  const first = await begin(home);
  expect(await migrate(first.url)).toMatchObject({ ok: true });
  const store = openStore(first.url);
  try {
    await Promise.all([1, 2, 3].map(() => setSetting(store, 'confirmSeconds', 90)));
    process.kill(first.pid ?? 0, 'SIGKILL');
    await first.gone;
    await expect(getSetting(store, 'confirmSeconds')).rejects.toThrow();
    const again = await begin(home);
    expect(await getSetting(store, 'confirmSeconds')).toBe(90);
    await again.stop();
  } finally {
    await store.close();
  }
});

test('a stale pid file whose number belongs to another process by now is no obstacle', async () => {
  const home = path.join(folder, 'stale');
  await (await begin(home)).stop();
  // Of the server's own user: Postgres by itself would take it for a server that runs, and refuse.
  const other = start(['sleep', '60'], identity === null ? {} : { as: identity });
  const pidFile = path.join(home, 'data', 'postmaster.pid');
  const lines = [other.pid, path.join(home, 'data'), 1, 5432, '', '127.0.0.1', '123 456', 'ready'];
  writeFileSync(pidFile, `${lines.join('\n')}\n`);
  const database = await begin(home);
  expect(database.adopted).toBe(false);
  expect(database.pid).not.toBe(other.pid);
  expect(other.exitCode).toBeNull();
  await database.stop();
  other.kill();
});

test('an interrupted preparation never looks finished', async () => {
  const home = path.join(folder, 'half');
  for (const name of ['data', 'data.making-old']) {
    mkdirSync(path.join(home, name, 'base'), { recursive: true });
    if (identity !== null) chownSync(path.join(home, name), identity.uid, identity.gid);
  }
  const database = await begin(home);
  expect(readdirSync(home).filter((name) => name.startsWith('data'))).toEqual(['data']);
  await database.stop();
});

test('a taken port is no obstacle', async () => {
  const [one, two] = [path.join(folder, 'port-1'), path.join(folder, 'port-2')];
  const first = await begin(one);
  mkdirSync(two);
  writeFileSync(path.join(two, 'port'), new URL(first.url).port);
  const second = await begin(two);
  expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
  await Promise.all([first.stop(), second.stop()]);
});

test("one's own server is used, and is not stopped; one that cannot be reached is named without its password", async () => {
  const real = await begin(path.join(folder, 'own'));
  const own = await begin(path.join(folder, 'unused'), real.url);
  expect(own).toMatchObject({ embedded: false, pid: null, url: real.url });
  await own.stop();
  expect(await ask(real.url, 'SELECT 1')).toEqual([1]);
  expect(existsSync(path.join(folder, 'unused'))).toBe(false);
  await real.stop();
  const refused = await startDatabase({ home: folder, identity, url: real.url });
  expect(refused).toMatchObject({ ok: false, error: { code: 'DATABASE_UNREACHABLE' } });
  const said = JSON.stringify(refused);
  expect(said).toContain(new URL(real.url).host);
  expect(said).not.toContain(new URL(real.url).password);
});

if (!root) console.warn('SKIPPED: starting the database from root and for another user needs root');
describe.skipIf(!root)('as root', () => {
  test('refuses to run as root, and to take the data of another user', async () => {
    const home = path.join(folder, 'foreign');
    expect(await startDatabase({ home, identity: null, url: '' })).toMatchObject({
      error: { code: 'POSTGRES_FAILED', message: expect.stringMatching(/refuses to run as root/) },
    });
    mkdirSync(path.join(home, 'data'), { recursive: true });
    chownSync(path.join(home, 'data'), 4242, 4242);
    expect(await startDatabase({ home, identity, url: '' })).toMatchObject({
      error: { message: expect.stringMatching(/belongs to another user \(uid 4242\)/) },
    });
  });

  test('what the server cannot remove itself, root does not remove for it', async () => {
    const home = path.join(folder, 'led-astray');
    const inside = path.join(home, 'data', 'of-root');
    mkdirSync(inside, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(inside, 'kept'), '');
    chownSync(path.join(home, 'data'), NOBODY, NOBODY);
    expect(await startDatabase({ home, identity, url: '' })).toMatchObject({
      error: {
        code: 'POSTGRES_FAILED',
        message: expect.stringMatching(/interrupted preparation .*ENOTEMPTY/),
      },
    });
    expect(existsSync(path.join(inside, 'kept'))).toBe(true);
  });

  test('the server gets nothing of our environment but the language', async () => {
    process.env.PRIVATE_OF_ROOT = 'x';
    const database = await begin(path.join(folder, 'environment')).finally(() => {
      delete process.env.PRIVATE_OF_ROOT;
    });
    const names = readFileSync(`/proc/${database.pid}/environ`, 'utf8').match(/^[^=]+|(?<=\0)[^=]+/g) ?? [];
    expect(names).toContain('PATH');
    expect(
      names.filter((n) => !/^(PATH|LANG|LANGUAGE|LC_\w+|TZ|NO_COLOR|NODE_ENV|PATCHBAY_\w+|PG\w+)$/.test(n)),
    ).toEqual([]);
    await database.stop();
  });

  test('an ordinary user with a closed home starts it too', async () => {
    const home = path.join(folder, 'user-home');
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, NOBODY, NOBODY);
    const launch = await launchAs(
      { uid: NOBODY, gid: NOBODY, name: 'nobody' },
      { checkout: checkout(), node: process.execPath, state: path.join(folder, 'state') },
    );
    if (!launch.ok) throw new Error(launch.error.message);
    const { argv, node, checkout: seen } = launch.value;
    const own = path.join(home, 'postgres');
    const { told, kill } = await inOwnProcess([...argv, node, path.join(seen, bundle), own]);
    expect(told.uid).toBe(NOBODY);
    expect(statSync(path.join(own, 'data')).uid).toBe(NOBODY);
    expect(await ask(told.url, 'SELECT 1')).toEqual([1]);
    await kill();
    process.kill(told.pid, 'SIGQUIT');
  });

  test('runs from a copy where its user cannot reach the checkout', async () => {
    const closed = path.join(folder, 'closed');
    const inside = path.join(closed, 'checkout');
    mkdirSync(inside, { recursive: true });
    chmodSync(closed, 0o700);
    const home = path.join(folder, 'copy');
    const script = 'mount --rbind -- "$1" "$2"; shift 2; exec "$@"';
    const { told, kill } = await inOwnProcess([
      ...['unshare', '--mount', '--propagation', 'slave', '--', '/bin/sh', '-c', script, 'sh'],
      ...[checkout(), inside, process.execPath, path.join(inside, bundle), home, String(NOBODY)],
    ]);
    expect(readFileSync(`/proc/${told.pid}/cmdline`, 'utf8')).toContain(path.join(home, 'server-'));
    expect(readdirSync(home)).not.toContain('half-copied');
    expect(await ask(told.url, 'SELECT 1')).toEqual([1]);
    await kill();
    process.kill(told.pid, 'SIGQUIT');
  });
});
