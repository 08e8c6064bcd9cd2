import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { apiOf } from './api';
import { expect, logIn, test } from './fixtures';
import { commit, draft, freshLab, natNetwork, statusOf } from './lab-state';

const PAGES = ['/', '/networks', '/guests', '/changes', '/hosts', '/openqa', '/settings'] as const;
const DIALOGS = ['/?panel=new-network', '/?panel=new-guest', '/?panel=new-lab', '/?panel=check'] as const;

/** What is there when the page has read what it shows. */
async function settled(page: Page): Promise<void> {
  await expect(
    page
      .getByRole('complementary')
      .or(page.getByRole('button', { name: 'Menu' }))
      .or(page.getByRole('dialog')) // hides what is behind it
      .first(),
  ).toBeVisible();
  await expect(page.getByText(/^Reading /)).toHaveCount(0);
  await page.waitForTimeout(300);
}

async function expectNoSeriousFault(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
  expect(
    serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`),
    where,
  ).toEqual([]);
}

test.beforeAll(async ({ application }) => {
  const { client } = await apiOf(application);
  const { committed } = await statusOf(application.state);
  if (!committed.desired.networks.some((n) => n.name === 'net1')) {
    await freshLab(application);
    await commit(client, application.state, [natNetwork(1)]);
  }
  for (const name of ['web', 'db'])
    await client.guests.add.mutate({ host: 'lab:lab', name, bridge: 'virbr1' }).catch(() => {});
});

for (const theme of ['light', 'dark'] as const)
  test(`axe finds nothing serious on any page, ${theme}`, async ({ application, page }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme: theme });
    await page.goto(`${application.origin}/login`);
    await expectNoSeriousFault(page, `${theme} /login`);
    await logIn(page, application);
    const { client } = await apiOf(application);
    const change = await draft(client, [natNetwork(8)]);
    const withSelection = '/?select=lab:lab/guest/web';
    for (const path of [
      ...PAGES,
      ...DIALOGS,
      withSelection,
      `/?change=${change.id}`,
      `/changes/${change.id}`,
    ]) {
      await page.goto(`${application.origin}${path}`);
      await settled(page);
      await expectNoSeriousFault(page, `${theme} ${path}`);
    }
    await client.changes.discard.mutate({ id: change.id });
    await page.goto(`${application.origin}/nowhere`);
    await expectNoSeriousFault(page, `${theme}, a page that is none`);
  });

test('at 390 by 844 nothing is wider than the screen, and confirming works', async ({
  application,
  page,
}) => {
  test.setTimeout(180_000);
  await page.setViewportSize({ width: 390, height: 844 });
  await logIn(page, application);
  for (const path of [...PAGES, ...DIALOGS, '/?select=lab:lab/guest/web']) {
    await page.goto(`${application.origin}${path}`);
    await settled(page);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, path).toBeLessThanOrEqual(0);
    // A list scrolls by itself, where a person would not look for what is out of sight.
    for (const list of await page.getByRole('table').all()) {
      const hidden = await list.evaluate(({ parentElement: p }) => (p ? p.scrollWidth - p.clientWidth : 0));
      expect(hidden, `list of ${path}`).toBeLessThanOrEqual(0);
    }
  }
  await page.goto(`${application.origin}/networks`);
  const { client } = await apiOf(application);
  for (const answer of ['Roll back now', 'Keep']) {
    // The bar goes when the host is done; the records have it a moment later.
    const underWay = async () => {
      const { changes } = await client.changes.list.query({});
      return changes.filter((c) => c.state === 'applying' || c.state === 'awaiting').length;
    };
    await expect.poll(underWay).toBe(0);
    const change = await draft(client, [natNetwork(9)]);
    await client.changes.run.mutate({ id: change.id, planHash: change.planHash, seconds: 60 });
    const bar = page.getByRole('region', { name: 'A change waits to be confirmed' });
    await expect(bar).toBeVisible({ timeout: 20_000 });
    const button = bar.getByRole('button', { name: answer });
    await expect(button).toBeInViewport({ ratio: 1 });
    await button.click();
    await expect(bar).toBeHidden({ timeout: 20_000 });
  }
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('dialog', { name: 'Patchbay' }).getByRole('link', { name: 'Networks' }).click();
  await expect(page.getByRole('heading', { name: 'Networks', level: 1 })).toBeVisible();
  await expect(page.getByRole('link', { name: 'net9' })).toBeVisible();
});

test('a network is defined, applied and kept with the keyboard alone', async ({ application, user }) => {
  test.setTimeout(120_000);
  const press = async (...keys: string[]) => {
    for (const key of keys) await user.keyboard.press(key);
  };
  /** Tab until it has the focus, as somebody would who cannot point. */
  const tabTo = async (target: ReturnType<Page['locator']>) => {
    for (let n = 0; n < 80; n++) {
      if (await target.evaluate((el) => el === document.activeElement).catch(() => false)) return;
      await press('Tab');
    }
    throw new Error(`Tab does not reach ${target}`);
  };
  await settled(user);
  await press('n');
  const form = user.getByRole('dialog', { name: 'New network' });
  await tabTo(form.getByLabel('Name', { exact: true }));
  await press('Control+a');
  await user.keyboard.type('typed');
  await tabTo(form.getByRole('radio', { checked: true }));
  await press('ArrowLeft', 'ArrowLeft', 'ArrowRight');
  await tabTo(form.getByRole('button', { name: 'Review the change' }));
  await press('Enter');
  const apply = user.getByRole('button', { name: /^Apply \d+ steps$/ });
  await expect(apply).toBeVisible();
  await tabTo(apply);
  await press('Enter');
  const keep = user.getByRole('button', { name: 'Keep' });
  await expect(keep).toBeVisible({ timeout: 20_000 });
  await tabTo(keep);
  await press('Enter');
  await expect(user.getByText(/Kept: lab/)).toBeVisible();
  const { committed } = await statusOf(application.state);
  expect(committed.desired.networks.map((n) => n.name)).toContain('typed');
});

test('everything is found, walked and reached by its address', async ({ application, user }) => {
  await settled(user);
  await user.keyboard.press('/');
  await user.keyboard.type('virbr1');
  await user.keyboard.press('Enter');
  await expect(user).toHaveURL(/select=lab/);
  await expect(user.getByRole('complementary', { name: /Inspector: virbr1/ })).toBeVisible();
  await user.goto(`${application.origin}/?select=lab:lab/guest/db`);
  await expect(user.getByRole('complementary', { name: 'Inspector: db' })).toBeVisible();
  const graph = user.getByRole('application', { name: /graph/i });
  await graph.focus();
  await user.keyboard.press('ArrowUp');
  await expect(user).not.toHaveURL(/guest(%2F|\/)db/);
  await user.keyboard.press('Escape');
  await expect(user).not.toHaveURL(/select=/);
  await user.keyboard.press('?');
  await expect(user.getByRole('dialog', { name: 'Keys' })).toBeVisible();
});
