import { chmodSync } from 'node:fs';
import pg from 'pg';
import { migrate } from '@/server/cli/migrate';
import { startDatabase } from '@/server/cli/postgres';
import { HostId } from '@/server/core/ids';
import { openStore, takeMac } from '@/server/store';
import { timed } from './inside';

/*
 * MAC addresses for so many guests by 8 writers at once, each with connections of its own, on an embedded PostgreSQL of
 * its own that keeps what it was told; and as many bare INSERTs, for comparison. Arguments: folder, guests. Prints one
 * JSON value.
 */

const [folder = '', count = '1'] = process.argv.slice(2);
const WRITERS = 8;

chmodSync(folder, 0o755); // the server's user has to enter it
const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : null;
const database = await startDatabase({ home: `${folder}/postgres`, identity, url: '' });
if (!database.ok) throw new Error(database.error.message);
const { url, stop } = database.value;
try {
  const migrated = await migrate(url);
  if (!migrated.ok) throw new Error(migrated.error.message);

  /** `work` for every number below `count`, by 8 at once; milliseconds. */
  const byAll = (work: (writer: number, n: number) => Promise<void>) =>
    timed(() =>
      Promise.all(
        Array.from({ length: WRITERS }, async (_, w) => {
          for (let n = w; n < Number(count); n += WRITERS) await work(w, n);
        }),
      ),
    );

  const host = HostId.parse('lab:bench');
  const sightings = new Map();
  const stores = Array.from({ length: WRITERS }, () => openStore(url));
  const given = new Set<string>();
  const pool = await byAll(async (w, n) => {
    const store = stores[w];
    if (store === undefined) throw new Error('no such writer');
    const nic = { host, guest: `guest${n}` };
    const taken = await takeMac(store, nic, { wish: { is: 'next' }, driver: 'qemu', sightings });
    if (!taken.ok) throw new Error(taken.error.message);
    given.add(taken.value.mac);
  });
  if (given.size !== Number(count)) throw new Error(`${given.size} different addresses`);
  for (const store of stores) await store.close();

  const clients = Array.from({ length: WRITERS }, () => new pg.Client({ connectionString: url }));
  for (const client of clients) await client.connect();
  await clients[0]?.query('CREATE TABLE bare (n integer PRIMARY KEY)');
  const bare = await byAll(async (w, n) => {
    await clients[w]?.query('INSERT INTO bare VALUES ($1)', [n]);
  });
  for (const client of clients) await client.end();
  process.stdout.write(JSON.stringify({ pool: Math.round(pool), bare: Math.round(bare) }));
} finally {
  await stop();
}
