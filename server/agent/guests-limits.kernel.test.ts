import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inside, whyNoNamespaces } from '@/server/core/testing/kernel';
import { patience } from '@/server/core/testing/patience';

/* Limits of single guests of a lab, and what they are guaranteed: what of them is in the kernel. */

/* @once: its labs are in user namespaces, which are the same whoever starts them. */
const why = await whyNoNamespaces();
if (why !== null) console.warn(`SKIPPED: no guest was limited, namespaces cannot be made: ${why}`);
const kernel = inside();
let bundle = '';
beforeAll(async () => {
  if (why === null) bundle = await kernel.bundle(path.join(import.meta.dirname, 'testing/kernel-limits.ts'));
});
afterAll(() => kernel.close());

const play = async (scene: string): Promise<unknown> =>
  JSON.parse(await kernel.run([process.execPath, bundle, scene, kernel.folder()], '', 110_000));

describe.skipIf(why !== null)('limits of single guests', () => {
  test(
    'are instead of those of a portgroup, go with the guest, and leave nothing behind',
    async () => {
      expect(await play('own')).toEqual({
        ...{ group: [250, 125], own: [500, 375], drift: [] },
        alias: 'patchbay:port:lan:slow:in=500;out=375,,64',
        ...{
          changed: [null, 750],
          refused: expect.stringContaining('needs an average'),
        },
        ...{ plugged: [null, 750], 'drift there': [], replugged: [null, 750] },
        again: 'patchbay:port:lan:slow:out=750',
        ...{ restored: [null, 750], 'drift then': [], 'group without': [null, 750] },
        ...{ none: [null, null], traces: [], removed: [] },
      });
    },
    120_000 * patience,
  );

  test(
    'what guests are guaranteed is shared out anew with every guest, and never more than there is',
    async () => {
      const found = await play('floors');
      const others = (rate: number) => ({ 'the others': rate });
      expect(found).toMatchObject({
        without: 'Network lan has no inbound average: without one it cannot keep a guaranteed rate (floor).',
        ...{ one: 'limited', first: others(700), two: 'limited' },
        both: { shares: others(200), drift: [] },
        much: expect.stringContaining(
          'are 1001 kB/s together (g1 (vnet0), g2 (vnet1)), above its inbound average of 1000 kB/s',
        ),
        more: { limit: 'limited', shares: others(1) },
        low: expect.stringContaining('above its inbound average of 999 kB/s'),
        titles: ['Limit what is sent into virbr1 to 16 Mbit/s'],
        wide: others(1000),
        out: { shares: others(1700), drift: [] },
        gone: { shares: others(2000), drift: [] },
        traces: [],
      });
    },
    120_000 * patience,
  );
});
