import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inside, whyNoNamespaces } from '@/server/core/testing/kernel';
import { run } from './exec';

/* @full-kernel: asks for features that many kernels lack. */

/* Guests of a lab in portgroups: who is in which VLAN, who reaches whom. Real packets on a real kernel. */

const why = await whyNoNamespaces();
if (why !== null)
  console.warn(`SKIPPED: no guest was plugged into a VLAN, namespaces cannot be made: ${why}`);
const probe = ['ip', 'link', 'add', 'probe', 'type', 'bridge', 'vlan_filtering', '1'];
const filters = (await run(['unshare', '--user', '--map-root-user', '--net', ...probe])).ok;
if (!filters) console.warn('SKIPPED: no packet was sent in a VLAN, this kernel has no VLAN filtering');

const kernel = inside();
let bundle = '';
beforeAll(async () => {
  if (why === null) bundle = await kernel.bundle(path.join(import.meta.dirname, 'testing/kernel-ports.ts'));
});
afterAll(() => kernel.close());

const play = async (scene: string): Promise<unknown> =>
  JSON.parse(await kernel.run([process.execPath, bundle, scene, kernel.folder()], ''));

describe.skipIf(why !== null || !filters)('on a kernel that tells VLANs apart', () => {
  test('access, trunk, native tagged and untagged; a portgroup moves and nobody else notices', async () => {
    expect(await play('vlans')).toMatchObject({
      nowhere: 'Network lan has no portgroup c; it has a, b, trunk, untagged, tagged.',
      'access to access of one VLAN': true,
      'access to another VLAN': false,
      'access to trunk, tagged': true,
      'trunk to access in its other VLAN': true,
      'native untagged to access': true,
      'native tagged to access, answer': false,
      'native tagged to access, question': true,
      'access to host': false,
      'no portgroup to host': true,
      'lost beside a move': 0,
      titles: ['Set 2 ports of lan: VLAN 20'],
      'moved to its new VLAN': true,
      'moved from its old VLAN': false,
      'host in the VLAN of the network': true,
      drift: ['Set port stray0: VLAN 20'],
      off: ['Tell VLANs no longer apart on virbr1'],
      'all together': true,
    });
  });

  test("on a bridge of the host only the network's own ports are set", async () => {
    expect(await play('hostBridge')).toEqual({
      'same VLAN': true,
      'other VLAN': false,
      'untagged to host': true,
      left: [{ from: 1, to: 1, pvid: true, untagged: true }],
      plugged: true,
      'after plugging over': true,
    });
  });
});
