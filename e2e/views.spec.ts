import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { apiOf, until } from './api';
import { expect, test } from './fixtures';
import { hold, onScreen, restsAt } from './graph';
import { commit, freshLab, natNetwork } from './lab-state';

const WEB = 'lab:lab/guest/web';
const OTHER = 'lab:lab/link/virbr2';

test.beforeAll(async ({ application }) => {
  await freshLab(application);
  const { client } = await apiOf(application);
  await commit(client, application.state, [natNetwork(1), natNetwork(2)]);
  for (const name of ['web', 'db'])
    await client.guests.add.mutate({ host: 'lab:lab', name, bridge: 'virbr1' });
});

/** Where one node is drawn as seen from another: the same however the picture is moved. */
async function fromOther(page: Page, id: string, other: string) {
  const [a, b] = [await restsAt(page, id), await restsAt(page, other)];
  return { x: Math.round(a.x - b.x), y: Math.round(a.y - b.y) };
}

const near = (a: { x: number; y: number }, b: { x: number; y: number }) =>
  Math.hypot(a.x - b.x, a.y - b.y) < 6;

/** Away from every bridge: above the networks, right of the uplink. */
async function free(page: Page) {
  const uplink = await restsAt(page, 'lab:lab/link/uplink0');
  return { x: uplink.x + 260, y: uplink.y - 40 };
}

test('what is dragged stays where it was put, also after a reload, until it is unpinned', async ({
  user,
}) => {
  const before = await fromOther(user, WEB, OTHER);
  await hold(user, WEB, await free(user));
  await user.mouse.up();
  const after = await fromOther(user, WEB, OTHER);
  expect(near(after, before)).toBe(false);
  await user.reload();
  expect(near(await fromOther(user, WEB, OTHER), after)).toBe(true);
  await user.getByRole('button', { name: 'Views' }).click();
  await user.getByRole('menuitem', { name: 'Unpin all' }).click();
  await user.reload();
  expect(near(await fromOther(user, WEB, OTHER), before)).toBe(true);
});

test('a saved view keeps what was put where for everybody, and its address opens it', async ({
  application,
  browser,
  user,
}) => {
  const usual = await fromOther(user, WEB, OTHER);
  await hold(user, WEB, await free(user));
  await user.mouse.up();
  await user.getByRole('button', { name: 'Save view…' }).click();
  const dialog = user.getByRole('dialog', { name: 'Save as a new view' });
  await expect(dialog.getByLabel('Name', { exact: true })).toBeFocused();
  await user.keyboard.type('Web on top');
  await user.keyboard.press('Enter');
  await expect(user.getByText('View Web on top is saved.')).toBeVisible();
  await expect(user).toHaveURL(/[?&]view=/);
  const put = await fromOther(user, WEB, OTHER);
  expect(near(put, usual)).toBe(false);

  const elsewhere = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const { cookie } = await apiOf(application);
  const [name = '', value = ''] = cookie.split('=');
  await elsewhere.addCookies([{ name, value, url: application.origin }]);
  const other = await elsewhere.newPage();
  await other.goto(user.url());
  await expect(other.getByRole('button', { name: 'Views: Web on top' })).toBeVisible();
  await expect.poll(async () => near(await fromOther(other, WEB, OTHER), put)).toBe(true);
  await elsewhere.close();

  await user.getByRole('button', { name: 'Views: Web on top' }).click();
  await user.getByRole('menuitem', { name: 'Close this view' }).click();
  expect(near(await fromOther(user, WEB, OTHER), usual)).toBe(true);
  await user.getByRole('button', { name: 'Views' }).click();
  await user.getByRole('menuitem', { name: 'Web on top' }).click();
  await expect.poll(async () => near(await fromOther(user, WEB, OTHER), put)).toBe(true);
  await user.getByRole('button', { name: 'Views: Web on top' }).click();
  await user.getByRole('menuitem', { name: 'Delete this view…' }).click();
  await user.getByRole('button', { name: 'Delete the view' }).click();
  await expect(user).not.toHaveURL(/[?&]view=/);
  expect(near(await fromOther(user, WEB, OTHER), usual)).toBe(true);
});

test('a guest that is dragged onto another network is plugged in there, after a question', async ({
  application,
  user,
}) => {
  const { client } = await apiOf(application);
  const masterOf = async () => {
    const { links } = await client.topology.facts.query({ host: 'lab:lab' });
    if (!links.known) throw new Error(links.why);
    const port = Object.values(links.value).find((l) => l.name === 'vnet1');
    return port?.master ?? null;
  };
  const bar = await restsAt(user, OTHER);
  await hold(user, 'lab:lab/guest/db', { x: bar.x, y: bar.y + 20 });
  await expect(user.getByText(/^Let go to plug db into net2/)).toBeVisible();
  await user.keyboard.press('Escape');
  await user.mouse.up();
  await expect(user.getByText(/^Let go/)).toBeHidden();
  await expect(user.getByRole('dialog')).toHaveCount(0);
  await hold(user, 'lab:lab/guest/db', { x: bar.x, y: bar.y + 20 });
  await user.mouse.up();
  const question = user.getByRole('dialog', { name: 'Plug db into net2?' });
  await expect(question).toContainText('ip link set dev vnet1 master virbr2');
  expect(await masterOf()).toBe('virbr1');
  await question.getByRole('button', { name: 'Plug db into net2' }).click();
  await expect(user.getByText('db is plugged into net2.')).toBeVisible();
  await until('db hangs on virbr2', masterOf, (m) => m === 'virbr2');
});

test('the picture is saved as SVG and as PNG, and VLANs are shown on it', async ({ user }) => {
  await restsAt(user, WEB);
  const saved = async (what: 'SVG' | 'PNG') => {
    const download = user.waitForEvent('download');
    await user.getByRole('button', { name: 'Save the picture' }).click();
    await user.getByRole('menuitem', { name: `Save as ${what}` }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(new RegExp(`\\.${what.toLowerCase()}$`));
    return readFile(await file.path());
  };
  const svg = (await saved('SVG')).toString();
  expect(svg).toMatch(/^(<\?xml[^>]*>\s*)?<svg[^>]+xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  for (const drawn of ['virbr1', 'virbr2', 'web', 'db', 'uplink0']) expect(svg).toContain(drawn);
  const png = await saved('PNG');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.readUInt32BE(16), 'pixels wide').toBeGreaterThan(300);
  const vlans = user.getByRole('button', { name: 'Show VLANs' });
  await user.getByRole('application', { name: /graph/i }).focus();
  await user.keyboard.press('v');
  await expect(vlans).toHaveAttribute('aria-pressed', 'true');
  await vlans.click();
  await expect(vlans).toHaveAttribute('aria-pressed', 'false');
});

test('an old link to the table opens the table', async ({ application, user }) => {
  await user.goto(`${application.origin}/?view=table&filter=web`);
  await expect(user.getByRole('table')).toBeVisible();
  await expect(user).toHaveURL(/mode=table/);
  await expect(user).not.toHaveURL(/[?&]view=/);
  await expect(user.getByLabel('Filter the table')).toHaveValue('web');
});

test('what is chosen stays in sight, and the overview goes where everything is seen', async ({ user }) => {
  await restsAt(user, WEB);
  await expect(user.getByRole('button', { name: 'Overview' })).toHaveCount(0);
  await user.setViewportSize({ width: 1000, height: 700 });
  await expect(user.getByRole('button', { name: 'Overview' })).toBeVisible();
  const bar = await restsAt(user, OTHER);
  await user.mouse.click(bar.x, bar.y);
  await expect(user.getByRole('complementary', { name: /Inspector: virbr2/ })).toBeVisible();
  await restsAt(user, OTHER);
  const at = await onScreen(user, OTHER);
  const box = await user.getByRole('application').boundingBox();
  if (!at || !box) throw new Error('no graph');
  expect(at.x).toBeGreaterThan(box.x);
  expect(at.x).toBeLessThan(box.x + box.width);
});
