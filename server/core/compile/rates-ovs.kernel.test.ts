import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { run } from '@/server/agent/exec';
import { hasOvs, hasPrograms } from '../testing/available';
import { inside } from '../testing/kernel';
import type { Rates, RatesSetting } from '../testing/kernel-rates';
import { patience } from '../testing/patience';
import { desired, network } from '../testing/sample-network';

/*
 * What limits on Open vSwitch let through. What guests send is limited where the kernel itself switches and
 * has a policer.
 */

const able = (await hasOvs()) && (await hasPrograms('iperf3'));
if (!able) console.warn('SKIPPED: no rate was measured on Open vSwitch: it or iperf3 is not installed');
const hasModule = (await run(['genl', 'ctrl', 'get', 'name', 'ovs_datapath'])).ok;

const Measured: z.ZodType<Rates> = z.record(z.string(), z.number());
/** Kilobytes per second: 4 and 8 Mbit/s, which any machine can send. */
const [ALL, EACH] = [500, 1000];

describe.skipIf(!able)('limited guests of Open vSwitch', () => {
  // Open vSwitch in the kernel is for the machine's own root.
  const place = inside(hasModule ? 'root' : 'anybody');
  let rates: Rates = {};
  beforeAll(async () => {
    const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-rates.ts'));
    // A burst of what is shaped, too: a busy machine lets go late what was due earlier.
    const both = (average: number, burst: number) => ({
      ...{ inbound: { average, peak: 4 * average, burst: 32 }, outbound: { average, burst } },
    });
    const setting: RatesSetting = {
      ...{ runDir: place.folder(), bridge: 'virbr5', net: '192.168.5', seconds: 4 },
      ovs: path.join(place.folder(), 'ovs'),
      desired: desired(
        network(5, {
          ...{ footing: 'ovs', bridge: { name: 'virbr5', stp: false }, bandwidth: both(ALL, 64) },
          portgroups: [{ name: 'all', default: true, bandwidth: both(EACH, 128) }],
        }),
      ),
      streams: [
        { name: 'TCP into the network', from: 'host', to: 'a' },
        { name: 'UDP between guests', from: 'b', to: 'a', udp: 16_000_000 },
        ...(hasModule
          ? [{ name: 'UDP out of the network', from: 'a' as const, to: 'host' as const, udp: 16_000_000 }]
          : []),
      ],
    };
    rates = Measured.parse(JSON.parse(await place.run(['node', bundle], JSON.stringify(setting), 110_000)));
  }, 120_000 * patience);
  afterAll(() => place.close());

  test('are as fast as their network is, and as their port is among themselves', () => {
    const shares = Object.entries(rates).map(([name, rate]) => {
      const share = rate / ((name.includes('between') ? EACH : ALL) * 1000);
      return Math.abs(share - 1) < 0.1 ? 'as limited' : `${name}: ${(share * 100).toFixed(0)} %`;
    });
    expect(shares).toEqual(shares.map(() => 'as limited'));
    expect(Object.keys(rates)).toHaveLength(hasModule ? 3 : 2);
  });
});
