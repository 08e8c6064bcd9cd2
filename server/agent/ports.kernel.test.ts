import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inside, whyNoNamespaces } from '@/server/core/testing/kernel';

/* Guests of a lab in networks and portgroups: who reaches whom. VLANs: ports-vlans.kernel.test.ts. Real packets on a real kernel. */

const why = await whyNoNamespaces();
if (why !== null) console.warn(`SKIPPED: no guest was plugged in, namespaces cannot be made: ${why}`);
const kernel = inside();
let bundle = '';
beforeAll(async () => {
  if (why === null) bundle = await kernel.bundle(path.join(import.meta.dirname, 'testing/kernel-ports.ts'));
});
afterAll(() => kernel.close());

const play = async (scene: string): Promise<unknown> =>
  JSON.parse(await kernel.run([process.execPath, bundle, scene, kernel.folder()], ''));

describe.skipIf(why !== null)('on any kernel', () => {
  test('isolated guests reach the host and not each other, who comes later too', async () => {
    expect(await play('isolation')).toEqual({
      before: [true, true],
      isolated: [false, true],
      newcomer: [false, true],
      after: [true, true],
      noticed: [
        'What guests notice:',
        '  g1 (vnet0), g2 (vnet1) in lan',
        '    at once  Other guests of the network are out of reach; the host and what lies behind it are not.',
      ],
    });
  });

  test('an MTU changes under a running ping, and goes back', async () => {
    expect(await play('mtu')).toEqual({ before: false, lost: 0, after: true, newcomer: true, again: 1500 });
  });

  test('MAC, delay and a forwarding table that is told', async () => {
    expect(await play('bridge')).toEqual({
      titles: [
        'Give virbr1 the MAC address 52:54:00:aa:bb:cd',
        'Let ports of virbr1 wait 2 s before they forward',
      ],
      told: ['Turn STP off on virbr1'],
      'told: guest to guest': true,
      'told: guest to host': true,
      learns: [false, false],
      mac: '52:54:00:aa:bb:cd',
      'learnt: guest to guest': true,
    });
  });

  test('static routes lead by way of a guest, also after the subnet changed', async () => {
    expect(await play('routes')).toEqual({ before: false, after: true, moved: true, removed: false });
  });

  // Who reaches whom in every macvtap mode: server/core/compile/packets.kernel.test.ts.
  test('a device that is passed through is given to one guest at a time', async () => {
    expect(await play('macvtap')).toEqual({
      both: [true, true],
      third: 'All devices of network lan are taken: eth1 by g1; eth2 by g2.',
      blocked: false,
      out: true,
      next: 'vnet2',
      freed: true,
      noticed: [
        'What guests notice:',
        '  g2, g3 in lan',
        '    at once  It stays plugged in as it is, and belongs to no network.',
      ],
    });
  });
});
