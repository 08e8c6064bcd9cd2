import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kernelLacks } from '@/server/core/testing/available';
import { inside } from '@/server/core/testing/kernel';
import { patience } from '@/server/core/testing/patience';
import type { MacvtapSeen } from '../testing/kernel-macvtap';
import { checkout, whyNoMachines } from '../testing/machines';

/* Virtual machines with macvtaps on one device, with packets. */

const { why, noKernel } = await whyNoMachines();
if (why !== null) console.warn(`SKIPPED: no virtual machine had a macvtap: ${why}`);
const lacks = why !== null || (await kernelLacks('macvtap', 'link v0 type macvtap'));
const denied = process.getuid?.() !== 0;
if (denied && !lacks)
  console.warn('SKIPPED: no virtual machine had a macvtap: its device node belongs to root, and we are not');

describe.skipIf(lacks)('virtual machines with macvtaps', () => {
  const place = inside();
  let seen: MacvtapSeen;
  beforeAll(async () => {
    expect(noKernel).toBeNull();
    const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-macvtap.ts'));
    const setting = { folder: place.folder(), image: path.join(checkout, 'dist/guest'), denied };
    seen = JSON.parse(await place.run([process.execPath, bundle], JSON.stringify(setting), 500_000));
  }, 600_000 * patience);
  afterAll(() => place.close());

  test.skipIf(!denied)('where the device node is root’s, that is said, and nothing is left', () => {
    expect(seen.denied).toBe(
      'TAP_DENIED: Macvtap mv1 is opened through a device node that belongs to root: only guests that root starts can have one.',
    );
    expect(seen.after).toEqual([]);
  });

  describe.skipIf(denied)('of root', () => {
    test('in mode bridge they reach each other, in private and vepa only the outside; put in while they run', () => {
      expect(seen.answers).toEqual({
        bridge: { first: true, outside: true },
        private: { first: false, outside: true },
        vepa: { first: false, outside: true },
        'bridge again': { first: true, outside: true },
      });
    });

    test('in mode passthrough one has the device alone, with several queues, and lends it its address', () => {
      expect(seen.queues).toBe(2);
      expect(seen.mac).toEqual([seen.mac[0], '52:54:00:00:0c:03', seen.mac[0]]);
    });

    test('what cannot be done is said in a sentence', () => {
      expect(seen.refused).toEqual({
        missing: 'NO_SUCH_DEVICE: NIC extra stands on device eth9, which is not there.',
        'passthrough beside others':
          'DEVICE_TAKEN: NIC extra cannot have device dev0 alone (passthrough): mv0, mv1 stand on it already.',
        'a port': 'DEVICE_TAKEN: NIC extra cannot stand on device port0: it is plugged into br0.',
        'the same name': 'TAP_TAKEN: NIC extra shall be mv1, and there is a device of this name already.',
        'beside passthrough':
          'DEVICE_TAKEN: NIC extra cannot stand on device dev0: mv1 has it alone (passthrough).',
      });
    });

    test('a macvtap is gone when its guest has ended, or was killed', () => {
      expect(seen.killed).toEqual([]);
      expect(seen.after).toEqual([]);
    });
  });
});
