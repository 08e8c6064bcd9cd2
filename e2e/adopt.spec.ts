import { execFileSync } from 'node:child_process';
import type { Page } from '@playwright/test';
import { whyNoTaps } from '@/server/core/testing/available';
import { apiOf, labHost, labSocket, until, withAgent } from './api';
import type { Application } from './application';
import { enterLab } from './bench/lab-taps';
import { expect, test } from './fixtures';
import { freshLab } from './lab-state';

/*
 * A bridge and a tap that somebody made by hand in the lab: managed with one click each, one of them changed, the change
 * undone, and both forgotten. The bridge and the tap are there all the time.
 */
test.describe.configure({ mode: 'serial' });
test.skip(process.getuid?.() !== 0 && whyNoTaps() !== null, 'this user may not open /dev/net/tun');

test.beforeAll(async ({ application }) => {
  await freshLab(application);
  const inLab = (...words: readonly string[]) => {
    const [tool, args] = enterLab(application.state, words);
    // Where only root may open /dev/net/tun, a lab has one of its own.
    execFileSync(tool, ['-m', ...args]);
  };
  inLab('ip', 'link', 'add', 'name', 'byhand0', 'type', 'bridge');
  inLab('ip', 'link', 'set', 'dev', 'byhand0', 'alias', 'somebodys', 'up');
  inLab('ip', 'addr', 'add', '198.51.100.65/26', 'brd', '+', 'dev', 'byhand0');
  inLab('ip', 'tuntap', 'add', 'dev', 'byhand1', 'mode', 'tap');
  inLab('ip', 'link', 'set', 'dev', 'byhand1', 'master', 'byhand0', 'up');
});

const confirmBar = (page: Page) => page.getByRole('region', { name: 'A change waits to be confirmed' });
const version = (page: Page, n: number) => page.getByText(new RegExp(`Kept: lab is at version ${n}`));

/** How the two are on the lab's kernel now. */
const there = ({ state }: Application) =>
  withAgent(labSocket(state), async (agent) => {
    const observed = await agent.request('observe', {});
    if (!observed.ok || !observed.value.links.known) throw new Error('the lab cannot be read');
    const { byhand0, byhand1 } = observed.value.links.value;
    return { mtu: byhand0?.mtu, alias: byhand0?.alias, index: byhand0?.index, tapIn: byhand1?.master };
  });

/** From the picture to what is kept, without a step. */
async function manage(page: Page, { origin }: Application, name: string): Promise<void> {
  await page.goto(`${origin}/?select=${encodeURIComponent(`lab:lab/link/${name}`)}`);
  const inspector = page.getByRole('complementary', { name: `Inspector: ${name}` });
  await expect(inspector.getByText('Not managed')).toBeVisible();
  await inspector.getByRole('button', { name: 'Manage this' }).click();
  const review = page.getByRole('region', { name: /^Manage (bridge|tap)/ });
  await expect(review.getByText('Nothing needs to run: it is as designed')).toBeVisible();
  await review.getByRole('button', { name: 'Apply the design' }).click();
  await confirmBar(page).getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
}

test('a bridge and a tap are managed with one click each, and nothing runs', async ({
  user,
  application,
}) => {
  const before = await there(application);
  await manage(user, application, 'byhand0');
  await expect(version(user, 1)).toBeVisible();
  await manage(user, application, 'byhand1');
  await expect(version(user, 2)).toBeVisible();
  expect(await there(application)).toEqual(before);
  // Drawn as ours.
  const node = user.getByRole('complementary', { name: 'Inspector: byhand1' });
  await expect(node.getByRole('button', { name: 'Forget byhand1' })).toBeVisible();
  await expect(node.getByText('Not managed')).toBeHidden();
});

test('it is changed, the change is undone, and the two are forgotten and stay', async ({
  user,
  application,
}) => {
  const before = await there(application);
  await user.goto(`${application.origin}/networks`);
  const row = user.getByRole('row').filter({ hasText: 'byhand0' }).first();
  await row.getByRole('button', { name: 'Edit' }).click();
  const form = user.getByRole('dialog', { name: 'Edit byhand0' });
  await expect(form.getByLabel('It was here before Patchbay')).toBeChecked();
  await form.getByLabel('MTU').fill('1400');
  await form.getByRole('button', { name: 'Review the change' }).click();
  await user.getByRole('button', { name: 'Apply 1 step' }).click();
  await confirmBar(user).getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
  await expect(version(user, 3)).toBeVisible();
  expect(await there(application)).toEqual({ ...before, mtu: 1400 });

  await user.getByRole('button', { name: 'Undo this change' }).click();
  await user.getByRole('button', { name: 'Apply 1 step' }).click();
  await confirmBar(user).getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
  await expect(version(user, 4)).toBeVisible();
  expect(await there(application)).toEqual(before);

  // Undoing what made them managed only forgets them.
  const { client } = await apiOf(application);
  const { changes } = await client.changes.list.query({ host: labHost(), limit: 50 });
  const managed = changes.filter((c) => c.state === 'committed' && c.summary.startsWith('Manage '));
  expect(managed).toHaveLength(2);
  for (const [i, change] of managed.entries()) {
    await user.goto(`${application.origin}/changes/${change.id}`);
    await user.getByRole('button', { name: 'Undo this change' }).click();
    await expect(user.getByText(/stays on this host as it is: it was here before Patchbay/)).toBeVisible();
    await user.getByRole('button', { name: 'Apply the design' }).click();
    await confirmBar(user).getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
    await expect(version(user, 5 + i)).toBeVisible();
  }
  expect(await there(application)).toEqual(before);
  await user.goto(`${application.origin}/networks`);
  const table = user.getByRole('region', { name: 'Not managed' });
  await expect(table.getByRole('row').filter({ hasText: 'byhand0' })).toBeVisible();
  await expect(table.getByRole('row').filter({ hasText: 'byhand1' })).toBeVisible();
});

test('the command line lists what could be managed, manages it, and refuses with a sentence', async ({
  application,
}) => {
  const said = await application.patchbay('adopt', '--lab', 'lab');
  expect(said).toMatch(/byhand0\s+bridge/);
  expect(said).toMatch(/byhand1\s+tap/);
  expect(await application.patchbay('adopt', 'byhand0', '--lab', 'lab')).toContain('Nothing is to be done.');
  await until(
    'it waits to be confirmed',
    () => application.patchbay('status', '--lab', 'lab'),
    (text) => text.includes('Manage bridge byhand0'),
  );
  expect(await application.patchbay('confirm', '--lab', 'lab')).toContain('is committed');
  await expect(application.patchbay('adopt', 'byhand0', '--lab', 'lab')).rejects.toThrow(
    /Bridge byhand0 is managed by Patchbay already/,
  );
});

test('a tap is made in the form, and plugged into what was made by hand', async ({ user, application }) => {
  await user.goto(`${application.origin}/?panel=new-tap&host=lab%3Alab`);
  const form = user.getByRole('dialog', { name: 'New tap' });
  await expect(form.getByLabel('Name', { exact: true })).toHaveValue('tap0');
  await form.getByLabel('VLANs', { exact: true }).fill('10');
  await form.getByLabel('Plugged into').selectOption('byhand0');
  await form.getByRole('button', { name: 'Review the change' }).click();
  await expect(form.getByText(/Bridge byhand0 tells no VLANs apart/)).toBeVisible();
  await form.getByLabel('VLANs', { exact: true }).fill('');
  await form.getByRole('button', { name: 'Review the change' }).click();
  await user.getByRole('button', { name: 'Apply 2 steps' }).click();
  await confirmBar(user).getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
  const master = await withAgent(labSocket(application.state), async (agent) => {
    const observed = await agent.request('observe', {});
    return observed.ok && observed.value.links.known ? observed.value.links.value.tap0?.master : 'unknown';
  });
  expect(master).toBe('byhand0');
});
