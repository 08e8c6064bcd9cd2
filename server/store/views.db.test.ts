import { beforeEach, expect, test } from 'vitest';
import type { ViewData } from '@/server/core/view';
import { createView, listViews, removeView, updateView } from './index';
import { temporaryStore } from './testing/database';

const store = await temporaryStore();
beforeEach(async () => {
  await store.prisma.view.deleteMany();
});

const data: ViewData = {
  pins: { 'machine/link/br0': { x: 20, y: 48 } },
  expanded: [],
  vlans: false,
  vlan: null,
  mode: 'graph',
  selection: 'machine/link/br0',
  viewport: { x: 1, y: 2, zoom: 0.5 },
};
const NOBODY = '01890000-0000-7000-8000-000000000000';

async function made(name: string) {
  const view = await createView(store, name, data);
  if (!view.ok) throw new Error(view.error.message);
  return view.value;
}

test('a view comes back as it was saved, in the order of names', async () => {
  const night = await made('  Night  shift');
  await made('Backup');
  expect(night.name).toBe('Night shift');
  expect(night.data).toEqual(data);
  expect((await listViews(store)).map((v) => v.name)).toEqual(['Backup', 'Night shift']);
});

test('a view can be saved again and renamed', async () => {
  const { id } = await made('One');
  const again = await updateView(store, id, { data: { ...data, mode: 'table', pins: {} } });
  expect(again).toMatchObject({ ok: true, value: { name: 'One', data: { mode: 'table', pins: {} } } });
  expect(await updateView(store, id, { name: 'Two' })).toMatchObject({ ok: true, value: { name: 'Two' } });
  expect((await listViews(store)).map((v) => [v.name, v.data.mode])).toEqual([['Two', 'table']]);
});

test('bad names and names in use are refused with a sentence', async () => {
  await made('One');
  const { id } = await made('Two');
  const taken = { ok: false, error: { code: 'TAKEN', message: 'There is a view of this name already.' } };
  expect(await createView(store, 'One', data)).toMatchObject(taken);
  expect(await updateView(store, id, { name: ' One ' })).toMatchObject(taken);
  expect(await createView(store, ' ', data)).toMatchObject({
    ok: false,
    error: { code: 'INVALID', message: 'A view needs a name.' },
  });
  expect((await listViews(store)).map((v) => v.name)).toEqual(['One', 'Two']);
});

test('what is gone cannot be changed or removed', async () => {
  const { id } = await made('One');
  expect(await removeView(store, id)).toMatchObject({ ok: true });
  for (const which of [id, NOBODY, 'no-id']) {
    const gone = { ok: false, error: { code: 'NOT_FOUND', message: 'This view is not there any more.' } };
    expect(await removeView(store, which)).toMatchObject(gone);
    expect(await updateView(store, which, { data })).toMatchObject(gone);
  }
});

test('a view that cannot be read is left out, and the others are there', async () => {
  await made('Good');
  await store.prisma.view.create({ data: { name: 'Of another version', data: { pins: 7 } } });
  expect((await listViews(store)).map((v) => v.name)).toEqual(['Good']);
});
