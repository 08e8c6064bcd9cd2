import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll } from 'vitest';
import { type Identity, start } from '@/server/agent/exec';
import { migrate } from '@/server/cli/migrate';
import { type Database, startDatabase } from '@/server/cli/postgres';
import { openStore, type Store } from '@/server/store';

/*
 * A real PostgreSQL for tests: one embedded server per test file, one database per call. Nothing of it outlives the
 * test process, also when that is killed.
 */

export type TemporaryDatabase = { readonly url: string; readonly drop: () => Promise<void> };

/** Whom a test that runs as root starts the server as; nobody needs to be made for that. */
export const testIdentity = (): Identity | null =>
  process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : null;

/** A folder that goes, with the servers whose data lies in it, when the test process ends, however it ends. */
export function temporaryFolder(): { readonly folder: string; readonly remove: () => Promise<void> } {
  const folder = mkdtempSync(path.join(tmpdir(), 'patchbay-test-'));
  chmodSync(folder, 0o755); // the server's user has to enter it
  const guard = start(['/bin/sh', '-c', GUARD, 'guard', folder], { stdin: 'pipe', detached: true });
  return {
    folder,
    remove: async () => {
      const done = new Promise((resolve) => guard.once('exit', resolve));
      guard.stdin?.end();
      await done;
    },
  };
}

/** Its input closes when the test process is gone; then it stops each server whose pid file lies in the folder. */
const GUARD = `
  trap '' INT TERM HUP
  while read -r _; do :; done
  for file in "$1"/data/postmaster.pid "$1"/*/data/postmaster.pid; do
    [ -f "$file" ] || continue
    read -r pid <"$file"
    [ "$(readlink "/proc/$pid/cwd")" = "\${file%/postmaster.pid}" ] || continue
    kill -QUIT "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  done
  rm -rf "$1"
`;

let server: Promise<Database> | null = null;
let number = 0;

async function sharedServer(): Promise<Database> {
  const { folder } = temporaryFolder();
  const started = await startDatabase({ home: folder, identity: testIdentity(), url: '', throwAway: true });
  if (!started.ok) throw new Error(`${started.error.message}\n${started.error.detail ?? ''}`);
  const migrated = await migrate(started.value.url);
  if (!migrated.ok) throw new Error(migrated.error.message);
  return started.value;
}

/** An empty database with the current schema (`empty: true`: without). Call `drop` when the test is done. */
export async function temporaryDatabase({ empty = false } = {}): Promise<TemporaryDatabase> {
  server ??= sharedServer();
  const { url } = await server;
  number += 1;
  const name = `test_${number}`;
  const ask = async (sql: string) => {
    const address = new URL(url);
    address.pathname = '/postgres';
    const client = new pg.Client({ connectionString: address.href });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await ask(`CREATE DATABASE ${name} TEMPLATE ${empty ? 'template0' : 'patchbay'}`);
  const address = new URL(url);
  address.pathname = `/${name}`;
  return { url: address.href, drop: () => ask(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** A store in a database of its own; both go when the tests of the file that asks are done. */
export async function temporaryStore(): Promise<Store> {
  const database = await temporaryDatabase();
  const store = openStore(database.url);
  afterAll(async () => {
    await store.close();
    await database.drop();
  });
  return store;
}
