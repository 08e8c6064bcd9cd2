import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { type Api, apiOf, labHost, until } from './api';
import { expect, test } from './fixtures';
import { inLab } from './lab-libvirt';
import { commit, freshLab, natNetwork } from './lab-state';
import { picture } from './screenshots';

let client: Api;
let flood: ChildProcess | null = null;
test.beforeEach(async ({ application }) => {
  await freshLab(application);
  client = (await apiOf(application)).client;
});
test.afterEach(() => stopFlood());

const limits = async () => {
  const { limits: fact } = await client.topology.facts.query({ host: labHost() });
  return fact.known ? fact.value : {};
};

async function edit(user: Page, average: string): Promise<void> {
  const form = user.getByRole('dialog', { name: 'Edit network net1' });
  const inbound = form.getByRole('group', { name: 'Towards the guests (inbound)' });
  await expect(form).toBeVisible();
  if (!(await inbound.isVisible())) await form.locator('summary', { hasText: /^Bandwidth/ }).click();
  await inbound.getByLabel('Average', { exact: true }).fill(average);
  await form.getByRole('button', { name: 'Review the change' }).click();
}

async function keep(user: Page): Promise<void> {
  await user.getByRole('button', { name: /^Apply \d+ steps?$/ }).click();
  await user.getByRole('button', { name: 'Keep', exact: true }).click({ timeout: 30_000 });
  await expect(user.getByText(/Kept: lab/)).toBeVisible();
}

test('a limit is typed into the form, put into the kernel, drawn, and taken away', async ({
  application,
  user,
}) => {
  test.setTimeout(240_000);
  await commit(client, application.state, [natNetwork(1)]);
  await application.patchbay('guest', 'add', 'web', '--network', 'net1');
  const open = async () => {
    await user.goto(`${application.origin}/networks`);
    await user.getByRole('row').filter({ hasText: 'net1' }).getByRole('button', { name: 'Edit' }).click();
  };
  await open();
  await edit(user, '10 Mbit/s');
  const review = user.getByRole('main');
  await expect(review).toContainText('Limit what is sent into virbr1 to 10 Mbit/s');
  await expect(review).toContainText('traffic between its guests does not pass there');
  await expect(review).toContainText('With the others it gets at most 10 Mbit/s from outside the network.');
  await picture(user, 'limit-review');
  await keep(user);
  await until('the kernel has it', limits, (all) => all.virbr1?.sent?.classes[1]?.rate === 1_250_000);
  await user.goto(`${application.origin}/?view=table`);
  await expect(user.getByRole('row').filter({ hasText: /^virbr1/ })).toContainText('≤ 10 Mbit/s inbound');

  await open();
  await edit(user, '');
  await expect(review).toContainText('No longer limit what is sent into virbr1');
  await keep(user);
  await until('nothing is left of it', limits, (all) => all.virbr1 === undefined);
});

/** Datagrams at 30 Mbit/s, as far as the machine can. */
const FLOOD = `
const socket = require('node:dgram').createSocket('udp4');
const payload = Buffer.alloc(1200);
const begin = Date.now();
let sent = 0;
setInterval(() => {
  const due = ((Date.now() - begin) / 1000) * (30e6 / 8 / 1242);
  if (due - sent > 600) sent = due - 600;
  for (; sent < due; sent += 1) socket.send(payload, 9, process.argv[1], () => {});
}, 5);
`;

/** Traffic from the lab itself to a guest's address. */
async function startFlood(state: string): Promise<void> {
  const leases = await until(
    'the guest has its address',
    async () => {
      const { leases: fact } = await client.topology.facts.query({ host: labHost() });
      return fact.known ? Object.values(fact.value) : [];
    },
    (all) => all.length > 0,
  );
  const [command = '', ...args] = inLab(state, [process.execPath, '-e', FLOOD, leases[0]?.address ?? '']);
  // In a group of its own: `nsenter` starts it as its child, and does not end it.
  flood = spawn(command, args, { stdio: 'ignore', detached: true });
}

function stopFlood(): void {
  if (flood?.pid !== undefined) process.kill(-flood.pid);
  flood = null;
}

function tc(state: string, ...words: readonly string[]): void {
  const [command = '', ...args] = inLab(state, ['tc', ...words]);
  execFileSync(command, args, { timeout: 20_000 });
}

/** What the plot says of now, in Mbit/s. */
async function inboundNow(user: Page, device: string): Promise<number> {
  const label = await user
    .getByRole('img', { name: `Traffic of ${device} in the last two minutes` })
    .getAttribute('aria-label');
  const [, number, prefix] = /Now inbound ([\d.]+) ([kMG]?)bit\/s/.exec(label ?? '') ?? [];
  return Number(number) * ({ k: 1e-3, M: 1, G: 1e3 }[prefix ?? ''] ?? Number.NaN);
}

async function looksRight(user: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ] as const) {
      await user.emulateMedia({ colorScheme });
      await user.setViewportSize({ width, height });
      await expect(user.locator('figure canvas').first()).toBeVisible();
      const { violations } = await new AxeBuilder({ page: user }).analyze();
      const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
      expect(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`)).toEqual([]);
      await picture(user, `${name}-${colorScheme}-${width}`);
    }
  await user.emulateMedia({ colorScheme: 'light' });
  await user.setViewportSize({ width: 1440, height: 900 });
}

test('what flows comes down to a limit that is set on the graph, and goes up when it is taken away', async ({
  application,
  user,
}) => {
  test.setTimeout(240_000);
  await commit(client, application.state, [natNetwork(1)]);
  await application.patchbay('guest', 'add', 'web', '--network', 'net1');
  await startFlood(application.state);
  await user.goto(`${application.origin}/?select=${encodeURIComponent('lab:lab/network/net1')}`);
  const traffic = user.getByRole('region', { name: 'Traffic of virbr1' });
  const now = () => inboundNow(user, 'virbr1');
  await until('it flows', now, (mbit) => mbit > 10, 60_000);

  const onGraph = async (average: string) => {
    await user.getByRole('button', { name: 'Edit network' }).click();
    await edit(user, average);
    await keep(user);
  };
  await onGraph('4 Mbit/s');
  const node = user.getByRole('table', { name: 'Limits of virbr1' });
  await expect(node.getByRole('row', { name: /^Configured/ })).toContainText('4 Mbit/s');
  await expect(node.getByRole('row', { name: /^In the kernel/ })).toContainText('4 Mbit/s');
  await until('it came down to the line', now, (mbit) => mbit > 3.4 && mbit < 4.4, 60_000);
  await expect(node.getByRole('row', { name: /^Flowing now/ })).toContainText('at its limit');
  await expect(traffic.getByText('Inbound limit')).toBeVisible();
  await looksRight(user, 'limit-plot');

  tc(application.state, 'qdisc', 'del', 'dev', 'virbr1', 'root');
  const said = user.getByText('but the kernel has no limit on virbr1: it was taken away.');
  await expect(said).toBeVisible();
  await until('it goes up', now, (mbit) => mbit > 10, 60_000);
  await looksRight(user, 'limit-drift');
  await user.getByRole('button', { name: 'Put the limit back' }).click();
  await expect(user.getByRole('region', { name: /net1/ })).toContainText(
    'Limit what is sent into virbr1 to 4 Mbit/s',
  );
  await keep(user);
  await expect(said).toBeHidden();
  await until('it is down again', now, (mbit) => mbit > 3.4 && mbit < 4.4, 60_000);

  await onGraph('');
  await until('it is up again', now, (mbit) => mbit > 10, 60_000);
  await expect(node).toBeHidden();
});

test('a guest’s cable has a collar that is full while traffic is held up', async ({ application, user }) => {
  test.setTimeout(180_000);
  const slow = {
    name: 'slow',
    default: true as const,
    bandwidth: { inbound: { average: 250 }, outbound: { average: 500 } },
  };
  await commit(client, application.state, [{ ...natNetwork(1), portgroups: [slow] }]);
  await application.patchbay('guest', 'add', 'web', '--network', 'net1');
  await startFlood(application.state);
  await user.goto(`${application.origin}/?view=table`);
  const port = user.getByRole('row').filter({ hasText: '≤ 2 Mbit/s inbound, ≤ 4 Mbit/s outbound' });
  await expect(port).toContainText('at its limit', { timeout: 60_000 });
  await user.goto(`${application.origin}/?select=${encodeURIComponent('lab:lab/guest/web')}`);
  const table = user.getByRole('table', { name: /^Limits of / });
  await expect(table).toContainText('at its limit', { timeout: 60_000 });
  await looksRight(user, 'limit-collar');
  stopFlood();
  await expect(table).not.toContainText('at its limit', { timeout: 60_000 });
});
