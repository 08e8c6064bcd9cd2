import { expect, test } from 'vitest';
import { LabName, labHostId } from '@/server/core/ids';
import { NicCheck } from '@/server/core/nic-check/request';
import { keepCheck, listChecks, resetHost } from './index';
import { temporaryStore } from './testing/database';

const store = await temporaryStore();
const lab = labHostId(LabName.parse('lab'));
const other = labHostId(LabName.parse('other'));
const ping = NicCheck.parse({ check: 'ping', from: 'web', to: '10.0.0.1' });
const result = (sentence: string) => ({
  ...({ verdict: 'fault', sentence, details: ['one'], seconds: 1.5 } as const),
  evidence: [{ command: 'ping', output: '' }],
});

test('results are kept by host, newest first, and old ones go', async () => {
  await keepCheck(store, other, ping, result('elsewhere'));
  for (let n = 0; n < 203; n += 1) await keepCheck(store, lab, ping, result(`number ${n}`));
  const kept = await listChecks(store, lab);
  expect(kept.length).toBe(200);
  expect(kept[0]).toMatchObject({ check: ping, result: result('number 202') });
  expect(kept.at(-1)?.result.sentence).toBe('number 3');
  expect((await listChecks(store, other)).map((c) => c.result.sentence)).toEqual(['elsewhere']);
});

test('what can no longer be read is left out', async () => {
  await store.prisma.nicCheck.create({ data: { hostId: other, request: { check: 'dance' }, result: {} } });
  expect((await listChecks(store, other)).length).toBe(1);
});

test('they go with their lab', async () => {
  await resetHost(store, other);
  expect(await listChecks(store, other)).toEqual([]);
});
