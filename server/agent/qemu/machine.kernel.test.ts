import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inside } from '@/server/core/testing/kernel';
import { patience } from '@/server/core/testing/patience';
import type { MicroSeen } from '../testing/kernel-micro';
import { checkout, whyNoMachines } from '../testing/machines';

/* Real virtual machines, in namespaces of their own. */

const { why, noKernel } = await whyNoMachines();
if (why !== null) console.warn(`SKIPPED: no virtual machine was started: ${why}`);

describe.skipIf(why !== null)('virtual machines', () => {
  const place = inside();
  let seen: MicroSeen;
  beforeAll(async () => {
    expect(noKernel).toBeNull();
    const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-micro.ts'));
    const setting = { folder: place.folder(), image: path.join(checkout, 'dist/guest'), swaps: 100 };
    seen = JSON.parse(await place.run([process.execPath, bundle], JSON.stringify(setting), 900_000));
  }, 1_200_000 * patience);
  afterAll(() => place.close());

  test('the firewall with five NICs routes between its segments: network, bridge, ethernet, sockets, multicast', () => {
    expect(seen.answers).toEqual([
      'leased',
      '10.2.0.2',
      '10.3.0.2',
      '10.4.0.1',
      '10.4.0.2',
      '10.5.0.2',
      '10.6.0.2',
    ]);
  });

  test('its NICs are in the order in which they were given', () => {
    expect(seen.macs).toEqual({
      eth0: '52:54:00:00:01:01',
      eth1: '52:54:00:00:01:02',
      eth2: '52:54:00:00:01:03',
      eth3: '52:54:00:00:01:04',
      eth4: '52:54:00:00:01:05',
    });
  });

  test('who holds which tap is seen, with the name of the guest and the MAC address behind it', () => {
    expect(seen.holders).toEqual({
      vnet1: 'firewall 52:54:00:00:01:01',
      vnet2: 'firewall 52:54:00:00:01:02',
      vnet3: 'firewall 52:54:00:00:01:03',
    });
  });

  test('a cable is pulled and plugged in: the guest notices, and asks for its address again', () => {
    expect(seen.cable).toEqual(['eth0 is unplugged', 'eth0 is at']);
  });

  test('a NIC is put in and taken out while the guest runs, a hundred times; nothing is left', () => {
    const { plugged, unplugged, swaps, left } = seen;
    expect({ plugged, unplugged, swaps, left }).toEqual({
      plugged: ['vnet9'],
      unplugged: [],
      swaps: 100,
      left: [],
    });
  });

  test('what cannot be done is said in a sentence', () => {
    expect(seen.refused).toEqual({
      'runs already': 'GUEST_RUNS: Guest firewall runs already.',
      'tap taken': 'TAP_TAKEN: Another program has tap vnet1 open.',
      'no tap': 'TAP_TAKEN: xenbr0 is not a tap, or one that was made with other settings (queues, header).',
      direct: 'TAP_NOT_OPENED: NIC direct has no name for its tap.',
      'same name': 'TAP_TAKEN: Another program has tap vnet9 open.',
      'no such NIC': "QMP_REFUSED: QEMU refuses: Device 'extra' not found",
      gone: 'GUEST_GONE: Guest firewall does not run, or its monitor does not answer.',
    });
  });

  test('when the guests have ended, their taps are gone', () => {
    expect(seen.after).toEqual([]);
  });
});
