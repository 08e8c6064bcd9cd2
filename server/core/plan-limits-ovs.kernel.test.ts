import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { run } from '@/server/agent/exec';
import { NOTHING } from './change';
import { hasOvs } from './testing/available';
import { inside } from './testing/kernel';
import type { Walk, WalkReport } from './testing/kernel-walk';
import { desired, network } from './testing/sample-network';

/*
 * Limits on Open vSwitch. Where the kernel has its datapath and a policer, what guests send is limited too.
 */

const ovs = await hasOvs();
if (!ovs) console.warn('SKIPPED: nothing was limited on Open vSwitch, which is not installed');
const hasModule = (await run(['genl', 'ctrl', 'get', 'name', 'ovs_datapath'])).ok;

const Report: z.ZodType<WalkReport> = z.object({
  faults: z.array(z.string()),
  plans: z.array(z.array(z.string())),
});

const words = (line: string) => line.split(' ');
const fast = { inbound: { average: 1250, burst: 64 }, outbound: { average: 125, burst: 32 } };
const slow = { inbound: { average: 125 }, outbound: { average: 1250 } };
const other = { inbound: { average: 500, burst: 100 } };
const on = (changes: Parameters<typeof network>[1] = {}) =>
  desired(
    network(5, {
      ...{ footing: 'ovs', bridge: { name: 'virbr5', stp: false }, forward: { mode: 'none' }, subnets: [] },
      ...changes,
    }),
  );
const groups = (bandwidth: object | undefined) => ({
  portgroups: [{ name: 'all', default: true as const, bandwidth }],
});

/** Both tables are empty: none of their rows is left behind. */
const NO_ROWS = ['sh', '-c', 'test -z "$(ovs-vsctl --columns=_uuid list QoS -- --columns=_uuid list Queue)"'];
const THEIRS_ALONE = [
  ...['sh', '-c'],
  'test "$(ovs-vsctl --no-headings -f csv --columns=external_ids list QoS)" = "{of=somebody}"',
];
/** What is sent, as far as it shows on any kernel. */
const sent = (titles: readonly string[] | undefined) => titles?.filter((t) => !t.includes('comes from'));

describe.skipIf(!ovs)('limits on Open vSwitch', () => {
  // Open vSwitch in the kernel is for the machine's own root.
  const place = inside(hasModule ? 'root' : 'anybody');
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'testing/kernel-walk.ts'));
  });
  afterAll(() => place.close());

  let walks = 0;
  async function walk(...states: Walk['states']): Promise<WalkReport> {
    const runDir = path.join(place.folder(), `limits${++walks}`);
    mkdirSync(runDir);
    const prepare = ['mount -t tmpfs tmpfs /run', 'ip link set dev lo up'].map(words);
    const setting: Walk = { runDir, ovs: path.join(runDir, 'ovs'), prepare, states: [...states] };
    return Report.parse(JSON.parse(await place.run(['node', bundle], JSON.stringify(setting))));
  }

  test('those of a network and of ports come, change while packets flow, go, and leave no row', async () => {
    const { faults, plans } = await walk(
      { desired: on({ bandwidth: fast, ...groups(slow) }) },
      { desired: on({ bandwidth: slow, ...groups(fast) }) },
      { desired: on(groups(other)) },
      { desired: on(), meddle: [] },
      { desired: on({ bandwidth: fast }) },
      { desired: NOTHING },
      { desired: NOTHING, meddle: [NO_ROWS] },
    );
    expect(faults).toEqual([]);
    expect(sent(plans[1])).toEqual([
      'Limit what is sent into virbr5 to 1 Mbit/s',
      'Limit what is sent to port p-virbr5 to 10 Mbit/s',
    ]);
    expect(sent(plans[2])).toEqual([
      'No longer limit what is sent into virbr5',
      'Limit what is sent to port p-virbr5 to 4 Mbit/s',
    ]);
    expect(sent(plans[3])).toEqual(['No longer limit what is sent to port p-virbr5']);
  });

  test('what somebody took away or changed is put back, rows without a port go, others stay', async () => {
    const limited = on({ bandwidth: fast });
    const again = ['Limit what is sent into virbr5 to 10 Mbit/s'];
    const theirs = 'ovs-vsctl --id=@q create QoS type=linux-htb external_ids:of=somebody';
    const { faults, plans } = await walk(
      { desired: limited },
      { desired: limited, meddle: ['ovs-vsctl clear Port virbr5 qos'].map(words) },
      { desired: limited, meddle: ['tc qdisc del dev virbr5 root'].map(words) },
      { desired: limited, meddle: ['ovs-vsctl set QoS virbr5 other_config:max-rate=80000'].map(words) },
      { desired: limited, meddle: ['ovs-vsctl remove QoS virbr5 queues 0'].map(words) },
      { desired: limited, meddle: [theirs].map(words) },
      { desired: NOTHING },
      { desired: NOTHING, meddle: [THEIRS_ALONE] },
    );
    expect(faults).toEqual([]);
    expect(plans.slice(1, 6).map(sent)).toEqual([
      ['Remove what limited virbr5', ...again],
      again,
      again,
      ['Remove what limited virbr5', ...again],
      [],
    ]);
  });

  test('a port that somebody else shapes is not limited', async () => {
    const limited = on({ bandwidth: fast });
    const theirs =
      'ovs-vsctl set Port virbr5 qos=@q -- --id=@q create QoS type=linux-htb other_config:max-rate=9000000';
    expect((await walk({ desired: on() }, { desired: limited, meddle: [words(theirs)] })).faults).toEqual([
      expect.stringContaining(
        'somebody else has set how it queues packets (linux-htb), which Patchbay could not put back. `ovs-vsctl clear Port virbr5 qos` takes it away.',
      ),
    ]);
    const left = await walk({ desired: on() }, { desired: on({ isolated: true }), meddle: [words(theirs)] });
    expect(left.faults).toEqual([]);
  });
});
