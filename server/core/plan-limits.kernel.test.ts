import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { NOTHING } from './change';
import { inside, whyNoNamespaces } from './testing/kernel';
import type { Walk, WalkReport } from './testing/kernel-walk';
import { desired, network } from './testing/sample-network';

/* Limits of bridges and ports, with a policer where the kernel has one, otherwise through another device. */

const why = await whyNoNamespaces();
if (why !== null) console.warn(`SKIPPED: nothing was limited, namespaces cannot be made: ${why}`);

const Report: z.ZodType<WalkReport> = z.object({
  faults: z.array(z.string()),
  plans: z.array(z.array(z.string())),
});

const fast = { inbound: { average: 1250, peak: 2500, burst: 64 }, outbound: { average: 125, burst: 32 } };
const slow = { inbound: { average: 125 }, outbound: { average: 1250 } };

describe.skipIf(why !== null)('limits on a real kernel', () => {
  const place = inside();
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'testing/kernel-walk.ts'));
  });
  afterAll(() => place.close());

  let walks = 0;
  async function walk(...states: Walk['states']): Promise<WalkReport> {
    const runDir = path.join(place.folder(), `limits${++walks}`);
    mkdirSync(runDir);
    const prepare = [['ip', 'link', 'set', 'dev', 'lo', 'up']];
    const out = await place.run(['node', bundle], JSON.stringify({ runDir, prepare, states } satisfies Walk));
    return Report.parse(JSON.parse(out));
  }

  test('limits of a network come, change, go, and go with their bridge', async () => {
    const { faults, plans } = await walk(
      { desired: desired(network(5, { bandwidth: fast })) },
      { desired: desired(network(5, { bandwidth: slow })) },
      { desired: desired(network(5, { bandwidth: { inbound: { average: 125 } } })) },
      { desired: desired(network(5)) },
      { desired: desired(network(5, { bandwidth: { outbound: { average: 9000 } } })) },
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
    expect(plans.slice(1, 4)).toEqual([
      ['Limit what is sent into virbr5 to 1 Mbit/s', 'Limit what comes from virbr5 to 10 Mbit/s'],
      ['No longer limit what comes from virbr5'],
      ['No longer limit what is sent into virbr5'],
    ]);
    expect(plans[5]).toContain('No longer limit virbr5');
  });

  test('limits of ports follow their portgroup', async () => {
    const groups = (bandwidth: object | undefined) => [{ name: 'all', default: true as const, bandwidth }];
    const { faults } = await walk(
      { desired: desired(network(5, { portgroups: groups(fast) })) },
      { desired: desired(network(5, { portgroups: groups(slow) })) },
      { desired: desired(network(5)) },
      { desired: desired(network(5, { portgroups: groups(slow) })) },
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
  });

  test('what somebody took away is put back, and what somebody else set is left or refused', async () => {
    const limited = desired(network(5, { bandwidth: fast }));
    const { faults } = await walk(
      { desired: limited },
      { desired: limited, meddle: [['tc', 'qdisc', 'del', 'dev', 'virbr5', 'root']] },
      {
        desired: limited,
        meddle: ['tc class change dev virbr5 parent 1: classid 1:1 htb rate 7kbps ceil 9kbps'.split(' ')],
      },
      { desired: desired(network(5)) },
      {
        desired: desired(network(5, { domain: { name: 'other.example' } })),
        meddle: ['tc qdisc add dev virbr5 root tbf rate 1mbit burst 10k latency 1s'.split(' ')],
      },
    );
    expect(faults).toEqual([]);
    const refused = await walk(
      { desired: desired(network(5)) },
      {
        desired: limited,
        meddle: ['tc qdisc add dev virbr5 root tbf rate 1mbit burst 10k latency 1s'.split(' ')],
      },
    );
    expect(refused.faults).toEqual([
      expect.stringContaining('somebody else has set how it queues packets (tbf)'),
    ]);
  });
});
