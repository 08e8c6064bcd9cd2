import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { whichTool } from '../server/cli/host-tools.mjs';
import { apiOf } from './api';
import { expect, test } from './fixtures';
import { hold, restsAt } from './graph';
import { commit, freshLab, natNetwork } from './lab-state';

/* A virtual machine is moved in the picture: dragged with the mouse, and with the keyboard alone. */
const missing =
  whichTool('qemu-system-x86_64') === undefined
    ? 'QEMU is not installed'
    : existsSync(path.join(import.meta.dirname, '../dist/guest/vmlinuz'))
      ? null
      : 'there is no image: node server/cli/build.mjs guest';
if (missing !== null) console.warn(`SKIPPED: no real guest was dragged in the picture: ${missing}`);
test.skip(missing !== null, missing ?? '');

const VM = 'lab:lab/guest/vm';
const slow = { timeout: 60_000 };

/** Holds the guest's card over a bridge. */
async function holdOver(page: Page, bridge: string) {
  const bar = await restsAt(page, `lab:lab/link/${bridge}`);
  await hold(page, VM, { x: bar.x, y: bar.y + 20 });
}

test('a real guest is dragged to another network and gets its lease; one NIC of several; and by keyboard', async ({
  user,
  application,
}) => {
  test.setTimeout(300_000);
  await freshLab(application);
  const { client } = await apiOf(application);
  await commit(client, application.state, [natNetwork(1), natNetwork(2)]);
  await client.guests.add.mutate({ host: 'lab:lab', name: 'vm', bridge: null, network: 'net1', real: true });
  await user.goto(`${application.origin}/?select=${encodeURIComponent(VM)}`);
  const inspector = user.getByRole('complementary', { name: 'Inspector: vm' });
  const nic = (name: string) => inspector.getByRole('listitem', { name: `NIC ${name}`, exact: true });
  await expect(nic('net0')).toContainText(/192\.168\.101\.\d+/, slow);

  await holdOver(user, 'virbr2');
  await expect(user.getByText(/^Let go to plug vm into net2/)).toBeVisible();
  await user.mouse.up();
  const question = user.getByRole('dialog', { name: 'Plug vm into net2?' });
  await expect(question).toContainText(/ip link set dev vnet\d+ master virbr2/);
  await question.getByRole('button', { name: 'Plug vm into net2' }).click();
  await expect(user.getByText('vm net0 is plugged into net2.')).toBeVisible(slow);
  await expect(nic('net0')).toContainText(/192\.168\.102\.\d+/, slow);
  await expect(nic('net0')).not.toContainText('192.168.101.');
  await expect(user.getByRole('treeitem', { name: /^vm, guest/ })).toHaveText(/192\.168\.102\.\d+/);

  // Of several NICs, those that are not there yet can be chosen.
  const input = { host: 'lab:lab', name: 'vm', bridge: null, network: 'net2' };
  await client.guests.addNic.mutate(input);
  await expect(nic('net1')).toContainText(/192\.168\.102\.\d+/, slow);
  await holdOver(user, 'virbr1');
  await user.mouse.up();
  const which = user.getByRole('dialog', { name: 'Plug vm net0 into net1?' });
  await which.getByLabel('NIC').selectOption('net1');
  await user.getByRole('button', { name: 'Plug vm net1 into net1' }).click();
  await expect(nic('net1')).toContainText(/192\.168\.101\.\d+/, slow);
  await expect(nic('net0')).toContainText(/192\.168\.102\.\d+/);

  // With the keyboard: Enter on the guest leads to its facts, where a letter chooses among the networks.
  await user.getByRole('application', { name: /graph/i }).focus();
  await user.keyboard.press('Enter');
  const socket = inspector.getByLabel('vm net1 is plugged into');
  for (let n = 0; n < 30 && !(await socket.evaluate((e) => e === document.activeElement)); n += 1)
    await user.keyboard.press('Tab');
  await expect(socket).toBeFocused();
  await user.keyboard.type('net2');
  await user.keyboard.press('Enter');
  await expect(nic('net1')).toContainText(/192\.168\.102\.\d+/, slow);
  await expect(nic('net1')).not.toContainText('192.168.101.');
});
