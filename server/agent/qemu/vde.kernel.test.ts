import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPrograms } from '@/server/core/testing/available';
import { inside } from '@/server/core/testing/kernel';
import { patience } from '@/server/core/testing/patience';
import type { VdeSeen } from '../testing/kernel-vde';
import { checkout, whyNoMachines } from '../testing/machines';

/* Two virtual machines at a real vde_switch. */

const { why, noKernel } = await whyNoMachines();
const lacks = why ?? ((await hasPrograms('vde_switch')) ? null : 'vde_switch is not installed (vde2)');
if (lacks !== null) console.warn(`SKIPPED: no virtual machine was plugged into VDE: ${lacks}`);

describe.skipIf(lacks !== null)('virtual machines at a VDE switch', () => {
  const place = inside();
  let seen: VdeSeen;
  beforeAll(async () => {
    expect(noKernel).toBeNull();
    const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-vde.ts'));
    const setting = { folder: place.folder(), image: path.join(checkout, 'dist/guest') };
    seen = JSON.parse(await place.run([process.execPath, bundle], JSON.stringify(setting), 300_000));
  }, 400_000 * patience);
  afterAll(() => place.close());

  test('reach each other in one VLAN of it, not from one to another', () => {
    expect(seen.answers).toEqual([true, false, true]);
    expect(seen.vlans).toEqual([5, 5]);
  });

  test('what cannot be done is said in a sentence', () => {
    expect(seen.refused).toEqual({
      hotplug: 'NOT_SUPPORTED: NIC more can get its VLAN of VDE only when its guest starts.',
      'no management':
        'NO_VDE_MANAGEMENT: NIC more has a VLAN, which a VDE switch is told at its management socket: name it.',
      'no switch': expect.stringMatching(/^VDE_GONE: The VDE switch does not answer at \S+: .*ENOENT/),
      'no such command': 'VDE_REFUSED: The VDE switch refuses dance: Function not implemented',
      'not there': 'NO_VDE_PORT: Process PID has 1 ports of the VDE switch, not 2.',
    });
  });
});
