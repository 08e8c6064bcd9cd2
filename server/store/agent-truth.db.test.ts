import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createDraft,
  getChange,
  getHost,
  openStore,
  reconcileHost,
  recordCommitted,
  recordOutcome,
  type Store,
} from './index';
import { type TemporaryDatabase, temporaryDatabase } from './testing/database';
import { creating, drafting, newHost, value } from './testing/drafting';
import { committed, desired, network } from './testing/sample';

let database: TemporaryDatabase;
let store: Store;
let applied: ReturnType<typeof drafting>;

beforeAll(async () => {
  database = await temporaryDatabase();
  store = openStore(database.url);
  applied = drafting(store);
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

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
  value(await recordOutcome(store, { result: 'stuck', changeId: id, at, why: 'A step failed.', leftOver }));
  expect(value(await getChange(store, id))).toMatchObject({ state: 'stuck', leftOver });
  const back = { result: 'rolled-back', changeId: id, at, why: 'Taken back on the second try.' } as const;
  const once = value(await recordOutcome(store, back));
  expect(value(await recordOutcome(store, back))).toEqual(once);
  expect(once).toMatchObject({ state: 'rolled-back', why: back.why, endedAt: at });
  expect(await recordOutcome(store, { ...back, changeId: randomUUID() })).toMatchObject({
    error: { code: 'NOT_FOUND' },
  });
  expect(await getChange(store, "no'id")).toMatchObject({ error: { code: 'NOT_FOUND' } });
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
  value(await reconcileHost(store, host, status));
  expect(value(await getChange(store, forgotten.id)).state).toBe('applying'); // it may be on its way
  await store.prisma.change.update({
    where: { id: forgotten.id },
    data: { appliedAt: new Date(Date.now() - 60_000) },
  });
  value(await reconcileHost(store, host, status));
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
