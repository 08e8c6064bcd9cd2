import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { run } from '@/server/agent/exec';
import { Desired, NOTHING } from './change';
import { hasOvs } from './testing/available';
import { inside } from './testing/kernel';
import type { Walk, WalkReport } from './testing/kernel-walk';

/*
 * Taps of the host as ports of Open vSwitch where the kernel itself switches. Most kernels lack what it takes, and in the
 * emulated machine it takes a quarter of an hour: `npm run test:kernel -- plan-links-ovs`, not `npm test`, runs it there.
 */

const lacks = [
  ...((await hasOvs()) ? [] : ['Open vSwitch']),
  ...((await run(['genl', 'ctrl', 'get', 'name', 'ovs_datapath'])).ok ? [] : ["the kernel's datapath of it"]),
  // Open vSwitch in the kernel is for the machine's own root.
  ...(process.getuid?.() === 0 ? [] : ['root']),
];
if (lacks.length > 0)
  console.warn(
    `SKIPPED: no tap was plugged into Open vSwitch in the kernel, for want of ${lacks.join(', ')}`,
  );

const Report: z.ZodType<WalkReport> = z.object({
  faults: z.array(z.string()),
  plans: z.array(z.array(z.string())),
});

type State = Walk['states'][number];
const of = (...links: readonly object[]): State => ({ desired: Desired.parse({ networks: [], links }) });

const words = (line: string) => line.split(' ');
/** What is seen of a tap that the kernel's datapath has as a port; fails otherwise. */
const PLUGGED = ['sh', '-c', 'ip -o link show master ovs-system | grep -q "tap0[:@]"'];
/** The kernel's datapath has a device of its own, which that in a process has not. */
const BRIDGE = {
  desired: NOTHING,
  meddle: ['ovs-vsctl add-br sw0', 'ip link show dev ovs-system'].map(words),
};

const tap = { kind: 'tap', name: 'tap0', bridge: 'sw0' };
const access = { ...tap, vlan: { tags: [{ id: 10 }] } };
const native = { trunk: true, tags: [{ id: 10, nativeMode: 'untagged' }, { id: 20 }] };

describe.skipIf(lacks.length > 0)('taps in Open vSwitch in the kernel', () => {
  const place = inside('root');
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'testing/kernel-walk.ts'));
  });
  afterAll(() => place.close());

  let walks = 0;
  /** Walks there and back, by inverses, and from the middle; every state must be reached and left exactly. */
  async function walk(...states: readonly State[]): Promise<WalkReport> {
    const folder = path.join(place.folder(), `walk${++walks}`);
    const [runDir, ovs] = [path.join(folder, 'run'), path.join(folder, 'ovs')];
    for (const each of [runDir, ovs]) mkdirSync(each, { recursive: true });
    const prepare = [words('ip link set dev lo up')];
    // The switch makes its sockets in /run, which is the machine's.
    const argv = ['sh', '-c', 'mount -t tmpfs run /run && exec node "$0"', bundle];
    const setting: Walk = { runDir, ovs, prepare, states: [...states] };
    return Report.parse(JSON.parse(await place.run(argv, JSON.stringify(setting), 300_000)));
  }

  test('a tap comes, changes its VLANs, is made anew, and goes', async () => {
    const { faults, plans } = await walk(
      BRIDGE,
      of(access),
      { ...of(access), meddle: [PLUGGED] },
      of({ ...tap, vlan: native, mtu: 1400 }),
      of({ ...tap, vlan: { trunk: true, tags: [{ id: 20 }, { id: 30 }] }, mtu: 1400, multiQueue: true }),
      of({ ...tap, mtu: 1400, multiQueue: true }),
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
    expect(plans).toEqual([
      [],
      ['Create tap tap0', 'Plug tap0 into sw0'],
      [],
      ['Change the MTU of tap0 to 1400', 'Put tap0 into VLANs 20, native 10'],
      ['Take away tap tap0, to make it anew', 'Create tap tap0', 'Plug tap0 into sw0'],
      ['Put tap0 into all VLANs'],
      ['Remove tap tap0'],
    ]);
  });

  test('a tap moves from a network on Open vSwitch to a Linux bridge, to a switch of the host, and back', async () => {
    const br1 = { kind: 'bridge', name: 'br1', stp: false, mac: '52:54:00:00:00:01' };
    const fabric = {
      ...{ kind: 'network', name: 'fabric', footing: 'ovs', forward: { mode: 'none' }, subnets: [] },
      ...{ bridge: { name: 'ovsbr0', stp: false }, isolated: true, mtu: 1400 },
    };
    const inFabric: State = {
      desired: Desired.parse({ networks: [fabric], links: [br1, { ...access, bridge: 'ovsbr0' }] }),
    };
    const { faults, plans } = await walk(
      BRIDGE,
      inFabric,
      { ...inFabric, meddle: [PLUGGED] },
      of(br1, { ...tap, bridge: 'br1' }),
      of(br1, access),
      inFabric,
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
    expect(plans.map((p) => p.filter((title) => title.includes('tap0')))).toEqual([
      [],
      ['Create tap tap0', 'Plug tap0 into ovsbr0'],
      [],
      ['Unplug tap0 from ovsbr0', 'Plug tap0 into br1'],
      ['Plug tap0 into sw0'],
      ['Plug tap0 into ovsbr0'],
      ['Remove tap tap0'],
    ]);
  });
});
