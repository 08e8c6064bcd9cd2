import { chownSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '@/server/store/testing/database';
import { places, preparePlaces } from './places';

const root = process.getuid?.() === 0;
const { folder, remove } = temporaryFolder();
afterAll(remove);

if (!root) console.warn('SKIPPED: folders of another user need root');
test.skipIf(!root)('a folder where root opens a log belongs to root, whoever had it before', () => {
  const at = places(path.join(folder, 'state'));
  mkdirSync(at.web, { recursive: true });
  chownSync(at.web, 65534, 65534); // as an earlier version left it
  expect(preparePlaces(at, { uid: 65534, gid: 65534 })).toMatchObject({ ok: true });
  for (const ours of [at.state, at.agentHome, path.dirname(at.agentSocket), at.web])
    expect(statSync(ours).uid, ours).toBe(0);
  expect(statSync(at.labs).uid).toBe(65534);
});
