import path from 'node:path';
import { fail, type Result } from '@/server/core/result';
import { openStore, type Store } from '@/server/store';
import { checkout } from './checkout';
import { prepareIdentity } from './identity';
import { migrate } from './migrate';
import { places, preparePlaces } from './places';
import { startDatabase } from './postgres';

/**
 * Works with the records, beside a Patchbay that runs or without one: the database that was started for it alone is
 * stopped again.
 */
export async function withStore<T>(work: (store: Store) => Promise<Result<T>>): Promise<Result<T>> {
  const at = places();
  const launch = await prepareIdentity((line) => process.stderr.write(`${line}\n`));
  if (!launch.ok) return launch;
  const identity = process.getuid?.() === 0 ? { uid: launch.value.uid, gid: launch.value.gid } : null;
  const prepared = preparePlaces(at, identity);
  if (!prepared.ok) return prepared;
  const database = await startDatabase({ home: at.postgres, identity });
  if (!database.ok) return database;
  try {
    const migrated = await migrate(database.value.url, path.join(checkout(), 'prisma', 'migrations'));
    if (!migrated.ok) return migrated;
    const store = openStore(database.value.url);
    try {
      return await work(store);
    } catch (error) {
      return fail('DATABASE', `The database did not do it: ${lastLine(error)}`);
    } finally {
      await store.close();
    }
  } finally {
    if (!database.value.adopted) await database.value.stop();
  }
}

/** Prisma says first, over several lines, which of its functions was called: that is nobody's business here. */
const lastLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? '';
