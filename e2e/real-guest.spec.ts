import { existsSync } from 'node:fs';
import path from 'node:path';
import { whichTool } from '../server/cli/host-tools.mjs';
import { apiOf } from './api';
import { expect, test } from './fixtures';
import { commit, freshLab, natNetwork } from './lab-state';

/*
 * A virtual machine as a guest of a lab, in the browser: its lease, another network's lease, and a NIC that comes and
 * goes while it runs.
 */
const image = path.join(import.meta.dirname, '../dist/guest/vmlinuz');
const missing =
  whichTool('qemu-system-x86_64') === undefined
    ? 'QEMU is not installed'
    : existsSync(image)
      ? null
      : 'there is no image: node server/cli/build.mjs guest';
if (missing !== null) console.warn(`SKIPPED: no real guest was seen in the browser: ${missing}`);
test.skip(missing !== null, missing ?? '');
test.describe.configure({ mode: 'serial' });

test('a real guest gets its lease, moves to another network, and takes a NIC while it runs', async ({
  user,
  application,
}) => {
  test.setTimeout(300_000);
  await freshLab(application);
  const { client } = await apiOf(application);
  await commit(client, application.state, [natNetwork(1), natNetwork(2)]);
  const slow = { timeout: 60_000 };

  await user.goto(`${application.origin}/guests`);
  await user.getByRole('button', { name: 'New guest' }).click();
  const form = user.getByRole('dialog', { name: 'New guest' });
  await form.getByLabel('Name', { exact: true }).fill('vm');
  await form.getByRole('radio', { name: /Real guest/ }).check();
  await form.getByLabel('Network').selectOption({ label: 'net1 (virbr1)' });
  await form.getByRole('button', { name: 'Add the guest' }).click();
  await expect(form).toBeHidden(slow);
  const row = user.getByRole('row').filter({ hasText: 'vm' });
  await expect(row).toContainText('QEMU');
  await expect(row).toContainText(/192\.168\.101\.\d+/, slow);

  await row.getByLabel('vm net0 is plugged into').selectOption({ label: 'net2 (virbr2)' });
  await expect(row).toContainText(/192\.168\.102\.\d+/, slow);
  await expect(row).not.toContainText('192.168.101.');

  // In the picture: once, by its name, with what can be done with its NICs.
  await user.goto(`${application.origin}/?select=${encodeURIComponent('lab:lab/guest/vm')}`);
  const inspector = user.getByRole('complementary', { name: 'Inspector: vm' });
  await expect(user.getByRole('treeitem', { name: /^[^,]+, guest/ })).toHaveText([/^vm/]);
  const nic = (name: string) => inspector.getByRole('listitem', { name: `NIC ${name}`, exact: true });
  await inspector.getByRole('button', { name: 'Add a NIC' }).click();
  const adding = user.getByRole('dialog', { name: 'Add a NIC to vm' });
  await adding.getByLabel('Network').selectOption({ label: 'net1 (virbr1)' });
  await adding.getByRole('button', { name: 'Add the NIC' }).click();
  await expect(adding).toBeHidden(slow);
  await expect(nic('net1')).toContainText(/192\.168\.101\.\d+/, slow);

  await nic('net0').getByRole('button', { name: 'Pull the cable' }).click();
  await expect(nic('net0')).toContainText('cable pulled', slow);
  await expect(user.getByText('The cable of vm net0 is pulled, and the guest has noticed.')).toBeVisible(
    slow,
  );
  await nic('net0').getByRole('button', { name: 'Plug the cable in' }).click();
  await expect(nic('net0')).toContainText(/192\.168\.102\.\d+/, slow);

  await nic('net1').getByRole('button', { name: 'Take it out' }).click();
  await expect(nic('net1')).toHaveCount(0, slow);
  await expect(nic('net0')).toBeVisible();

  // The same from a terminal.
  const added = await application.patchbay('guest', 'nic', 'add', 'vm', '--network', 'net1');
  expect(added).toMatch(/^NIC net1 of guest vm has tap vnet\d+ and MAC address 52:54:00:/);
  await expect(nic('net1')).toContainText(/192\.168\.101\.\d+/, slow);
  expect(await application.patchbay('guest', 'nic', 'remove', 'vm', 'net1')).toContain('taken out');

  // Off, it is changed for its next start.
  await inspector.getByRole('button', { name: 'Switch off' }).click();
  await expect(inspector.getByText('The virtual machine does not run')).toBeVisible(slow);
  await inspector.getByLabel('vm net0 is plugged into').selectOption({ label: 'net1 (virbr1)' });
  await expect(user.getByText('vm net0 is plugged into net1.')).toBeVisible(slow);
  await inspector.getByRole('button', { name: 'Start guest' }).click();
  await expect(nic('net0')).toContainText(/192\.168\.101\.\d+/, slow);

  await inspector.getByRole('button', { name: 'Remove guest' }).click();
  await user.getByRole('button', { name: 'Remove the guest' }).click();
  await expect(user.getByRole('treeitem', { name: /^vm, guest/ })).toHaveCount(0, slow);
});
