import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { fail, ok, type Result } from '@/server/core/result';
import { checkout } from './checkout';

/** Prisma Migrate's own advisory lock: its command line and we do not work on one database at the same time. */
const LOCK = 72707369;

/** The table as Prisma makes it. */
const TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id                  VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum            VARCHAR(64) NOT NULL,
  finished_at         TIMESTAMPTZ,
  migration_name      VARCHAR(255) NOT NULL,
  logs                TEXT,
  rolled_back_at      TIMESTAMPTZ,
  started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

const Row = z.object({ migration_name: z.string(), checksum: z.string(), finished_at: z.date().nullable() });
type Row = z.infer<typeof Row>;
type Migration = { readonly name: string; readonly sql: string; readonly checksum: string };

/**
 * Applies the migrations in `folder` that the database does not have, in order, each in one
 * transaction, and notes them as `prisma migrate deploy` does. Answers the names it applied; doing it again applies
 * none. Failure MIGRATION: one was edited after it was applied, is not known to this version, or failed.
 */
export async function migrate(
  url: string,
  folder: string = path.join(checkout(), 'prisma', 'migrations'),
): Promise<Result<readonly string[]>> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // the next question fails too, and says why
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]); // gone with the connection
    await client.query(TABLE);
    return await applyMissing(client, readMigrations(folder));
  } catch (error) {
    return fail('MIGRATION', `The database could not be brought up to date: ${words(error)}.`);
  } finally {
    await client.end().catch(() => {});
  }
}

function readMigrations(folder: string): readonly Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

async function applyMissing(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<Result<readonly string[]>> {
  const { rows } = await client.query(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at',
  );
  const noted = new Map(
    z
      .array(Row)
      .parse(rows)
      .map((row) => [row.migration_name, row]),
  );
  const wrong = faultIn(noted, migrations);
  if (wrong !== null) return fail('MIGRATION', wrong);
  const applied: string[] = [];
  for (const migration of migrations) {
    if (noted.has(migration.name)) continue;
    const failed = await applyOne(client, migration);
    if (failed !== null) return failed;
    applied.push(migration.name);
  }
  return ok(applied);
}

/** What forbids to go on, in a sentence. */
function faultIn(noted: ReadonlyMap<string, Row>, migrations: readonly Migration[]): string | null {
  for (const row of noted.values()) {
    const name = row.migration_name;
    const known = migrations.find((migration) => migration.name === name);
    if (known === undefined)
      return `The database has the migration ${name}, which this version of Patchbay does not know: it was used with a newer one. Start that one, or another database.`;
    if (row.finished_at === null)
      return `The migration ${name} failed earlier and was not resolved (its words are in _prisma_migrations). After repairing: node server/cli/prisma/prisma.mjs migrate resolve --rolled-back ${name}`;
    if (row.checksum !== known.checksum)
      return `The migration ${name} was edited after it was applied to this database. Put its file back, and make a new migration instead.`;
  }
  return null;
}

/** The script and its note in one transaction: killed in the middle, nothing of it is there. */
async function applyOne(
  client: pg.Client,
  { name, sql, checksum }: Migration,
): Promise<Result<never> | null> {
  const id = randomUUID();
  try {
    await client.query('BEGIN');
    await client.query('INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)', [
      id,
      checksum,
      name,
    ]);
    await client.query(sql);
    await client.query(
      'UPDATE _prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE id = $1',
      [id],
    );
    await client.query('COMMIT');
    return null;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    return fail('MIGRATION', `The migration ${name} failed and was taken back: ${words(error)}.`);
  }
}

function words(error: unknown): string {
  if (error instanceof AggregateError) return words(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
