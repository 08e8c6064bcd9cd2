import { beforeEach, expect, test } from 'vitest';
import type { BandwidthProfile } from '@/server/core/bandwidth-profile';
import { createProfile, listProfiles, removeProfile } from './index';
import { temporaryStore } from './testing/database';

const store = await temporaryStore();
beforeEach(async () => {
  await store.prisma.bandwidthProfile.deleteMany();
});

const slow: BandwidthProfile = { name: 'Slow', bandwidth: { inbound: { average: 125 } } };
const fast: BandwidthProfile = {
  name: 'Fast',
  bandwidth: { inbound: { average: 1250, peak: 2500, burst: 512, floor: 100 }, outbound: { average: 1250 } },
};

test('profiles come back as they were saved, in the order of names', async () => {
  for (const profile of [slow, fast]) expect(await createProfile(store, profile)).toMatchObject({ ok: true });
  expect(await listProfiles(store)).toEqual([fast, slow]);
});

test('a name is given once, and free again when its profile is gone', async () => {
  await createProfile(store, slow);
  expect(await createProfile(store, { ...fast, name: 'Slow' })).toMatchObject({
    ok: false,
    error: { code: 'TAKEN', message: 'There is a profile of this name already.' },
  });
  expect(await removeProfile(store, 'Slow')).toMatchObject({ ok: true });
  expect(await removeProfile(store, 'Slow')).toMatchObject({
    ok: false,
    error: { code: 'NOT_FOUND', message: 'This profile is not there any more.' },
  });
  expect(await createProfile(store, { ...fast, name: 'Slow' })).toMatchObject({ ok: true });
});

test('a profile that cannot be read is left out, and the others are there', async () => {
  await createProfile(store, slow);
  await store.prisma.bandwidthProfile.create({ data: { name: 'Of another version', bandwidth: { up: 7 } } });
  expect(await listProfiles(store)).toEqual([slow]);
});
