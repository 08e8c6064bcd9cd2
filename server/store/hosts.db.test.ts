import { expect, it } from 'vitest';
import { Desired, NOTHING } from '@/server/core/change';
import { HostId, MACHINE } from '@/server/core/ids';
import { createDraft, forgetGoneLabs, getHost, listChanges, listHosts, recordCommitted } from '.';
import { temporaryStore } from './testing/database';

const store = await temporaryStore();

const lab = (name: string) => HostId.parse(`lab:${name}`);
const { networks } = Desired.parse({
  networks: [
    {
      kind: 'network',
      name: 'demo',
      forward: { mode: 'none' },
      bridge: { name: 'br1', stp: false },
      subnets: [],
    },
  ],
});
const commit = (host: HostId) =>
  recordCommitted(store, host, {
    version: 1,
    desired: { ...NOTHING, networks },
    changeId: null,
    at: '2026-01-01T00:00:00.000Z',
  });

it('forgets what is committed on labs that are gone, and keeps their history', async () => {
  for (const host of [MACHINE, lab('there'), lab('gone'), lab('silent')]) await commit(host);
  const draft = {
    items: [{ op: 'delete' as const, before: networks[0] as (typeof networks)[0] }],
    baseVersion: 1,
  };
  for (const host of [lab('gone'), lab('there')])
    expect(
      await createDraft(store, { ...draft, host, summary: 'Remove demo', author: 'anna' }),
    ).toMatchObject({ ok: true });

  expect([...(await forgetGoneLabs(store, [lab('there')]))].sort()).toEqual(['lab:gone', 'lab:silent']);
  expect(await getHost(store, lab('gone'))).toMatchObject({
    version: 0,
    desired: { networks: [], links: [] },
  });
  expect((await listChanges(store, { host: lab('gone') })).changes).toMatchObject([{ state: 'discarded' }]);
  // Without history there is nothing to keep.
  expect((await listHosts(store)).map((h) => h.host)).toEqual(['lab:gone', 'lab:there', 'machine']);
  for (const host of [MACHINE, lab('there')])
    expect(await getHost(store, host)).toMatchObject({ version: 1, desired: { networks } });
  expect((await listChanges(store, { host: lab('there') })).changes).toMatchObject([{ state: 'draft' }]);

  expect(await forgetGoneLabs(store, [lab('there')])).toEqual([]);
  // Made again under the same name, it begins anew.
  expect(await commit(lab('gone'))).toMatchObject({ ok: true, value: { version: 1 } });
});
