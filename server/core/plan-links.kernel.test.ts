import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Desired, NOTHING } from './change';
import { kernelLacks, noTapsHere } from './testing/available';
import { inside, whyNoNamespaces } from './testing/kernel';
import type { Walk, WalkReport } from './testing/kernel-walk';

/* @full-kernel: asks for features that many kernels lack. */

const why = await whyNoNamespaces();
if (why !== null)
  console.warn(`SKIPPED: no plan for links was run on a real kernel, namespaces cannot be made: ${why}`);

const lacks = async (what: string, link: string) => why !== null || (await kernelLacks(what, link));
const noTaps = noTapsHere();
const noBonds = await lacks('bonds', 'type bond');
const noVlans = await lacks('VLAN devices', 'link v0 type vlan id 5');
const noFilters = await lacks('VLAN filtering', 'type bridge vlan_filtering 1');

const Report: z.ZodType<WalkReport> = z.object({
  faults: z.array(z.string()),
  plans: z.array(z.array(z.string())),
});

const ADDRESSES = [
  { address: '203.0.113.2', prefix: 24 },
  { address: '2001:db8:113::2', prefix: 64 },
];
const ROUTES = [
  { gateway: '203.0.113.1', metric: 100 },
  { gateway: '2001:db8:113::1' },
  { to: { address: '10.0.0.0', prefix: 8 }, gateway: '203.0.113.9' },
];
const br0 = {
  kind: 'bridge',
  name: 'br0',
  uplinks: ['uplink0'],
  stp: false,
  addresses: ADDRESSES,
  routes: ROUTES,
};
const of = (...links: readonly object[]): { desired: Desired } => ({
  desired: Desired.parse({ networks: [], links }),
});

describe.skipIf(why !== null)('links of the host on a real kernel', () => {
  const place = inside();
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'testing/kernel-walk.ts'));
  });
  afterAll(() => place.close());

  let walks = 0;
  /** Walks there and back, by inverses, and from the middle; every state must be reached and left exactly. */
  async function walk(...states: Walk['states']): Promise<WalkReport> {
    const runDir = path.join(place.folder(), `links${++walks}`);
    mkdirSync(runDir);
    const words = (line: string) => line.split(' ');
    const prepare = [
      'ip link set dev lo up',
      'ip link add name uplink0 type veth peer name far0',
      'ip link add name uplink1 type veth peer name far1',
      'ip link set dev far0 up',
      'ip link set dev far1 up',
      'ip addr add 203.0.113.2/24 brd + dev uplink0',
      'ip addr add 2001:db8:113::2/64 dev uplink0 nodad',
      'ip link set dev uplink0 up',
      'ip link set dev uplink1 up',
      'ip route add default via 203.0.113.1 dev uplink0 metric 100 proto dhcp src 203.0.113.2',
      'ip route add ::/0 via 2001:db8:113::1 dev uplink0 proto static',
      'ip route add 10.0.0.0/8 via 203.0.113.9 dev uplink0',
      'ip route add 192.0.2.0/24 via 203.0.113.9 dev uplink0 table 77',
    ].map(words);
    const out = await place.run(['node', bundle], JSON.stringify({ runDir, prepare, states } satisfies Walk));
    return Report.parse(JSON.parse(out));
  }

  test('an address and its routes move from an uplink to a bridge, and back', async () => {
    const { faults, plans } = await walk(of(br0), of(br0), { desired: NOTHING });
    expect(faults).toEqual([]);
    expect(plans[0]).toEqual([
      'Create bridge br0',
      'Make uplink0 a port of br0 and move 203.0.113.2/24, 2001:db8:113::2/64 and the default route to it',
    ]);
    expect(plans[1]).toEqual([]);
  });

  test('a bridge changes while its ports stay; then another takes everything over', async () => {
    const { faults } = await walk(
      of(br0),
      of({
        ...br0,
        stp: true,
        delay: 3,
        mtu: 1400,
        mac: '52:54:00:12:34:56',
        uplinks: ['uplink0', 'uplink1'],
      }),
      of({
        ...br0,
        uplinks: ['uplink1'],
        addresses: [{ address: '203.0.113.3', prefix: 24 }],
        routes: [{ gateway: '203.0.113.1', metric: 50 }],
      }),
      of({
        ...br0,
        name: 'lan0',
        uplinks: ['uplink1'],
        addresses: [{ address: '203.0.113.3', prefix: 24 }],
        routes: undefined,
      }),
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
  });

  test('what somebody meddled with is put right', async () => {
    const { faults, plans } = await walk(of(br0), {
      ...of(br0),
      meddle: [
        ['ip', 'addr', 'add', '203.0.113.2/24', 'dev', 'uplink0'],
        ['ip', 'link', 'set', 'dev', 'br0', 'type', 'bridge', 'stp_state', '1'],
        ['ip', 'route', 'del', '10.0.0.0/8'],
      ],
    });
    expect(faults).toEqual([]);
    expect(plans[1]).toEqual([
      'Turn STP off on br0',
      'Take 203.0.113.2/24 from uplink0: it belongs to br0',
      'Give br0 the route 10.0.0.0/8 via 203.0.113.9',
    ]);
  });

  test.skipIf(noTaps)('a tap comes, is plugged in, made anew, plugged in elsewhere, and goes', async () => {
    const tap = { kind: 'tap', name: 'tap0', bridge: 'br0', vnetHdr: true, mac: '52:54:00:00:00:77' };
    const br1 = { kind: 'bridge', name: 'br1', stp: false, mac: '52:54:00:00:00:01' };
    const { faults, plans } = await walk(
      of({ ...br0, uplinks: undefined, addresses: undefined, routes: undefined }, tap),
      of({ ...br0, uplinks: undefined, addresses: undefined, routes: undefined }, br1, {
        ...{ ...tap, mtu: 1400, multiQueue: true, user: 'root' },
      }),
      of(br1, { ...tap, bridge: 'br1' }),
      of({ ...tap, bridge: undefined }),
      { desired: NOTHING },
      of(br1, { ...tap, bridge: 'br1' }),
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
    expect(plans.map((p) => p.filter((title) => title.includes('tap0')))).toEqual([
      ['Create tap tap0', 'Plug tap0 into br0'],
      ['Take away tap tap0, to make it anew', 'Create tap tap0', 'Plug tap0 into br0'],
      ['Take away tap tap0, to make it anew', 'Create tap tap0', 'Plug tap0 into br1'],
      ['Unplug tap0 from br1'],
      ['Remove tap tap0'],
      ['Create tap tap0', 'Plug tap0 into br1'],
      ['Remove tap tap0'],
    ]);
  });

  const guests = (more: object) => ({
    ...{ kind: 'network', name: 'guests', forward: { mode: 'none' }, subnets: [], ...more },
    bridge: { name: 'virbr5', stp: false },
  });
  const inNetwork = (more: object, ...taps: readonly object[]) => ({
    desired: Desired.parse({ networks: [guests(more)], links: taps }),
  });
  const guestTap = { kind: 'tap', name: 'tap5', bridge: 'virbr5' };

  test.skipIf(noTaps)('a tap becomes a port of a network as that wants its ports', async () => {
    const told = await walk(inNetwork({ isolated: true, mtu: 1400 }, guestTap));
    expect(told.faults).toEqual([]);
    const later = await walk(inNetwork({}), inNetwork({}, guestTap), inNetwork({}), { desired: NOTHING });
    expect(later.faults).toEqual([]);
  });

  test.skipIf(noTaps)(
    'a network and a tap in it come and go at once; the tap moves when its network goes',
    async () => {
      const br1 = { kind: 'bridge', name: 'br1', stp: false, mac: '52:54:00:00:00:01' };
      const { faults, plans } = await walk(
        inNetwork({ isolated: true, mtu: 1400 }, guestTap),
        of(br1, { ...guestTap, bridge: 'br1' }),
        inNetwork({}, guestTap),
        { desired: NOTHING },
      );
      expect(faults).toEqual([]);
      const [, moved = [], , removed = []] = plans;
      expect(moved[0]).toBe('Unplug tap5 from virbr5');
      expect(moved.at(-1)).toBe('Plug tap5 into br1');
      expect(removed[0]).toBe('Remove tap tap5');
      expect(removed).toContain('Remove bridge virbr5');
    },
  );

  test.skipIf(noTaps || noFilters)('a tap is in the VLANs of its network', async () => {
    const vlan = { tags: [{ id: 20 }] };
    const { faults } = await walk(inNetwork({ vlan }, guestTap));
    expect(faults).toEqual([]);
  });

  test.skipIf(noTaps || noFilters)('a tap is in VLANs of its bridge', async () => {
    const aware = { kind: 'bridge', name: 'br0', stp: false, vlanAware: { vlans: [] } };
    const tap = { kind: 'tap', name: 'tap0', bridge: 'br0' };
    const trunk = { trunk: true, tags: [{ id: 10, nativeMode: 'untagged' }, { id: 20 }] };
    const { faults } = await walk(
      of(aware, { ...tap, vlan: { tags: [{ id: 10 }] } }),
      of(aware, { ...tap, vlan: trunk }),
      of(aware, tap),
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
  });

  test.skipIf(noTaps)('many taps come in one step, move in another, and go', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `many${i}`);
    // Without one of its own, a bridge has the least of its ports' addresses.
    const one = { kind: 'bridge', name: 'br1', stp: false, mac: '52:54:00:00:01:01' };
    const two = { ...one, name: 'br2', mac: '52:54:00:00:01:02' };
    const taps = (bridge?: string) => names.map((name) => ({ kind: 'tap', name, ...(bridge && { bridge }) }));
    const { faults } = await walk(
      of(one, two, ...taps('br1')),
      of(one, two, ...taps('br2')),
      of(one, two, ...taps()),
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
  });

  const bond0 = { kind: 'bond', name: 'bond0', members: ['uplink0', 'uplink1'], mode: 'active-backup' };
  const onBond = { ...br0, uplinks: ['bond0'] };

  const vlan = {
    ...{ kind: 'vlan', name: 'bond0.7', device: 'bond0', id: 7 },
    addresses: [{ address: '198.51.100.7', prefix: 24 }],
  };

  test.skipIf(noBonds || noVlans)('a bond, a VLAN on it and a bridge come and go at once', async () => {
    const { faults } = await walk(of(bond0, vlan, onBond), { desired: NOTHING });
    expect(faults).toEqual([]);
  });

  test.skipIf(noBonds || noVlans)('a bond changes, and is made anew where it must be', async () => {
    const own = { ...bond0, addresses: ADDRESSES, routes: ROUTES };
    const lacp = { ...own, mode: '802.3ad', lacpRate: 'fast' };
    const nested = {
      ...{ kind: 'vlan', name: 'bond0.7.9', device: 'bond0.7', id: 9 },
      addresses: [{ address: '198.51.101.9', prefix: 24 }],
    };
    const { faults } = await walk(
      of({ ...own, miimon: 50, primary: 'uplink1' }, { ...vlan, id: 8 }, nested),
      of({ ...lacp, hashPolicy: 'layer3+4' }, vlan, nested),
      of({ ...lacp, hashPolicy: 'layer2', members: ['uplink1'] }),
    );
    expect(faults).toEqual([]);
  });

  test.skipIf(noFilters || noVlans)('VLANs of a bridge come, change and go', async () => {
    const vlans = [
      { from: 10, to: 12 },
      { from: 20, to: 20 },
    ];
    const aware = { ...br0, vlanAware: { vlans } };
    const { faults } = await walk(
      of(br0),
      of(aware, { ...vlan, name: 'br0.10', device: 'br0', id: 10 }),
      of({ ...aware, vlanAware: { vlans: [{ from: 12, to: 14 }] }, uplinks: ['uplink0', 'uplink1'] }),
      of(br0),
    );
    expect(faults).toEqual([]);
  });
});
