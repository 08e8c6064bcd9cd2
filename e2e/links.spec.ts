import type { Page } from '@playwright/test';
import { labSocket, until, withAgent } from './api';
import type { Application } from './application';
import { expect, test } from './fixtures';
import { freshLab } from './lab-state';

/*
 * A bridge of the lab's uplink, made in the browser: the address and the default route move with it. One change goes
 * back by itself, one is kept, and one takes it away again.
 */
test.describe.configure({ mode: 'serial' });

test.beforeAll(({ application }) => freshLab(application));

const confirmBar = (page: Page) => page.getByRole('region', { name: 'A change waits to be confirmed' });
const review = (page: Page, name: RegExp) => page.getByRole('region', { name });

/** Which device of the lab has its address outside, and by which the default route leads. */
const whereabouts = ({ state }: Application) =>
  withAgent(labSocket(state), async (agent) => {
    const observed = await agent.request('observe', {});
    if (!observed.ok || !observed.value.links.known || !observed.value.routes.known)
      throw new Error('the lab cannot be read');
    const { links, routes } = observed.value;
    return {
      address: Object.values(links.value).flatMap((l) =>
        l.addresses.some((a) => a.address === '203.0.113.2') ? [l.name] : [],
      ),
      ways: Object.values(routes.value).flatMap((r) =>
        r.destination === 'default' && r.family === 4 ? [r.device] : [],
      ),
    };
  });
const isAt = (device: string) => (w: Awaited<ReturnType<typeof whereabouts>>) =>
  w.address.join() === device && w.ways.join() === device;

/** From the uplink in the graph to the plan. */
async function propose(page: Page, { origin }: Application): Promise<void> {
  await page.goto(`${origin}/?select=lab%3Alab%2Flink%2Fuplink0`);
  await page
    .getByRole('complementary', { name: 'Inspector: uplink0' })
    .getByRole('button', { name: 'Make a bridge of it' })
    .click();
  const form = page.getByRole('dialog', { name: 'New bridge' });
  await expect(form.getByLabel('Name', { exact: true })).toHaveValue('br0');
  await expect(form.getByRole('checkbox', { name: 'uplink0' })).toBeChecked();
  await expect(form.getByLabel('Addresses of the host')).toHaveValue(/203\.0\.113\.2\/24/);
  await expect(form.getByLabel('Routes')).toHaveValue(/default via 203\.0\.113\.1/);
  await form.getByRole('button', { name: 'Review the change' }).click();
  await expect(review(page, /^Add bridge br0/)).toContainText('link set dev uplink0 master br0');
}

const apply = (page: Page, name: RegExp) =>
  review(page, name)
    .getByRole('button', { name: /^Apply \d+ steps?$/ })
    .click();

test('a bridge of the uplink goes back by itself when nobody confirms it', async ({ user, application }) => {
  await propose(user, application);
  await review(user, /^Add bridge br0/)
    .getByLabel('Confirm within')
    .fill('6');
  await apply(user, /^Add bridge br0/);
  await expect(confirmBar(user)).toBeVisible({ timeout: 20_000 });
  expect(isAt('br0')(await whereabouts(application))).toBe(true);
  await expect(user.getByText(/Rolled back on lab/)).toBeVisible({ timeout: 30_000 });
  expect(isAt('uplink0')(await whereabouts(application))).toBe(true);
});

test('kept, it is listed; removed, it gives back what it had', async ({ user, application }) => {
  await propose(user, application);
  await apply(user, /^Add bridge br0/);
  await confirmBar(user).getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
  await expect(user.getByText(/Kept: lab is at version 1/)).toBeVisible();
  expect(isAt('br0')(await whereabouts(application))).toBe(true);

  await user.goto(`${application.origin}/networks`);
  const row = user.getByRole('row').filter({ hasText: 'br0' });
  await expect(row).toContainText('203.0.113.2/24');
  await row.getByRole('button', { name: 'Edit' }).click();
  const form = user.getByRole('dialog', { name: 'Edit br0' });
  await form.getByLabel('Addresses of the host').fill('203.0.113.0/24');
  await form.getByLabel('MTU').click();
  await expect(form.getByText(/203\.0\.113\.0 is the network address/)).toBeVisible();
  await user.keyboard.press('Escape');

  await row.getByRole('button', { name: 'Remove' }).click();
  await expect(user.getByRole('heading', { level: 1 })).toContainText(/Remove bridge br0/);
  await user.getByRole('button', { name: /^Apply \d+ steps?$/ }).click();
  await confirmBar(user).getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
  await expect(user.getByText(/Kept: lab is at version 2/)).toBeVisible();
  await until('the uplink has its address again', () => whereabouts(application), isAt('uplink0'));
});
