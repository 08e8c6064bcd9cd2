import { FOOTINGS, type Footing } from '../footing-differences';
import { Network } from '../kinds/network';

/*
 * Every forward mode on every footing, once: what the table of docs/packets.md has a row for. `id` is in everything that a
 * row has: its addresses are 10.ID.0.0/24 and fd00:ID::/64, its devices eIDa, eIDb.
 */

export type PacketRow = {
  readonly id: number;
  readonly mode: string;
  readonly on: Footing;
  readonly network: Network;
  /** What its guests are plugged into: its own bridge, a bridge of the host, or devices of it. */
  readonly into: 'own' | 'linux' | 'ovs' | 'device';
  /** Of the host, each with a cable to the one switch of this row outside; none for own bridges. */
  readonly devices: readonly string[];
  /** The switch outside sends back where a packet came from, as VEPA wants it. */
  readonly reflects: boolean;
};

type Kind = {
  readonly mode: string;
  readonly into: PacketRow['into'];
  readonly devices?: number;
  readonly reflects?: boolean;
  readonly design: (id: number, devices: readonly string[], on: Footing) => object;
};

const own = (mode: string, forward: object, more: object = {}): Kind => ({
  mode,
  into: 'own',
  design: (id) => ({
    forward,
    bridge: { name: `br${id}`, stp: false },
    subnets: [
      {
        ...{ address: `10.${id}.0.1`, prefix: 24 },
        dhcp: { ranges: [{ start: `10.${id}.0.100`, end: `10.${id}.0.150` }], hosts: [] },
      },
      { address: `fd00:${id}::1`, prefix: 64 },
    ],
    dns: { hosts: [{ ip: `10.${id}.0.99`, names: ['printer.test'] }] },
    ...more,
  }),
});
const pool = (mode: string, of: string, more: Partial<Kind> = {}): Kind => ({
  ...{
    mode,
    into: 'device',
    design: (_, interfaces) => ({ forward: { mode: of, interfaces }, subnets: [] }),
  },
  ...more,
});

const KINDS: readonly Kind[] = [
  own('none', { mode: 'none' }),
  own('nat', { mode: 'nat' }),
  own('nat, IPv6 too', { mode: 'nat', nat: { ipv6: true } }),
  own('nat, guests isolated', { mode: 'nat' }, { isolated: true }),
  own('route', { mode: 'route' }),
  own('open', { mode: 'open' }),
  {
    ...{ mode: 'bridge: a Linux bridge of the host', into: 'linux' },
    design: (id) => ({ forward: { mode: 'bridge', bridge: `h${id}` }, subnets: [] }),
  },
  {
    ...{ mode: 'bridge: an Open vSwitch bridge of the host', into: 'ovs' },
    design: (id) => ({
      forward: { mode: 'bridge', bridge: `h${id}` },
      ...{ subnets: [], virtualPort: { type: 'openvswitch' } },
    }),
  },
  pool('bridge: devices', 'bridge'),
  pool('private', 'private'),
  pool('private, the switch outside sends back', 'private', { reflects: true }),
  pool('vepa', 'vepa'),
  pool('vepa, the switch outside sends back', 'vepa', { reflects: true }),
  pool('passthrough', 'passthrough', { devices: 2 }),
  pool('hostdev', 'hostdev', {
    design: (_, [pf]) => ({ forward: { mode: 'hostdev', managed: true, pf }, subnets: [] }),
  }),
];

export const PACKET_ROWS: readonly PacketRow[] = KINDS.flatMap(
  ({ mode, into, devices: count = 1, reflects = false, design }, k) =>
    FOOTINGS.map((on, f): PacketRow => {
      const id = 10 + k * FOOTINGS.length + f;
      const devices = into === 'own' ? [] : ['a', 'b'].slice(0, count).map((d) => `e${id}${d}`);
      const network = Network.parse({
        ...{ kind: 'network', name: `net${id}`, ...(on === 'native' ? {} : { footing: on }) },
        ...design(id, devices, on),
      });
      return { id, mode, on, network, into, devices, reflects };
    }),
);
