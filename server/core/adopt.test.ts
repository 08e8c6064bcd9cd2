import { describe, expect, test } from 'vitest';
import { adopt } from './adopt';
import { adoptable } from './adopt-candidates';
import { Desired, NOTHING } from './change';
import { nothingCommitted, planHost } from './plan';
import { observedOf } from './testing/observed';
import type { HostView } from './topology';
import { toTopology } from './topology-build';

const said = (facts: unknown, name: string, desired: Desired = NOTHING): string => {
  const made = adopt(observedOf(facts), desired, { is: 'interface', name });
  return made.ok ? 'adopted' : made.error.message;
};
const bridge = { stp: false, vlanFiltering: true, defaultPvid: 1, forwardDelay: 0 };
const bond = { mode: 'active-backup', activeMember: null, miimon: 0 };
const link = (name: string, kind: string, more: object = {}) => ({ [name]: { name, kind, ...more } });
const port = (name: string) => link(name, 'device', { master: 'br0' });
const vlans = (...all: readonly (readonly [string, ...[number, boolean][]])[]) =>
  Object.fromEntries(
    all.map(([name, ...ids]) => [
      name,
      {
        port: name,
        vlans: ids.map(([id, plain]) => ({ from: id, to: id, pvid: plain, untagged: plain })),
      },
    ]),
  );

describe('what cannot be said as a design is refused by name', () => {
  const tap = { mode: 'tap', persist: false, multiQueue: false, vnetHdr: false, user: null };
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['no such thing', {}, 'This host has no interface br0.'],
    [
      'a device',
      { links: link('br0', 'device') },
      'br0 is a device of the machine: Patchbay manages bridges, VLANs, bonds and persistent taps.',
    ],
    [
      'a tap of a program',
      {
        links: link('br0', 'tun', { tap }),
        tapHolders: { br0: { device: 'br0', processes: [{ pid: 7, command: 'qemu' }] } },
      },
      'br0 is not persistent: it goes with qemu (process 7), so there is nothing that could be kept.',
    ],
    [
      'half seconds',
      { links: link('br0', 'bridge', { bridge: { ...bridge, vlanFiltering: false, forwardDelay: 450 } }) },
      'Bridge br0 has a forward delay of 4.5 s, and a design has whole seconds: change it first.',
    ],
    [
      'another default PVID',
      { links: link('br0', 'bridge', { bridge: { ...bridge, defaultPvid: 5 } }) },
      'Bridge br0 has VLAN 5 as its default PVID, and a design has VLAN 1.',
    ],
    [
      'uplinks that differ',
      {
        links: { ...link('br0', 'bridge', { bridge }), ...port('eth0'), ...port('eth1') },
        vlans: vlans(['br0', [1, true]], ['eth0', [1, true], [10, false]], ['eth1', [1, true]]),
      },
      'The uplinks of bridge br0 carry different VLANs (eth0: 10; eth1: none), and a design has the same for all.',
    ],
    [
      'an uplink without untagged packets',
      {
        links: { ...link('br0', 'bridge', { bridge }), ...port('eth0') },
        vlans: vlans(['br0', [1, true]], ['eth0', [10, false]]),
      },
      'Uplink eth0 of bridge br0 has no VLAN for untagged packets, and a design has VLAN 1.',
    ],
    [
      'a bond that looks at nothing',
      { links: { ...link('br0', 'bond', { bond }), ...port('eth0') } },
      'Bond br0 does not look at the carrier of its members (miimon 0), and a design always does: set one first.',
    ],
    [
      'the mark of another Patchbay',
      { links: link('br0', 'bridge', { alias: 'patchbay:demo' }) },
      "br0 carries Patchbay's mark, but is none of this host's designs: some other Patchbay made it. To manage it here, take the mark away first: ip link set dev br0 alias ''",
    ],
    [
      'unknown routes',
      { links: link('br0', 'bridge'), routes: 'no ip' },
      'The routes of this host cannot be read: no ip.',
    ],
  ];
  test.each(cases)('%s', (_, facts, sentence) => {
    expect(said(facts, 'br0')).toBe(sentence);
  });

  test('a name that a design has', () => {
    const desired = Desired.parse({ networks: [], links: [{ kind: 'bridge', name: 'br0', stp: false }] });
    expect(said({ links: link('br0', 'bridge') }, 'br0', desired)).toBe(
      'Bridge br0 is managed by Patchbay already.',
    );
  });
});

describe('a tap that is a port of Open vSwitch', () => {
  const tap = { mode: 'tap', persist: true, multiQueue: false, vnetHdr: false, user: null };
  const facts = (of: object, more: object = {}) => ({
    links: {
      ...link('ovs-system', 'openvswitch'),
      ...link('ovsbr0', 'openvswitch'),
      ...link('tap0', 'tun', { tap, master: 'ovs-system' }),
    },
    ovsBridges: {
      ovsbr0: {
        ...{ name: 'ovsbr0', datapath: 'system', failMode: null, externalIds: {}, otherConfig: {} },
        ports: [{ name: 'tap0', tag: null, trunks: [], vlanMode: null, interfaces: [], ...of }],
        ...more,
      },
    },
  });
  const ids = (...all: readonly number[]) => all.map((id) => ({ id }));
  const cases: readonly (readonly [string, object, object | undefined])[] = [
    ['in every VLAN', {}, undefined],
    ['with a tag', { tag: 7 }, { tags: ids(7) }],
    ['with a tag, and told so', { tag: 7, vlanMode: 'access' }, { tags: ids(7) }],
    ['with trunks', { trunks: [10, 20] }, { trunk: true, tags: ids(10, 20) }],
    [
      'with a native VLAN that is not among the trunks',
      { tag: 5, trunks: [10], vlanMode: 'native-untagged' },
      { trunk: true, tags: [{ id: 5, nativeMode: 'untagged' }, { id: 10 }] },
    ],
    [
      'with a native VLAN that is tagged',
      { tag: 10, trunks: [10, 20], vlanMode: 'native-tagged' },
      { trunk: true, tags: [{ id: 10, nativeMode: 'tagged' }, { id: 20 }] },
    ],
  ];
  test.each(cases)('%s: it is said as it is, nothing runs, and it is drawn as ours', (_, of, vlan) => {
    const observed = observedOf(facts(of));
    const made = adopt(observed, NOTHING, { is: 'interface', name: 'tap0' });
    const own = { kind: 'tap', name: 'tap0', adopted: true, bridge: 'ovsbr0' };
    expect(made).toEqual({ ok: true, value: { ...own, ...(vlan === undefined ? {} : { vlan }) } });
    const kept = Desired.parse({ networks: [], links: made.ok ? [made.value] : [] });
    const plan = planHost({ observed, committed: nothingCommitted(''), desired: kept });
    expect(plan.ok && plan.value.steps).toEqual([]);
    const { nodes, edges } = toTopology([{ observed, rates: {}, kept, pending: [] }]);
    expect(nodes['lab:test/link/tap0']?.badges).toEqual(['Patchbay']);
    expect(Object.values(edges).map((e) => [e.from, e.to, e.kind])).toContainEqual([
      ...['lab:test/link/ovsbr0', 'lab:test/link/tap0', 'port'],
    ]);
  });

  test.each([7, null])('as openQA tags it (%s): its VLANs are left to openQA', (tag) => {
    const observed = observedOf(facts({ tag, vlanMode: 'dot1q-tunnel' }));
    const made = adopt(observed, NOTHING, { is: 'interface', name: 'tap0' });
    const own = { kind: 'tap', name: 'tap0', adopted: true, bridge: 'ovsbr0', keepVlans: true };
    expect(made).toEqual({ ok: true, value: own });
    const kept = Desired.parse({ networks: [], links: [own] });
    const plan = planHost({ observed, committed: nothingCommitted(''), desired: kept });
    expect(plan.ok && plan.value.steps).toEqual([]);
  });

  test('in a network that tells VLANs apart, which says them', () => {
    const network = {
      ...{ kind: 'network', name: 'ovsbr0', footing: 'ovs', adopted: true, forward: { mode: 'none' } },
      ...{ bridge: { name: 'ovsbr0', stp: false }, subnets: [], vlan: { tags: ids(7) } },
    };
    const desired = Desired.parse({ networks: [network], links: [] });
    const made = adopt(observedOf(facts({ tag: 7 })), desired, { is: 'interface', name: 'tap0' });
    expect(made).toEqual({ ok: true, value: { kind: 'tap', name: 'tap0', adopted: true, bridge: 'ovsbr0' } });
  });

  const refused: readonly (readonly [string, unknown, string])[] = [
    [
      'with a native VLAN beside all others',
      facts({ tag: 7, vlanMode: 'native-untagged' }),
      'Port tap0 of the Open vSwitch bridge ovsbr0 has all VLANs, native 7: a design has no words for that.',
    ],
    [
      'as one of several',
      facts({
        name: 'bond0',
        interfaces: ['tap0', 'eth0'].map((name) => ({
          ...{ name, type: 'system', ofport: 1, error: null, mac: null, linkState: null, options: {} },
        })),
      }),
      'tap0 is one of several interfaces of the Open vSwitch port bond0: a design has no words for that.',
    ],
    [
      'of a switch that cannot be asked',
      { ...facts({}), ovsBridges: 'no connection' },
      'tap0 is a port of Open vSwitch, which cannot be asked: no connection.',
    ],
  ];
  test.each(refused)('%s is refused by name', (_, given, sentence) => {
    expect(said(given, 'tap0')).toBe(sentence);
  });
});

test('leases and their routes stay beside the design, and the review says so', () => {
  const observed = observedOf({
    links: {
      ...link('br0', 'bridge', {
        addresses: [{ family: 4, address: '192.0.2.7', prefix: 24, dynamic: true }],
      }),
      ...port('eth0'),
    },
    routes: {
      a: { family: 4, destination: 'default', gateway: '192.0.2.1', device: 'br0', protocol: 'dhcp' },
    },
  });
  const made = adopt(observed, NOTHING, { is: 'interface', name: 'br0' });
  expect(made).toEqual({
    ok: true,
    value: { kind: 'bridge', name: 'br0', adopted: true, stp: false, delay: 15, uplinks: ['eth0'] },
  });
  const desired = Desired.parse({ networks: [], links: made.ok ? [made.value] : [] });
  const plan = planHost({ observed, committed: nothingCommitted(''), desired });
  expect(plan.ok && plan.value.steps).toEqual([]);
  expect(plan.ok && plan.value.notes).toEqual([
    '192.0.2.7/24 of br0 is a lease: its DHCP client goes on looking after it, and the design does not have it.',
    'This route stays without being in the design of br0: default via 192.0.2.1.',
  ]);
  expect(adoptable(observed, NOTHING)).toEqual([{ is: 'interface', name: 'br0', kind: 'bridge' }]);
  expect(adoptable(observed, desired)).toEqual([]);
});

test('it is drawn as not managed, then as ours, and forgetting it takes nothing away', () => {
  const observed = observedOf({ links: link('br0', 'bridge') });
  const made = adopt(observed, NOTHING, { is: 'interface', name: 'br0' });
  if (!made.ok) throw new Error(made.error.message);
  const before = made.value;
  const kept = Desired.parse({ networks: [], links: [before] });
  const drawn = (view: Pick<HostView, 'kept' | 'pending'>) =>
    toTopology([{ observed, rates: {}, ...view }]).nodes['lab:test/link/br0'];
  expect(drawn({ pending: [] })?.badges).toEqual(['not managed']);
  expect(drawn({ kept, pending: [] })?.badges).toEqual(['Patchbay']);
  expect(drawn({ kept, pending: [{ op: 'delete', before }] })?.pending).toBe('changed');
});
