import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hasPrograms } from '../testing/available';
import { inside, whyNoNamespaces } from '../testing/kernel';
import type { Rates, RatesSetting } from '../testing/kernel-rates';
import { patience } from '../testing/patience';
import { desired, network } from '../testing/sample-network';

/* What limits let through, with a policer where the kernel has one, otherwise through an ifb device. */

const why = (await whyNoNamespaces()) ?? ((await hasPrograms('iperf3')) ? null : 'iperf3 is not installed');
if (why !== null) console.warn(`SKIPPED: no rate was measured: ${why}`);

const Measured: z.ZodType<Rates> = z.record(z.string(), z.number());
/** Kilobytes per second: 4 and 8 Mbit/s, which any machine can send. */
const [ALL, EACH] = [500, 1000];

describe.skipIf(why !== null)('limited guests', () => {
  const place = inside();
  let rates: Rates = {};
  let bundle = '';
  const measure = async (setting: RatesSetting): Promise<Rates> =>
    Measured.parse(JSON.parse(await place.run(['node', bundle], JSON.stringify(setting), 110_000)));
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-rates.ts'));
    const setting: RatesSetting = {
      ...{ runDir: place.folder(), bridge: 'virbr5', net: '192.168.5', seconds: 4 },
      desired: desired(
        network(5, {
          bridge: { name: 'virbr5', stp: false },
          bandwidth: { inbound: { average: ALL }, outbound: { average: ALL, burst: 64 } },
          portgroups: [
            {
              ...{ name: 'all', default: true },
              bandwidth: { inbound: { average: EACH }, outbound: { average: EACH, burst: 128 } },
            },
          ],
        }),
      ),
      streams: [
        { name: 'TCP into the network', from: 'host', to: 'a' },
        { name: 'UDP out of the network', from: 'a', to: 'host', udp: 16_000_000 },
        { name: 'TCP between guests', from: 'a', to: 'b' },
        { name: 'UDP between guests', from: 'b', to: 'a', udp: 16_000_000 },
      ],
    };
    rates = await measure(setting);
  }, 120_000 * patience);
  afterAll(() => place.close());

  test('are as fast as their network is, and as their port is among themselves', () => {
    const share = Object.entries(rates).map(([name, rate]) => {
      const limit = (name.includes('between') ? EACH : ALL) * 1000;
      return [
        name,
        Math.abs(rate / limit - 1) < 0.1 ? 'as limited' : `${((rate / limit) * 100).toFixed(0)} %`,
      ];
    });
    expect(Object.fromEntries(share)).toEqual({
      'TCP into the network': 'as limited',
      'UDP out of the network': 'as limited',
      'TCP between guests': 'as limited',
      'UDP between guests': 'as limited',
    });
  });

  /** Kilobytes per second. */
  const [WHOLE, FLOOR, OWN] = [1000, 600, 250];
  test(
    'are kept to limits of their own, and get what they are guaranteed beside a greedy neighbour',
    async () => {
      const found = await measure({
        ...{ runDir: place.folder(), bridge: 'virbr6', net: '192.168.6', seconds: 4 },
        desired: desired(
          network(6, {
            bridge: { name: 'virbr6', stp: false },
            bandwidth: { inbound: { average: WHOLE } },
            portgroups: [{ name: 'all', default: true, bandwidth: { outbound: { average: EACH } } }],
          }),
        ),
        own: { a: { inbound: { floor: FLOOR }, outbound: { average: OWN, burst: 64 } } },
        streams: [
          { name: 'own limit', from: 'a', to: 'b', udp: 16_000_000 },
          { name: 'guaranteed', from: 'host', to: 'a', greedy: { to: 'b', udp: 16_000_000 } },
          { name: 'not guaranteed', from: 'host', to: 'b', greedy: { to: 'a', udp: 16_000_000 } },
        ],
      });
      const near = (name: string, rate: number) => Math.abs((found[name] ?? 0) / (rate * 1000) - 1);
      expect(near('own limit', OWN), `own limit: ${found['own limit']}`).toBeLessThan(0.1);
      expect((found.guaranteed ?? 0) / (FLOOR * 1000), `guaranteed: ${found.guaranteed}`).toBeGreaterThan(
        0.9,
      );
      expect(near('not guaranteed', WHOLE - FLOOR), `rest: ${found['not guaranteed']}`).toBeLessThan(0.1);
    },
    120_000 * patience,
  );
});
