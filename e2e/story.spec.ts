import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Page } from '@playwright/test';
import { apiOf, labSocket, until, withAgent } from './api';
import { type Application, newState, removeState, startApplication } from './application';
import { enterLab } from './bench/lab-taps';
import { expect, test } from './fixtures';
import { expectCommitted } from './lab-state';
import { picture } from './screenshots';

/*
 * What a new user gets, from the link in the terminal to the change that goes back by itself: the real application,
 * database, lab, kernel and browser.
 */
test.describe.configure({ mode: 'serial' });

let application: Application;
let page: Page;
const complaints: string[] = [];

test.beforeAll(async ({ browser }) => {
  application = await startApplication(newState());
  page = await browser.newPage({ colorScheme: 'light' });
  page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
  page.on('response', async (r) => {
    if (r.status() >= 400) complaints.push(`${r.status()} ${r.url()}: ${await r.text().catch(() => '')}`);
  });
  page.on('pageerror', (e) => complaints.push(e.message));
});
test.afterAll(async () => {
  await page.close();
  await application.stop();
  removeState(application.state);
});
test.afterEach(() => {
  expect(complaints, 'the browser has nothing to complain about').toEqual([]);
});

const confirmBar = () => page.getByRole('region', { name: 'A change waits to be confirmed' });
const rail = (host: string) =>
  page.getByRole('complementary').getByRole('region', { name: host, exact: true });
const review = () => page.getByRole('region', { name: /^(Add|Undo: Add) network/ });
const goTo = (name: string) =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
const guestRow = (name: string) => page.getByRole('row').filter({ hasText: name });

test('the link from the terminal logs in; this machine and a lab are drawn', async () => {
  await page.goto(application.link);
  await expect(page).toHaveURL(`${application.origin}/`);
  await expect(rail('This machine')).toBeVisible();
  await expect(rail('lab')).toBeVisible();
  const graph = page.getByRole('application', { name: /graph/i });
  await expect(graph).toBeVisible();
  await expect(graph.locator('canvas').first()).toBeVisible();
  if (process.getuid?.() !== 0) await expect(rail('This machine')).toContainText('read-only');
});

test('a NAT network with a DHCP range is defined in a form', async () => {
  await page.keyboard.press('n');
  const form = page.getByRole('dialog', { name: 'New network' });
  await expect(form).toBeVisible();
  await form.getByLabel('Name', { exact: true }).fill('demo');
  await form.getByRole('radio', { name: /NAT/ }).check();
  await form.getByLabel('Bridge', { exact: true }).fill('a-name-that-is-too-long');
  await form.getByLabel('Name', { exact: true }).click();
  await expect(form.getByText('An interface name has at most 15 bytes.')).toBeVisible();
  await form.getByLabel('Bridge', { exact: true }).fill('virbr7');
  await form.getByLabel('Address of the host (gateway)').fill('192.168.150.1');
  await form.getByLabel('Range 1, first address').fill('192.168.151.10');
  await form.getByLabel('Range 1, last address').fill('192.168.150.99');
  await form.getByLabel('Name', { exact: true }).click();
  await expect(form.getByRole('alert').first()).toBeVisible();
  await form.getByLabel('Range 1, first address').fill('192.168.150.10');
  await expect(form.getByRole('alert')).toHaveCount(0);
  await picture(page, 'form');
  await form.getByRole('button', { name: 'Review the change' }).click();
});

test('the exact commands are read before anything runs', async () => {
  await expect(review()).toBeVisible();
  for (const command of [
    'ip link add',
    'virbr7',
    '192.168.150.1/24',
    'nft -f -',
    'dnsmasq',
    'net.ipv4.ip_forward=1',
  ])
    await expect(review()).toContainText(command);
  await review().getByText('How it is taken back').first().click();
  await expect(review()).toContainText('ip link del');
  await picture(page, 'plan');
  // Nothing has happened yet.
  await withAgent(labSocket(application.state), async (agent) => {
    const observed = await agent.request('observe', {});
    if (!observed.ok || !observed.value.links.known) throw new Error('the lab cannot be read');
    expect(Object.keys(observed.value.links.value)).not.toContain('virbr7');
  });
});

test('it is applied and waits, on every page', async () => {
  await review()
    .getByRole('button', { name: /^Apply \d+ steps$/ })
    .click();
  await expect(confirmBar()).toBeVisible({ timeout: 20_000 });
  await picture(page, 'confirm');
  for (const name of ['Networks', 'Changes', 'Hosts', 'Guests']) {
    await goTo(name);
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
    await expect(confirmBar()).toBeVisible();
  }
});

test('two guests are plugged in and get their leases', async () => {
  for (const name of ['web', 'db']) {
    await page.getByRole('button', { name: 'New guest' }).click();
    const form = page.getByRole('dialog', { name: 'New guest' });
    await form.getByLabel('Name', { exact: true }).fill(name);
    await form.getByLabel('Network').selectOption({ label: 'demo (virbr7)' });
    await form.getByRole('button', { name: 'Add the guest' }).click();
    await expect(form).toBeHidden();
  }
  for (const name of ['web', 'db'])
    await expect(guestRow(name)).toContainText(/192\.168\.150\.\d+/, { timeout: 30_000 });
  await goTo('Topology');
  // The picture says it too: what is drawn is in the tree that screen readers get.
  for (const name of ['web', 'db'])
    await expect(
      page.getByRole('treeitem', { name: new RegExp(`${name}.*192\\.168\\.150\\.`) }),
    ).toBeAttached();
  await rail('lab').getByRole('button', { name: 'web' }).click();
  await expect(page.getByRole('complementary', { name: 'Inspector: web' })).toContainText(
    /192\.168\.150\.\d+/,
  );
});

test('they ping each other, and the outside by NAT', async () => {
  await goTo('Guests');
  await guestRow('web').getByRole('button', { name: 'Check' }).click();
  const ping = page.getByRole('dialog', { name: 'Check' });
  await ping.getByLabel('To').selectOption('db');
  await ping.getByRole('button', { name: 'Run check' }).click();
  await expect(ping.getByRole('status')).toContainText(/db answers web/, { timeout: 20_000 });
  await ping.getByLabel('To').selectOption('An address');
  await ping.getByLabel('Address').fill('198.51.100.1');
  await ping.getByRole('button', { name: 'Run check' }).click();
  await expect(ping.getByRole('status')).toContainText(/198\.51\.100\.1 answers web/, { timeout: 20_000 });
  await ping.getByLabel('Check').selectOption('VLAN');
  await ping.getByRole('button', { name: 'Run check' }).click();
  const heard = 'Untagged broadcasts of web arrive at db and nowhere else, as it should be.';
  await expect(ping.getByRole('status')).toContainText(heard, { timeout: 20_000 });
  // Results are kept.
  await ping.getByText(/Earlier checks of web/).click();
  await expect(ping.getByRole('listitem').filter({ hasText: 'db answers web' })).toBeVisible();
  await page.keyboard.press('Escape');
});

test('it is kept, and the history has it', async () => {
  await confirmBar().getByRole('button', { name: 'Keep' }).click();
  await expect(page.getByText(/Kept: lab is at version 1/)).toBeVisible();
  await expect(confirmBar()).toBeHidden();
  await expectCommitted(application.state, ['demo']);
  await goTo('Changes');
  await expect(page.getByRole('row').filter({ hasText: 'demo' }).filter({ hasText: /kept/i })).toBeVisible();
  await goTo('Networks');
  await expect(page.getByRole('row').filter({ hasText: 'demo' })).toContainText('as kept');
  await goTo('Topology');
  await picture(page, 'lab');
});

test('what is not confirmed goes back by itself', async () => {
  await page.keyboard.press('n');
  const form = page.getByRole('dialog', { name: 'New network' });
  await form.getByLabel('Name', { exact: true }).fill('brief');
  await form.getByRole('radio', { name: /Isolated/ }).check();
  await form.getByRole('button', { name: 'Review the change' }).click();
  await review().getByLabel('Confirm within').fill('6');
  await review()
    .getByRole('button', { name: /^Apply \d+ steps$/ })
    .click();
  await expect(confirmBar()).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText(/Rolled back on lab/)).toBeVisible({ timeout: 30_000 });
  await picture(page, 'rolled-back');
  await expectCommitted(application.state, ['demo']);
  await goTo('Changes');
  await expect(
    page
      .getByRole('row')
      .filter({ hasText: 'brief' })
      .filter({ hasText: /rolled back/i }),
  ).toBeVisible();
  await goTo('Guests');
  for (const name of ['web', 'db']) await expect(guestRow(name)).toContainText(/192\.168\.150\.\d+/);
});

test('"Roll back now" does not wait', async () => {
  await goTo('Topology');
  await page.keyboard.press('n');
  const form = page.getByRole('dialog', { name: 'New network' });
  await form.getByLabel('Name', { exact: true }).fill('regretted');
  await form.getByRole('button', { name: 'Review the change' }).click();
  await review()
    .getByRole('button', { name: /^Apply \d+ steps$/ })
    .click();
  await confirmBar().getByRole('button', { name: 'Roll back now' }).click({ timeout: 20_000 });
  await expect(page.getByText(/Rolled back on lab/)).toBeVisible({ timeout: 20_000 });
  await expectCommitted(application.state, ['demo']);
});

test('a network that cannot start says why in a sentence, with the words of the tool below', async () => {
  await goTo('Topology');
  await page.keyboard.press('n');
  const form = page.getByRole('dialog', { name: 'New network' });
  await form.getByLabel('Name', { exact: true }).fill('late');
  const address = await form.getByLabel('Address of the host (gateway)').inputValue();
  // The address is not there yet, and another program waits for it already.
  const bind = `require('dgram').createSocket('udp4').bind(53, '${address}', () => console.log('bound'))`;
  const taken = `sysctl -qw net.ipv4.ip_nonlocal_bind=1 && exec "$0" -e "${bind}"`;
  const [tool, args] = enterLab(application.state, ['sh', '-c', taken, process.execPath]);
  const other = spawn(tool, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(other.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
    await form.getByRole('button', { name: 'Review the change' }).click();
    await review()
      .getByRole('button', { name: /^Apply \d+ steps$/ })
      .click();
    const ended = page.getByRole('region', { name: 'How the last change ended' });
    const why =
      /Step \d+ \(Start DHCP and DNS of late\) failed: another program answers DNS at \S+ already \(port 53\)\./;
    await expect(ended).toContainText(why, { timeout: 20_000 });
    await ended.getByRole('link', { name: 'See the change' }).click();
    const words = page.getByText('failed to create listening socket');
    await expect(words).toBeHidden();
    await page.getByText('What the tool said').click();
    await expect(words).toContainText('$ dnsmasq');
    await expectCommitted(application.state, ['demo']);
  } finally {
    other.kill();
  }
});

test('a committed change is undone by a new change', async () => {
  await goTo('Guests');
  for (const name of ['web', 'db']) {
    const plug = guestRow(name).getByLabel(`${name} is plugged into`);
    await plug.selectOption('');
    await expect(plug).toHaveValue('');
    await expect(plug).toBeEnabled();
  }
  await goTo('Changes');
  await page
    .getByRole('row')
    .filter({ hasText: 'demo' })
    .filter({ hasText: /kept/i })
    .getByRole('button', { name: 'Undo' })
    .click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/undo/i);
  await page.getByRole('button', { name: /^Apply \d+ steps$/ }).click();
  await confirmBar().getByRole('button', { name: 'Keep' }).click({ timeout: 20_000 });
  await expect(page.getByText(/Kept: lab is at version 2/)).toBeVisible();
  await expectCommitted(application.state, []);
  const { client } = await apiOf(application);
  const lists = await until(
    'the records have it',
    () => client.networks.list.query(),
    (all) => all.some((l) => l.host === 'lab:lab' && l.version === 2),
  );
  expect(lists.find((l) => l.host === 'lab:lab')?.networks).toEqual([]);
});

test('labs are made, reset and removed in the browser', async () => {
  await goTo('Hosts');
  await page.getByRole('button', { name: 'New lab' }).first().click();
  const form = page.getByRole('dialog', { name: 'New lab' });
  await form.getByLabel('Name', { exact: true }).fill('second');
  await form.getByRole('button', { name: 'Create the lab' }).click();
  await expect(rail('second')).toBeVisible({ timeout: 30_000 });
  await goTo('Hosts');
  const row = page.getByRole('row').filter({ hasText: 'second' });
  await expect(row).toContainText('connected', { timeout: 30_000 });
  await row.getByRole('button', { name: 'Reset' }).click();
  await page.getByRole('button', { name: 'Reset the lab' }).click();
  await expect(row).toContainText('connected', { timeout: 30_000 });
  await row.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove the lab' }).click();
  await expect(row).toHaveCount(0, { timeout: 30_000 });
});
