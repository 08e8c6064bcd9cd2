import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createDraft,
  getChange,
  getHost,
  listChanges,
  listPending,
  reconcileHost,
  recordCommitted,
  recordElsewhere,
  recordOutcome,
  recordTransaction,
} from './index';
import { temporaryStore } from './testing/database';
import { creating, drafting, newHost, value } from './testing/drafting';
import { committed, desired, network, plan } from './testing/sample';

const store = await temporaryStore();
const applied = drafting(store);

test('recording the same committed state again changes nothing', async () => {
  const host = newHost();
  const { id } = await applied(creating(host, 1));
  const message = committed(1, desired(network(1), network(2)), id);
  const first = value(await recordCommitted(store, host, message));
  const rows = await store.prisma.network.findMany({
    where: { hostId: host },
    include: { reservations: true },
  });
  const both = await Promise.all([
    recordCommitted(store, host, message),
    recordCommitted(store, host, message),
  ]);
  expect(both).toEqual([
    { ok: true, value: first },
    { ok: true, value: first },
  ]);
  expect(
    await store.prisma.network.findMany({ where: { hostId: host }, include: { reservations: true } }),
  ).toEqual(rows);
  expect(rows.map((row) => row.reservations)).toMatchObject([
    [{ mac: '52:54:00:00:00:01', ip: '192.168.1.10' }],
    [{ mac: '52:54:00:00:00:01', ip: '192.168.2.10' }],
  ]);
});

test('the records follow: networks go, and two may swap their bridge names', async () => {
  const host = newHost();
  await recordCommitted(store, host, committed(1, desired(network(1), network(2), network(3))));
  const swapped = desired(
    network(1, { bridge: { name: 'virbr2', stp: true } }),
    network(2, { bridge: { name: 'virbr1', stp: false } }),
  );
  expect(value(await recordCommitted(store, host, committed(2, swapped))).desired).toEqual(swapped);
  expect(await store.prisma.reservation.count({ where: { network: { hostId: host } } })).toBe(2);
});

test('an old message that comes late does not turn the records back; an agent that began anew does', async () => {
  const host = newHost();
  await recordCommitted(store, host, committed(2, desired(network(2))));
  await recordCommitted(store, host, committed(1, desired(network(1))));
  expect(await getHost(store, host)).toMatchObject({ version: 2, desired: desired(network(2)) });
  const anew = { ...committed(0, desired()), at: new Date().toISOString() };
  await recordCommitted(store, host, anew);
  expect(await getHost(store, host)).toMatchObject({ version: 0, desired: desired() });
});

test('duplicates are refused with a sentence, before and by the database', async () => {
  const host = newHost();
  await recordCommitted(store, host, committed(1, desired(network(1))));
  const sameBridge = network(2, { bridge: { name: 'virbr1', stp: true } });
  const draft = creating(host, 2, { items: [{ op: 'create', after: sameBridge }], baseVersion: 1 });
  expect(await createDraft(store, draft)).toMatchObject({
    ok: false,
    error: {
      code: 'TAKEN',
      message: 'The bridge name virbr1 is already used by network net1 on this host.',
      problems: [{ path: ['bridge', 'name'] }],
    },
  });
  expect(await createDraft(store, creating(host, 1, { baseVersion: 1 }))).toMatchObject({
    ok: false,
    error: { code: 'TAKEN', message: 'There is a network net1 on this host already.' },
  });
  const twice = committed(2, desired(network(1), sameBridge));
  expect(await recordCommitted(store, host, twice)).toMatchObject({
    ok: false,
    error: { code: 'TAKEN', message: 'Two networks of this host use the same bridge name.' },
  });
  const [subnet] = network(1).subnets;
  const hosts = [...(subnet?.dhcp?.hosts ?? []), ...(subnet?.dhcp?.hosts ?? [])];
  const reservedTwice = network(1, {
    subnets: [{ address: '192.168.1.1', prefix: 24, dhcp: { ranges: [], hosts } }],
  });
  expect(await recordCommitted(store, host, committed(2, desired(reservedTwice)))).toMatchObject({
    ok: false,
    error: { code: 'TAKEN', message: expect.stringMatching(/reserves/) },
  });
  // Nothing of what was refused is there.
  expect(await getHost(store, host)).toMatchObject({ version: 1, desired: desired(network(1)) });
});

test('how a change ended is recorded once, also when it was stuck first', async () => {
  const host = newHost();
  const { id } = await applied(creating(host, 1));
  const at = '2026-01-01T00:00:00.000Z';
  const leftOver = [{ what: 'bridge virbr1', command: 'ip link delete dev virbr1', error: 'busy' }];
  value(
    await recordOutcome(store, host, { result: 'stuck', changeId: id, at, why: 'A step failed.', leftOver }),
  );
  expect(value(await getChange(store, id))).toMatchObject({ state: 'stuck', leftOver });
  const back = { result: 'rolled-back', changeId: id, at, why: 'Taken back on the second try.' } as const;
  const once = value(await recordOutcome(store, host, back));
  expect(value(await recordOutcome(store, host, back))).toEqual(once);
  expect(once).toMatchObject({ state: 'rolled-back', why: back.why, endedAt: at });
  expect(await recordOutcome(store, host, { ...back, changeId: randomUUID() })).toMatchObject({
    error: { code: 'NOT_FOUND' },
  });
  expect(await getChange(store, "no'id")).toMatchObject({ error: { code: 'NOT_FOUND' } });
});

test('an agent speaks of changes of its own host alone', async () => {
  const [host, other] = [newHost(), newHost()];
  const { id } = await applied(creating(host, 1));
  const about = { changeId: id, at: '2026-01-01T00:00:00.000Z', why: 'x' };
  const transaction = { state: 'stuck', changeId: id, summary: '', why: 'x', leftOver: [] } as const;
  const refused = { error: { code: 'NOT_FOUND' } };
  expect(await recordOutcome(store, other, { result: 'rolled-back', ...about })).toMatchObject(refused);
  expect(
    await recordOutcome(store, other, { result: 'committed', changeId: id, at: about.at, version: 1 }),
  ).toMatchObject(refused);
  expect(await recordTransaction(store, other, transaction)).toMatchObject(refused);
  value(await recordCommitted(store, other, committed(1, desired(network(1)), id)));
  expect(value(await getChange(store, id)).state).toBe('applying');
  value(await recordOutcome(store, host, { result: 'rolled-back', ...about }));
  expect(value(await getChange(store, id)).state).toBe('rolled-back');
});

test('what the command line committed is history too, and can be undone', async () => {
  const host = newHost();
  await recordCommitted(store, host, committed(1, desired(network(1)), randomUUID()));
  const second = randomUUID();
  const both = committed(2, desired(network(1), network(2)), second);
  for (let n = 0; n < 2; n++) value(await recordCommitted(store, host, both));
  const { changes } = await listChanges(store, { host });
  expect(changes.map((c) => [c.summary, c.author, c.state, c.baseVersion])).toEqual([
    ['Add network net2 (NAT, 192.168.2.0/24)', 'the command line', 'committed', 1],
    ['Add network net1 (NAT, 192.168.1.0/24)', 'the command line', 'committed', 0],
  ]);
  expect(changes[0]).toMatchObject({
    ...{ id: second, version: 2, plan: null, endedAt: both.at },
    items: [{ op: 'create', after: { name: network(2).name } }],
  });
  // Nothing that differs, and no id of ours: nothing to keep.
  await recordCommitted(store, host, committed(3, desired(network(1), network(2)), randomUUID()));
  await recordCommitted(store, host, committed(4, desired(network(1)), 'not a UUID'));
  expect(await listChanges(store, { host })).toMatchObject({ total: 2 });
});

test('a change that the command line began is kept from then on, whole, and ends as any other', async () => {
  const host = newHost();
  const id = randomUUID();
  const at = '2026-01-01T00:00:00.000Z';
  const transaction = {
    state: 'awaiting',
    changeId: id,
    summary: 'x',
    deadline: '2026-01-01T00:01:00.000Z',
    seconds: 60,
    nonce: 'n',
  } as const;
  const refused = { error: { code: 'NOT_FOUND' } };
  expect(await recordTransaction(store, host, transaction)).toMatchObject(refused);
  const opened = { changeId: id, summary: 'By hand', at, desired: desired(network(1)), plan: plan('h') };
  value(await recordElsewhere(store, host, opened));
  expect(await recordElsewhere(store, host, opened)).toMatchObject(refused);
  value(await recordTransaction(store, host, transaction));
  expect(value(await getChange(store, id))).toMatchObject({
    ...{ state: 'awaiting', summary: 'By hand', author: 'the command line', createdAt: at, baseVersion: 0 },
    ...{ plan: opened.plan, items: [{ op: 'create', after: network(1) }] },
  });
  expect(await listPending(store, host)).toMatchObject([{ id }]);
  value(
    await recordOutcome(store, host, { result: 'rolled-back', changeId: id, at, why: 'Nobody kept it.' }),
  );
  expect(value(await getChange(store, id))).toMatchObject({ state: 'rolled-back', why: 'Nobody kept it.' });
});

test('after the web was away the records catch up with the agent', async () => {
  const host = newHost();
  const kept = await applied(creating(host, 1));
  const outcome = {
    result: 'committed',
    changeId: kept.id,
    at: '2026-01-01T00:00:05.000Z',
    version: 1,
  } as const;
  const status = {
    transaction: { state: 'idle' } as const,
    committed: committed(1, desired(network(1)), kept.id),
    outcomes: [outcome],
  };
  value(await reconcileHost(store, host, status));
  expect(value(await getChange(store, kept.id))).toMatchObject({ state: 'committed', version: 1 });

  const forgotten = await applied(creating(host, 2, { baseVersion: 1 }));
  // It may be on its way, and is asked for again until that is known.
  const { askAgainIn } = value(await reconcileHost(store, host, status));
  expect(askAgainIn).toBeGreaterThan(10_000);
  expect(askAgainIn).toBeLessThanOrEqual(15_100);
  expect(value(await getChange(store, forgotten.id)).state).toBe('applying');
  await store.prisma.change.update({
    where: { id: forgotten.id },
    data: { appliedAt: new Date(Date.now() - 60_000) },
  });
  expect(value(await reconcileHost(store, host, status)).askAgainIn).toBeNull();
  expect(value(await getChange(store, forgotten.id))).toMatchObject({
    state: 'rolled-back',
    why: expect.stringMatching(/does not know/),
  });
});

test('whatever an agent commits one after the other, the records are what it committed last', async () => {
  /** Of up to four networks each with one of four bridges, no bridge twice. */
  const state = fc
    .tuple(fc.subarray([1, 2, 3, 4]), fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4 }), fc.boolean())
    .map(([names, bridges, stp]) =>
      desired(
        ...names.map((n, i) =>
          network(n, { bridge: { name: `virbr${bridges[i] ?? 0}`, stp: stp && n % 2 === 0 } }),
        ),
      ),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 5 }), async (states) => {
      const host = newHost();
      for (const [i, one] of states.entries())
        expect(value(await recordCommitted(store, host, committed(i + 1, one))).desired).toEqual(one);
      const reservations = await store.prisma.reservation.count({ where: { network: { hostId: host } } });
      expect(reservations).toBe(states.at(-1)?.networks.length);
    }),
    { numRuns: 15 },
  );
});
