import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { domainXml } from '../server/agent/testing/domain-xml';
import { whichTool } from '../server/cli/host-tools.mjs';
import { apiOf, labSocket, until, withAgent } from './api';
import { expect, test } from './fixtures';
import { hasLibvirt, virshInLab } from './lab-libvirt';
import { commit, freshLab, natNetwork } from './lab-state';

/*
 * NICs of a libvirt domain, changed in the browser and in the terminal: a real libvirtd with a real QEMU, in the lab.
 */
const missing = !hasLibvirt()
  ? 'libvirt is not installed'
  : whichTool('qemu-system-x86_64') === undefined
    ? 'QEMU is not installed'
    : existsSync(path.join(import.meta.dirname, '../dist/guest/vmlinuz'))
      ? null
      : 'there is no image: node server/cli/build.mjs guest';
if (missing !== null)
  console.warn(`SKIPPED: no NIC of a libvirt domain was changed in the browser: ${missing}`);
test.skip(missing !== null, missing ?? '');
test.describe.configure({ mode: 'serial' });
test.use({ actionTimeout: 60_000 });

const slow = { timeout: 120_000 };
const MAC = '52:54:00:00:00:01';
const inspectorOf = (page: Page) => page.getByRole('complementary', { name: 'Inspector: web' });
const nicOf = (page: Page, name: string) =>
  inspectorOf(page).getByRole('listitem', { name: `NIC ${name}`, exact: true });
const confirmBar = (page: Page) => page.getByRole('region', { name: 'A change waits to be confirmed' });

/** From the review of what runs to where it is kept, and back to the guest. */
async function applyAndKeep(page: Page, origin: string, command: string): Promise<void> {
  await expect(page.getByText(command).first()).toBeVisible(slow);
  await page.getByRole('button', { name: /^Apply/ }).click();
  await confirmBar(page).getByRole('button', { name: 'Keep' }).click(slow);
  await expect(page.getByText(/Kept: lab is at version/)).toBeVisible(slow);
  await page.goto(`${origin}/?select=${encodeURIComponent('lab:lab/guest/web')}`);
}

const leases = (state: string) =>
  withAgent(labSocket(state), async (agent) => {
    const observed = await agent.request('observe', {}, 20_000);
    if (!observed.ok || !observed.value.leases.known) throw new Error('the leases cannot be read');
    return Object.values(observed.value.leases.value).map((l) => `${l.network} ${l.mac}`);
  });

async function expectAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
  expect(
    serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`),
    where,
  ).toEqual([]);
}

test('a NIC is managed, another put in, moved, its cable pulled, and what is not kept goes back', async ({
  user,
  application,
}) => {
  test.setTimeout(900_000);
  const { origin, state } = application;
  await freshLab(application);
  const { client } = await apiOf(application);
  const networks = [1, 2].map((n) => ({ ...natNetwork(n), footing: 'libvirt' as const }));
  await commit(client, state, networks);
  const card = `<interface type="network"><mac address="${MAC}"/><source network="net1"/><model type="virtio"/></interface>`;
  const file = path.join(state, 'web.xml');
  writeFileSync(file, domainXml('web', card), { mode: 0o644 });
  virshInLab(state, ['define', file]);
  virshInLab(state, ['start', 'web']);
  await until(
    'the guest has a lease',
    () => leases(state),
    (l) => l.includes(`net1 ${MAC}`),
    120_000,
  );

  await user.goto(`${origin}/?select=${encodeURIComponent('lab:lab/guest/web')}`);
  await expect(nicOf(user, 'net0')).toContainText('network net1', slow);
  await nicOf(user, 'net0').getByRole('button', { name: 'Manage this NIC' }).click();
  await applyAndKeep(user, origin, 'Nothing needs to run: it is as designed');
  await expect(nicOf(user, 'net0').getByRole('button', { name: 'Forget it' })).toBeVisible(slow);

  // An address that another has is refused in the form.
  await inspectorOf(user).getByRole('button', { name: 'Add a NIC' }).click();
  const form = user.getByRole('dialog', { name: 'Add a NIC to web' });
  await form.getByLabel('MAC address').fill(MAC);
  await form.getByRole('button', { name: 'Review the change' }).click();
  await expect(form.getByText(`MAC ${MAC} is taken: NIC net0 of guest web has it.`).first()).toBeVisible(
    slow,
  );
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    await user.setViewportSize({ width, height });
    await expectAccessible(user, `the form at ${width}`);
  }
  await user.setViewportSize({ width: 1440, height: 900 });
  await user.reload();
  await inspectorOf(user).getByRole('button', { name: 'Add a NIC' }).click(slow);
  await form.getByLabel('MAC address').fill('52:54:00:00:00:02');
  await form.getByLabel('Plugged into').selectOption({ label: 'network net2' });
  await form.getByRole('button', { name: 'Review the change' }).click();
  await applyAndKeep(user, origin, 'virsh -c qemu:///system attach-device web');
  await expect(nicOf(user, 'net1')).toContainText('network net2', slow);
  await until(
    'its second NIC has a lease',
    () => leases(state),
    (l) => l.includes('net2 52:54:00:00:00:02'),
    120_000,
  );

  await nicOf(user, 'net1').getByLabel('Move NIC web/net1 to').selectOption({ label: 'network net1' });
  await applyAndKeep(user, origin, 'virsh -c qemu:///system update-device web');
  await expect(nicOf(user, 'net1')).toContainText('network net1', slow);

  await nicOf(user, 'net1').getByRole('button', { name: 'Pull the cable' }).click();
  await applyAndKeep(user, origin, 'domif-setlink web 52:54:00:00:00:02 down');
  await expect(nicOf(user, 'net1')).toContainText('cable pulled', slow);
  expect(virshInLab(state, ['domif-getlink', 'web', '52:54:00:00:00:02'])).toContain('down');
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    await user.setViewportSize({ width, height });
    await expectAccessible(user, `the guest at ${width}`);
  }
  await user.setViewportSize({ width: 1440, height: 900 });

  // Undone, its cable is in again.
  const { changes } = await client.changes.list.query({ host: 'lab:lab', limit: 1 });
  await user.goto(`${origin}/changes/${changes[0]?.id}`);
  await user.getByRole('button', { name: 'Undo this change' }).click();
  await applyAndKeep(user, origin, 'domif-setlink web 52:54:00:00:00:02 up');
  await expect(nicOf(user, 'net1').getByRole('button', { name: 'Pull the cable' })).toBeVisible(slow);

  // Taken out and not kept, it is in again, in the guest and in the record.
  await nicOf(user, 'net1').getByRole('button', { name: 'Take it out' }).click();
  await expect(user.getByText('virsh -c qemu:///system detach-device web').first()).toBeVisible(slow);
  await user.getByRole('button', { name: /^Apply/ }).click();
  await confirmBar(user).getByRole('button', { name: 'Roll back now' }).click(slow);
  await expect(confirmBar(user)).toBeHidden(slow);
  await until(
    'the NIC is in again',
    async () => [
      virshInLab(state, ['domiflist', 'web']),
      virshInLab(state, ['domiflist', 'web', '--inactive']),
    ],
    (lists) => lists.every((l) => l.includes('52:54:00:00:00:02')),
    120_000,
  );
});

test('the same from the terminal, and removed in the browser', async ({ user, application }) => {
  test.setTimeout(600_000);
  const { origin, state } = application;
  const nic = (...words: string[]) => application.patchbay('nic', ...words, '--lab', 'lab');
  const confirm = () => application.patchbay('confirm', '--lab', 'lab');
  expect(await nic('list', 'web')).toMatch(
    /^net1 +52:54:00:00:00:02 +virtio +network net1 +in +in the guest$/m,
  );
  expect(await nic('move', 'web', 'net1', '--network', 'net2')).toContain('update-device web');
  await confirm();
  expect(await nic('cable', 'web', 'net1', 'pull')).toContain('domif-setlink web 52:54:00:00:00:02 down');
  await confirm();
  expect(await nic('list', 'web')).toMatch(/^net1 .*network net2 +out +in the guest$/m);
  await expect(nic('move', 'web', 'net1', '--bridge', 'no-such')).rejects.toThrow(
    'There is no bridge no-such on this host.',
  );
  await expect(nic('move', 'web', 'net1')).rejects.toThrow('--network NAME or --bridge NAME');
  await expect(nic('list', 'nobody')).rejects.toThrow('There is no guest nobody in libvirt');

  await user.goto(`${origin}/?select=${encodeURIComponent('lab:lab/guest/web')}`);
  await nicOf(user, 'net1').getByRole('button', { name: 'Remove it' }).click(slow);
  await applyAndKeep(user, origin, 'virsh -c qemu:///system detach-device web');
  await expect(nicOf(user, 'net1')).toHaveCount(0, slow);
  expect(virshInLab(state, ['domiflist', 'web'])).not.toContain('52:54:00:00:00:02');
  expect(virshInLab(state, ['domiflist', 'web', '--inactive'])).not.toContain('52:54:00:00:00:02');
  virshInLab(state, ['destroy', 'web']);
  virshInLab(state, ['undefine', 'web']);
});
