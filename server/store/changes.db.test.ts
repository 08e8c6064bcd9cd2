import { expect, test } from 'vitest';
import {
  createDraft,
  type Draft,
  desiredAfter,
  discardChange,
  getChange,
  getHost,
  listChanges,
  listPending,
  recordCommitted,
  recordTransaction,
  removeHost,
  reopenChange,
  resetHost,
  setApplying,
  setPlanned,
  updateDraft,
} from './index';
import { temporaryStore } from './testing/database';
import { creating, drafting, newHost, value } from './testing/drafting';
import { committed, desired, network, plan } from './testing/sample';

const store = await temporaryStore();
const applied = drafting(store);

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
  const awaiting = await recordTransaction(store, host, {
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
  await recordTransaction(store, host, { state: 'applying', ...about, step: 1, steps: 2, title: 't' });
  expect(value(await getChange(store, draft.id)).state).toBe('committed');
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

test('what no database or agent can keep is refused, not thrown', async () => {
  const host = newHost();
  expect(await createDraft(store, creating(host, 1, { summary: 'nul\0byte' }))).toMatchObject({
    error: { code: 'INVALID', message: 'The summary has a null byte.' },
  });
  const long = value(await createDraft(store, creating(host, 1, { summary: 'x'.repeat(10_000) })));
  expect(long.summary).toBe(`${'x'.repeat(299)}…`);
  for (const query of [{ text: '\0' }, { cursor: "no'id" }])
    expect(await listChanges(store, query)).toEqual({ changes: [], next: null, total: 0 });
});
