import fc from 'fast-check';
import { Desired } from '../change';
import { checkDesired } from '../check';
import { toAddress, toNumber } from '../ip';
import { Network } from '../kinds/network';

/*
 * Random desired states that pass the checks. Few names, bridges and blocks, so that states overlap and a walk from
 * one to the next is change as often as it is coming and going.
 */

const plus = (address: string, n: number): string =>
  toAddress((toNumber(address) ?? 0n) + BigInt(n), address.includes(':') ? 6 : 4);

/** Blocks that do not overlap; each in one or two sizes. */
const BLOCKS: readonly { readonly base: string; readonly sizes: readonly number[] }[] = [
  { base: '192.168.100.0', sizes: [24, 25] },
  { base: '192.168.101.0', sizes: [24] },
  { base: '10.7.0.0', sizes: [16] },
  { base: 'fd00:7::', sizes: [64, 80] },
  { base: 'fd00:8::', sizes: [64] },
];

/** Two digits a block, so that no MAC and no name is reserved twice. */
const reservation = (base: string, block: number) => (n: number) => ({
  mac: `52:54:00:00:0${block}:${n.toString(16).padStart(2, '0')}`,
  ip: plus(base, n),
  ...(n % 2 ? { name: `guest${block}-${n}` } : {}),
});

/** What else a network may say, by name and number of the network. */
const DNS = [
  undefined,
  undefined,
  { enable: false },
  { hosts: [{ ip: '192.0.2.7', names: ['printer', 'p.lab.example'] }] },
  {
    forwardPlainNames: false,
    forwarders: [{ address: '192.0.2.53' }, { domain: 'corp.example', address: '192.0.2.54' }],
    hosts: [{ ip: '192.0.2.8', names: ['scanner'] }],
    txt: [{ name: 'note', value: 'a, b # c' }],
    srv: [{ service: 'sip', protocol: 'udp', target: 'pbx', port: 5060 }],
  },
];
const DOMAIN = [undefined, undefined, { name: 'lab.example', localOnly: true }];
const NAT = [
  undefined,
  undefined,
  { ipv6: true },
  { port: { start: 2000, end: 2999 } },
  { address: { start: '198.51.100.5', end: '198.51.100.7' }, ipv6: true },
];
const LEASE = [undefined, undefined, { expiry: 20, unit: 'minutes' }, { expiry: 0, unit: 'hours' }];

/** Ports of the host that are this network's, to the fifth address of a block: as it is, to another, and a moved range. */
const forwardsTo = (base: string, n: number) =>
  [
    { protocol: 'tcp', port: { start: 8000 + 10 * n, end: 8000 + 10 * n } },
    { protocol: 'udp', port: { start: 8000 + 10 * n, end: 8000 + 10 * n }, toPort: 53 },
    { protocol: 'tcp', port: { start: 8001 + 10 * n, end: 8003 + 10 * n }, toPort: 80 },
  ].map((forward) => ({ ...forward, to: plus(base, 5) }));

const range =
  (base: string) =>
  ([start, end]: readonly [number, number]) => ({ start: plus(base, start), end: plus(base, end) });

const RANGES: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[10, 20]],
  [[10, 99]],
  [
    [10, 20],
    [50, 60],
  ],
];

const owned = fc.tuple(
  ...BLOCKS.map(({ base, sizes }, block) =>
    fc.record({
      base: fc.constant(base),
      family: fc.constant(base.includes(':') ? 6 : 4),
      /** Which network has it; 3 is nobody. */
      owner: fc.integer({ min: 0, max: 3 }),
      address: fc.constantFrom(1, 1, 1, 110).map((n) => plus(base, n)),
      prefix: fc.constantFrom(...sizes),
      ranges: fc.constantFrom(...RANGES).map((all) => all.map(range(base))),
      hosts: fc
        .uniqueArray(fc.integer({ min: 2, max: 40 }), { maxLength: 3 })
        .map((all) => all.map(reservation(base, block))),
    }),
  ),
);

const maybe = (key: string, value: unknown) => (value === undefined ? {} : { [key]: value });

const shuffled = (...all: readonly string[]) => fc.shuffledSubarray([...all], { minLength: all.length });

function passes(desired: Desired): boolean {
  return checkDesired(desired, { observed: null, committed: { networks: [], links: [] } }).length === 0;
}

export const randomDesired: fc.Arbitrary<Desired> = fc
  .record({
    count: fc.integer({ min: 0, max: 3 }),
    names: shuffled('demo', 'shop', 'a.long_name-that.is-nearly-as.long-as-they-may.be1'),
    bridges: shuffled('virbr1', 'virbr2', 'br.3'),
    stp: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    modes: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom('none', 'nat', 'nat', 'route', 'open'))),
    devices: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(undefined, 'uplink0'))),
    more: fc.tuple(
      ...[0, 1, 2].map(() =>
        fc.record({
          dns: fc.constantFrom(...DNS),
          domain: fc.constantFrom(...DOMAIN),
          nat: fc.constantFrom(...NAT),
          lease: fc.constantFrom(...LEASE),
          forwards: fc.boolean(),
        }),
      ),
    ),
    owned,
  })
  .map(({ count, names, bridges, stp, modes, devices, more, owned: all }) => {
    const networks = Array.from({ length: count }, (_, i) => {
      const mine = all.filter((b) => b.owner === i);
      const mode = mine.length === 0 ? 'none' : modes[i];
      const { dns, domain, nat, lease, forwards } = more[i] ?? {};
      const [home] = mine;
      const served = home === undefined ? {} : { ...maybe('dns', dns), ...maybe('domain', domain) };
      const ports = forwards && home && mode !== 'none' ? forwardsTo(home.base, i) : undefined;
      const dev = mode === 'nat' || mode === 'route' ? devices[i] : undefined;
      return {
        kind: 'network',
        name: names[i],
        forward: { mode, ...maybe('dev', dev), ...(mode === 'nat' ? maybe('nat', nat) : {}) },
        ...served,
        ...maybe('portForwards', ports),
        bridge: { name: bridges[i], stp: stp[i] },
        subnets: mine.map(({ address, prefix, family, ranges, hosts }) => ({
          ...{ address, prefix },
          // Only the first of each family can serve DHCP.
          ...(mine.find((b) => b.family === family)?.address === address
            ? { dhcp: { ranges: ranges.map((r) => ({ ...r, ...maybe('lease', lease) })), hosts } }
            : {}),
        })),
      };
    });
    return Desired.parse({ networks });
  })
  // A gateway that happens to lie in a range or to be reserved.
  .filter(passes);

const FIELDS = {
  mtu: [undefined, undefined, 1400, 9000],
  isolated: [undefined, undefined, true],
  mac: [undefined, undefined, '52:54:00:0a:0b:0c'],
  vlan: [undefined, undefined, { tags: [{ id: 10 }] }],
  portgroups: [
    undefined,
    [{ name: 'red', vlan: { tags: [{ id: 20 }] } }, { name: 'plain' }],
    [
      { name: 'red', vlan: { tags: [{ id: 30 }] }, default: true },
      { name: 'all', vlan: { trunk: true, tags: [{ id: 20, nativeMode: 'untagged' }, { id: 30 }] } },
    ],
  ],
};

/**
 * The same with VLANs, MTU, isolation and a chosen MAC; networks on bridge `virbr1` are on Open vSwitch, so that a bridge
 * stays what it is. `filters`: the kernel tells VLANs apart in its own bridges.
 */
export const randomSwitched = (filters: boolean): fc.Arbitrary<Desired> =>
  fc
    .tuple(
      randomDesired,
      fc.tuple(
        ...[0, 1, 2].map(() =>
          fc.record({
            mtu: fc.constantFrom(...FIELDS.mtu),
            isolated: fc.constantFrom(...FIELDS.isolated),
            mac: fc.constantFrom(...FIELDS.mac),
            vlan: fc.constantFrom(...FIELDS.vlan),
            portgroups: fc.constantFrom(...FIELDS.portgroups),
          }),
        ),
      ),
    )
    .map(([desired, more]) => ({
      ...desired,
      networks: desired.networks.map((network, i) => {
        const ovs = network.bridge?.name === 'virbr1';
        const { mtu, isolated, mac, vlan, portgroups } = more[i] ?? {};
        return Network.parse({
          ...network,
          ...(ovs ? { footing: 'ovs' } : {}),
          ...maybe('mtu', mtu),
          ...maybe('isolated', isolated),
          // One MAC, one network.
          ...(i === 0 ? maybe('mac', mac) : {}),
          ...(ovs || filters ? { ...maybe('vlan', vlan), ...maybe('portgroups', portgroups) } : {}),
        });
      }),
    }))
    .filter(passes);
