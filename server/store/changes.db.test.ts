import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostId } from '@/server/core/ids';
import { HostId as HostIds } from '@/server/core/ids';
import type { Result } from '@/server/core/result';
import {
  type Change,
  createDraft,
  type Draft,
  desiredAfter,
  discardChange,
  getChange,
  getHost,
  listChanges,
  listPending,
  openStore,
  reconcileHost,
  recordCommitted,
  recordOutcome,
  recordTransaction,
  removeHost,
  reopenChange,
  resetHost,
  type Store,
  setApplying,
  setPlanned,
  updateDraft,
} from './index';
import { type TemporaryDatabase, temporaryDatabase } from './testing/database';
import { committed, desired, network, plan } from './testing/sample';

let database: TemporaryDatabase;
let store: Store;
let count = 0;

beforeAll(async () => {
  database = await temporaryDatabase();
  store = openStore(database.url);
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

/** A host of its own for each test. */
const newHost = (): HostId => {
  count += 1;
  return HostIds.parse(`lab:t${count}`);
};
const value = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};
const creating = (host: HostId, n: number, more: Partial<Draft> = {}): Draft => ({
  host,
  items: [{ op: 'create', after: network(n) }],
  baseVersion: 0,
  summary: `Create net${n}`,
  author: 'anna',
  ...more,
});
/** Draft, plan and send to the agent. */
const applied = async (draft: Draft): Promise<Change> => {
  const { id } = value(await createDraft(store, draft));
  value(await setPlanned(store, id, plan('h1')));
  return value(await setApplying(store, id, 'h1'));
};

test('a change goes from draft to committed, and the records follow', async () => {
  const host = newHost();
  const draft = value(await createDraft(store, creating(host, 1)));
  expect(draft).toMatchObject({ state: 'draft', host, baseVersion: 0, revision: 1, undoOf: null });
  expect(value(await desiredAfter(store, draft.id)).desired).toEqual(desired(network(1)));
  expect(value(await setPlanned(store, draft.id, plan('abc')))).toMatchObject({
    state: 'planned',
    plan: plan('abc'),
  });
  expect(await setApplying(store, draft.id, 'other')).toMatchObject({ ok: false, error: { code: 'STALE' } });
  expect(value(await setApplying(store, draft.id, 'abc')).state).toBe('applying');

  const deadline = new Date(Date.now() + 60_000).toISOString();
  const about = { changeId: draft.id, summary: draft.summary };
  const awaiting = await recordTransaction(store, {
    state: 'awaiting',
    ...about,
    deadline,
    seconds: 60,
    nonce: 'n',
  });
  expect(awaiting).toMatchObject({ ok: true, value: { state: 'awaiting', deadline } });

  const record = value(await recordCommitted(store, host, committed(1, desired(network(1)), draft.id)));
  expect(record).toMatchObject({ version: 1, desired: desired(network(1)) });
  expect(await getHost(store, host)).toEqual(record);
  expect(value(await getChange(store, draft.id))).toMatchObject({ state: 'committed', version: 1 });
  // The agent's last words about it come late: it stays committed.
  await recordTransaction(store, { state: 'applying', ...about, step: 1, steps: 2, title: 't' });
  expect(value(await getChange(store, draft.id)).state).toBe('committed');
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

test('of two people who edit the same network, the second is told what changed and by whom', async () => {
  const host = newHost();
  await recordCommitted(store, host, committed(1, desired(network(1), network(2))));
  const edit = (after: ReturnType<typeof network>): Draft['items'] => [
    { op: 'update', before: network(1), after },
  ];
  const isolated = network(1, { forward: { mode: 'none' } });
  const anna = await applied({
    ...creating(host, 1),
    items: edit(isolated),
    baseVersion: 1,
    summary: 'Isolate net1',
  });
  const bertha = value(
    await createDraft(store, {
      ...creating(host, 1, { author: 'bertha', baseVersion: 1 }),
      items: edit(network(1, { forward: { mode: 'route' } })),
    }),
  );
  await recordCommitted(store, host, committed(2, desired(isolated, network(2)), anna.id));
  const told = {
    ok: false,
    error: {
      code: 'CONFLICT',
      message:
        'Network net1 was changed in the meantime by anna (“Isolate net1”). Its forward mode differs. Nothing was overwritten: open it again and repeat the edit.',
    },
  };
  expect(await setPlanned(store, bertha.id, plan('x'))).toMatchObject(told);
  expect(await desiredAfter(store, bertha.id)).toMatchObject(told);
  expect(
    await createDraft(store, { ...creating(host, 1, { baseVersion: 1 }), items: edit(network(1)) }),
  ).toMatchObject(told);
  // Another network is nobody's conflict, and its draft starts from the new version.
  const other = await createDraft(store, {
    ...creating(host, 2, { baseVersion: 1 }),
    items: [{ op: 'delete', before: network(2) }],
  });
  expect(other).toMatchObject({ ok: true, value: { baseVersion: 2 } });
});

test('of two people who edit the same draft, the second is told', async () => {
  const host = newHost();
  const draft = value(await createDraft(store, creating(host, 1)));
  const edit = (author: string, n: number) =>
    updateDraft(store, { ...creating(host, n, { author }), id: draft.id, revision: draft.revision });
  const both = await Promise.all([edit('anna', 2), edit('bertha', 3)]);
  expect(both.filter((result) => result.ok)).toHaveLength(1);
  const lost = both.find((result) => !result.ok);
  expect(lost).toMatchObject({
    error: {
      code: 'CONFLICT',
      message: expect.stringMatching(/was edited by (anna|bertha) in the meantime/),
    },
  });
  expect(value(await getChange(store, draft.id)).revision).toBe(2);
});

test('one change of a host at a time', async () => {
  const host = newHost();
  const drafts = [1, 2, 3].map((n) => createDraft(store, creating(host, n)));
  const ids = (await Promise.all(drafts)).map((draft) => value(draft).id);
  for (const id of ids) value(await setPlanned(store, id, plan('h')));
  const tried = await Promise.all(ids.map((id) => setApplying(store, id, 'h')));
  expect(tried.filter((result) => result.ok)).toHaveLength(1);
  expect(tried.flatMap((result) => (result.ok ? [] : [result.error.code]))).toEqual(['BUSY', 'BUSY']);
  const begun = value(tried.find((result) => result.ok) ?? { ok: false, error: { code: '', message: '' } });
  expect(await discardChange(store, begun.id)).toMatchObject({ error: { code: 'WRONG_STATE' } });
  expect(value(await reopenChange(store, begun.id)).state).toBe('draft');
  expect(value(await discardChange(store, begun.id)).state).toBe('discarded');
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

test('history is paged, filtered, and knows what was taken back', async () => {
  const host = newHost();
  const first = await applied(creating(host, 1));
  await recordCommitted(store, host, committed(1, desired(network(1)), first.id));
  const undo = await applied({
    ...creating(host, 1, { summary: 'Undo: create net1', undoOf: first.id, baseVersion: 1 }),
    items: [{ op: 'delete', before: network(1) }],
  });
  expect(value(await getChange(store, first.id)).undoneBy).toEqual([]);
  await recordCommitted(store, host, committed(2, desired(), undo.id));
  expect(value(await getChange(store, first.id)).undoneBy).toEqual([undo.id]);
  for (const n of [2, 3, 4]) value(await createDraft(store, creating(host, n, { author: 'Bertha 100%' })));

  const one = await listChanges(store, { host, limit: 2 });
  expect(one).toMatchObject({ total: 5, changes: [{ summary: 'Create net4' }, { summary: 'Create net3' }] });
  const two = await listChanges(store, { host, limit: 2, cursor: one.next ?? '' });
  expect(two.changes.map((change) => change.summary)).toEqual(['Create net2', 'Undo: create net1']);
  const three = await listChanges(store, { host, limit: 2, cursor: two.next ?? '' });
  expect(three).toMatchObject({ next: null, changes: [{ id: first.id }] });
  expect((await listChanges(store, { host, text: 'bertha 100%' })).total).toBe(3);
  expect((await listChanges(store, { host, states: ['committed'] })).total).toBe(2);
  expect(await listPending(store, host)).toHaveLength(3);

  await resetHost(store, host);
  expect(await getHost(store, host)).toMatchObject({ version: 0, desired: desired() });
  expect(await listPending(store, host)).toEqual([]);
  expect((await listChanges(store, { host })).total).toBe(5);
  await removeHost(store, host);
  expect((await listChanges(store, { host })).total).toBe(0);
});

test('what people write into fields comes back as they wrote it', async () => {
  const host = newHost();
  const summary = `"'; DROP TABLE "Change"; -- $(reboot) \n\u{1f600}`;
  const draft = value(await createDraft(store, creating(host, 1, { summary, author: '<b>%s</b>' })));
  expect(value(await getChange(store, draft.id))).toMatchObject({ summary, author: '<b>%s</b>' });
});
