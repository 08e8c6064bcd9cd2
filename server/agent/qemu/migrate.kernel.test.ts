import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inside } from '@/server/core/testing/kernel';
import { patience } from '@/server/core/testing/patience';
import type { MigrateSeen } from '../testing/kernel-migrate';
import { checkout, whyNoMachines } from '../testing/machines';

/* A real virtual machine moves between two QEMU processes in two network namespaces. */

const { why, noKernel } = await whyNoMachines();
if (why !== null) console.warn(`SKIPPED: no virtual machine was moved: ${why}`);

describe.skipIf(why !== null)('a virtual machine moves', () => {
  const place = inside();
  let seen: MigrateSeen;
  beforeAll(async () => {
    expect(noKernel).toBeNull();
    const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-migrate.ts'));
    const setting = { folder: place.folder(), image: path.join(checkout, 'dist/guest') };
    seen = JSON.parse(await place.run([process.execPath, bundle], JSON.stringify(setting), 500_000));
  }, 600_000 * patience);
  afterAll(() => place.close());

  test('until it has arrived, its tap there is down, in no bridge, and sees no packet', () => {
    expect(seen.waiting).toEqual(['down, in nothing, no packets']);
    expect(seen.looked).toBeGreaterThan(3);
    expect(seen.recordedBefore).toEqual(['mover net0 pbthere alive waiting']);
  });

  test('then its tap there is set up, and its bridge knows where it is', () => {
    expect(seen.arrived).toBe('up, in br0, packets');
    expect(seen.learned).toBe('pbthere');
    expect(seen.recordedAfter).toEqual(['mover net0 pbthere alive set up']);
  });

  test('its tap here is taken down and gone, and hooks ran once at each end', () => {
    expect(seen.left).toEqual([]);
    expect(seen.hooks.toSorted()).toEqual([
      'here post-up mover pbhere br0',
      'here pre-down mover pbhere br0',
      'there post-up mover pbthere br0',
    ]);
  });

  test('ping goes on', () => {
    console.info(`ping while the guest moved: ${seen.sent} sent, ${seen.sent - seen.answered} lost`);
    expect(seen.answered).toBeGreaterThan(10);
  });

  test('where its tap cannot be set up it runs all the same, as it runs nowhere else any more', () => {
    expect(seen.unplugged).toEqual(['HOOK_FAILED', 'mover net0 pbalone alive waiting', 'running', 'down']);
  });

  test('where nobody takes it, it goes on here', () => {
    expect({ refused: seen.refused, stays: seen.stays }).toEqual({ refused: 'NOT_MOVED', stays: true });
  });
});
