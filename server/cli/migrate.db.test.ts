import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TemporaryDatabase, temporaryDatabase, temporaryFolder } from '@/server/store/testing/database';
import { checkout } from './checkout';
import { migrate } from './migrate';

let database: TemporaryDatabase;
let folder: string;
let remove: () => Promise<void>;
let migrations: string;
let client: pg.Client;

beforeAll(() => {
  ({ folder, remove } = temporaryFolder());
});
afterAll(() => remove());

beforeEach(async () => {
  database = await temporaryDatabase({ empty: true });
  migrations = path.join(folder, 'migrations');
  rmSync(migrations, { recursive: true, force: true });
  add('1_first', 'CREATE TABLE first (n int); INSERT INTO first VALUES (1);');
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return async () => {
    await client.end();
    await database.drop();
  };
});

function add(name: string, sql: string): void {
  mkdirSync(path.join(migrations, name), { recursive: true });
  writeFileSync(path.join(migrations, name, 'migration.sql'), sql);
}
const rows = async (sql: string) => (await client.query(sql)).rows;

test('applies what is missing, in order, once', async () => {
  expect(await migrate(database.url, migrations)).toEqual({ ok: true, value: ['1_first'] });
  add('3_third', 'UPDATE first SET n = n * 10;');
  add('2_second', 'UPDATE first SET n = n + 1;');
  expect(await migrate(database.url, migrations)).toEqual({ ok: true, value: ['2_second', '3_third'] });
  expect(await migrate(database.url, migrations)).toEqual({ ok: true, value: [] });
  expect(await rows('SELECT n FROM first')).toEqual([{ n: 20 }]);
});

test('two that start at the same time apply it once', async () => {
  const both = await Promise.all([1, 2].map(() => migrate(database.url, migrations)));
  expect(both.map((result) => (result.ok ? result.value.length : result.error))).toEqual(
    expect.arrayContaining([0, 1]),
  );
  expect(await rows('SELECT n FROM first')).toEqual([{ n: 1 }]);
});

test('one that fails leaves nothing behind and can be tried again', async () => {
  add('2_bad', 'CREATE TABLE second (n int); SELECT 1/0;');
  expect(await migrate(database.url, migrations)).toMatchObject({
    ok: false,
    error: { code: 'MIGRATION', message: 'The migration 2_bad failed and was taken back: division by zero.' },
  });
  expect(await rows("SELECT to_regclass('second') AS it")).toEqual([{ it: null }]);
  add('2_bad', 'CREATE TABLE second (n int);');
  expect(await migrate(database.url, migrations)).toEqual({ ok: true, value: ['2_bad'] });
});

test('refuses one that was edited, one it does not know, and one that Prisma left failed', async () => {
  await migrate(database.url, migrations);
  add('1_first', 'CREATE TABLE first (n bigint);');
  expect(await migrate(database.url, migrations)).toMatchObject({
    error: { message: expect.stringMatching(/^The migration 1_first was edited after it was applied/) },
  });
  rmSync(path.join(migrations, '1_first'), { recursive: true });
  expect(await migrate(database.url, migrations)).toMatchObject({
    error: { message: expect.stringMatching(/^The database has the migration 1_first, which this version/) },
  });
  add('1_first', 'CREATE TABLE first (n int); INSERT INTO first VALUES (1);');
  await client.query("UPDATE _prisma_migrations SET finished_at = NULL, logs = 'broken'");
  expect(await migrate(database.url, migrations)).toMatchObject({
    error: { message: expect.stringMatching(/^The migration 1_first failed earlier/) },
  });
});

test('a database that cannot be reached is a failure with a sentence', async () => {
  expect(await migrate('postgresql://nobody@127.0.0.1:1/none', migrations)).toMatchObject({
    error: { code: 'MIGRATION', message: expect.stringMatching(/ECONNREFUSED/) },
  });
});

test("Prisma's own command line finds the database up to date, and goes on from there", async () => {
  expect(await migrate(database.url)).toMatchObject({ ok: true });
  const prisma = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['server/cli/prisma/prisma.mjs', ...args], {
      cwd: checkout(),
      env: { ...process.env, DATABASE_URL: database.url, NO_COLOR: '1' },
    });
  expect((await prisma('migrate', 'status')).stdout).toContain('Database schema is up to date!');
  expect((await prisma('migrate', 'deploy')).stdout).toContain('No pending migrations to apply.');
  // The other way round: what Prisma applied is known to us.
  const other = await temporaryDatabase({ empty: true });
  await promisify(execFile)(process.execPath, ['server/cli/prisma/prisma.mjs', 'migrate', 'deploy'], {
    cwd: checkout(),
    env: { ...process.env, DATABASE_URL: other.url, NO_COLOR: '1' },
  });
  cpSync(path.join(checkout(), 'prisma', 'migrations'), migrations, { recursive: true, force: true });
  rmSync(path.join(migrations, '1_first'), { recursive: true });
  expect(await migrate(other.url, migrations)).toEqual({ ok: true, value: [] });
  await other.drop();
});
