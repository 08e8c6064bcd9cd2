import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '@/server/agent/exec';
import { processesWith } from '@/server/agent/testing/machine';
import { temporaryFolder } from '@/server/store/testing/database';
import { checkout } from './checkout';
import { findIdentity } from './identity';
import { migrate } from './migrate';
import { places, preparePlaces } from './places';
import { startDatabase } from './postgres';

/* The real `up`, up to the moment at which it cannot go on. */

let folder: string;
let remove: () => Promise<void>;
beforeAll(() => {
  ({ folder, remove } = temporaryFolder());
});
afterAll(() => remove());

test('what was started is ended when something happens that nobody expected', async () => {
  const build = [process.execPath, path.join(checkout(), 'server/cli/build.mjs'), 'client', 'bundles'];
  expect(await run(build, { timeout: 120_000 })).toMatchObject({ ok: true });
  const state = path.join(folder, 'up');
  const at = places(state);
  const identity = await findIdentity(() => {}, state);
  if (!identity.ok) throw new Error(identity.error.message);
  preparePlaces(at, identity.value);
  const database = await startDatabase({ home: at.postgres, identity: identity.value, url: '' });
  if (!database.ok) throw new Error(database.error.message);
  await migrate(database.value.url);
  const client = new pg.Client({ connectionString: database.value.url });
  await client.connect();
  await client.query('DROP TABLE "LoginToken", "Setting" CASCADE'); // no migration expects this
  await client.end();
  await database.value.stop();

  // Another address than this machine's asks the records for a password, and they throw.
  const up = [process.execPath, path.join(checkout(), 'dist', 'patchbay.mjs'), 'up', '--listen', '0.0.0.0'];
  const ran = await run([...up, '--port', '0'], {
    timeout: 60_000,
    env: { PATCHBAY_STATE: state, DATABASE_URL: '' },
  });
  expect(ran).toMatchObject({ error: { detail: expect.stringMatching(/^patchbay: Something went wrong/m) } });
  // What Prisma says over several lines is one.
  const password = await run([process.execPath, path.join(checkout(), 'dist', 'patchbay.mjs'), 'password'], {
    timeout: 60_000,
    stdin: 'a long enough password\n',
    env: { PATCHBAY_STATE: state, DATABASE_URL: '' },
  });
  expect(password).toMatchObject({
    error: {
      detail: expect.stringMatching(
        /^patchbay: The database did not do it: The table `\S+` does not exist [^\n]+\n?$/,
      ),
    },
  });
  expect(processesWith(state)).toEqual([]);
});
