import { z } from 'zod';
import { Desired, NOTHING } from '../change';
import { checkDesired } from '../check';
import { FOOTINGS, type Footing } from '../footing-differences';
import { Network } from '../kinds/network';

/* Every live edit, one after the other, of three networks at once: one on each footing. What docs/live-edits.md has a row for. */

/** By footing: the bridge, and what its addresses begin with. */
export const LIVE: {
  readonly [F in Footing]: { readonly bridge: string; readonly net: string; readonly n: number };
} = {
  native: { bridge: 'br61', net: '10.61.0', n: 1 },
  ovs: { bridge: 'br62', net: '10.62.0', n: 2 },
  libvirt: { bridge: 'br63', net: '10.63.0', n: 3 },
};

export const LiveSetting = z.object({
  folder: z.string(),
  footings: z.array(z.enum(FOOTINGS)),
  /** Milliseconds between pings; TCP sends as many times less than 1 Mbit/s as this is more than 10. */
  every: z.int(),
  /** The first is made before anybody talks. `still`: streams that the new rules end, which are not waited for. */
  states: z.array(z.object({ desired: Desired, still: z.array(z.string()) })),
});
export type LiveSetting = z.infer<typeof LiveSetting>;

const Stretch = z.object({
  name: z.string(),
  ...{ lost: z.int(), sent: z.int(), gap: z.number(), lives: z.boolean() },
});
export const Live = z.object({
  /** Open vSwitch in the kernel, or in a process. */
  datapath: z.enum(['system', 'netdev']),
  /** By state after the first: titles of the steps that led there; every stream; whose dnsmasq is another process now. */
  edits: z.array(
    z.object({
      steps: z.array(z.string()),
      streams: z.array(Stretch),
      restarted: z.array(z.string()),
      seconds: z.number(),
    }),
  ),
  faults: z.array(z.string()),
});
export type Live = z.infer<typeof Live>;

type Patch = Record<string, unknown>;
type Edit = {
  readonly edit: string;
  /** What becomes of the design; undefined takes a field away. */
  readonly patch: (at: { readonly on: Footing; readonly net: string; readonly n: number }) => Patch;
  /** The new rules let guests no longer talk to each other. */
  readonly parts?: boolean;
  /** The dnsmasq of Patchbay's own networks is started anew. */
  readonly dnsmasq?: boolean;
  /**
   * Footings on which the switch or the host is away for a moment. Open vSwitch: ports listen and learn, or, in a process,
   * its device goes down for another MAC address. Natively: guests send to the MAC address that was, until it is announced.
   */
  readonly away?: readonly ('native' | 'ovs')[];
  /** The bridge tells VLANs apart, which some kernels cannot. */
  readonly vlans?: boolean;
};

const subnet = (net: string, dhcp: { end?: number; lease?: object; hosts?: readonly object[] }) => ({
  ...{ address: `${net}.1`, prefix: 24 },
  dhcp: {
    ranges: [
      {
        ...{ start: `${net}.100`, end: `${net}.${dhcp.end ?? 150}` },
        ...(dhcp.lease === undefined ? {} : { lease: dhcp.lease }),
      },
    ],
    hosts: dhcp.hosts ?? [],
  },
});
const forward = (net: string, n: number, more: readonly object[] = []) => [
  { protocol: 'tcp', port: { start: 8000 + n, end: 8000 + n }, to: `${net}.11`, toPort: 5201 },
  ...more,
];
const lease = { expiry: 2, unit: 'hours' };
const reserved = (net: string, n: number) => [{ mac: `52:54:00:00:61:0${n}`, ip: `${net}.150` }];
const printer = (net: string) => [{ ip: `${net}.77`, names: ['printer'] }];
const six = (n: number) => ({ address: `fd00:6${n}::1`, prefix: 64 });
const group = (vlan?: number) => [
  { name: 'other', ...(vlan === undefined ? {} : { vlan: { tags: [{ id: vlan }] } }) },
];

export const EDITS: readonly Edit[] = [
  {
    edit: 'another DHCP range',
    dnsmasq: true,
    patch: ({ net }) => ({ subnets: [subnet(net, { end: 200 })] }),
  },
  {
    edit: 'another lease time',
    dnsmasq: true,
    patch: ({ net }) => ({ subnets: [subnet(net, { end: 200, lease })] }),
  },
  {
    edit: 'a reservation',
    patch: ({ net, n }) => ({ subnets: [subnet(net, { end: 200, lease, hosts: reserved(net, n) })] }),
  },
  { edit: 'a DNS host', patch: ({ net }) => ({ dns: { hosts: printer(net) } }) },
  {
    ...{ edit: 'a TXT record', dnsmasq: true },
    patch: ({ net }) => ({ dns: { hosts: printer(net), txt: [{ name: 'note', value: 'x' }] } }),
  },
  {
    ...{ edit: 'a DNS forwarder', dnsmasq: true },
    patch: ({ net }) => ({
      dns: {
        hosts: printer(net),
        txt: [{ name: 'note', value: 'x' }],
        forwarders: [{ address: '203.0.113.1' }],
      },
    }),
  },
  { edit: 'a domain', dnsmasq: true, patch: ({ on }) => ({ domain: { name: `${on}.example` } }) },
  {
    edit: 'a static route',
    patch: ({ net, n }) => ({ routes: [{ address: `10.7${n}.0.0`, prefix: 24, gateway: `${net}.12` }] }),
  },
  {
    ...{ edit: 'an IPv6 subnet', dnsmasq: true },
    patch: ({ net, n }) => ({ subnets: [subnet(net, { end: 200, lease, hosts: reserved(net, n) }), six(n)] }),
  },
  {
    edit: 'a port forward more',
    patch: ({ net, n }) => ({
      portForwards: forward(net, n, [
        { protocol: 'tcp', port: { start: 8100 + n, end: 8100 + n }, to: `${net}.11`, toPort: 80 },
      ]),
    }),
  },
  { edit: 'no port forwards', patch: () => ({ portForwards: undefined }) },
  {
    edit: 'NAT to other addresses',
    patch: ({ n }) => ({
      forward: { mode: 'nat', nat: { address: { start: `198.18.0.${n}`, end: `198.18.0.${n}` } } },
    }),
  },
  { edit: 'from NAT to routed', patch: () => ({ forward: { mode: 'route' } }) },
  { edit: 'from routed to open', patch: () => ({ forward: { mode: 'open' } }) },
  { edit: 'from open to NAT by one device', patch: () => ({ forward: { mode: 'nat', dev: 'uplink0' } }) },
  { edit: 'a portgroup more', patch: () => ({ portgroups: group() }) },
  { edit: 'a VLAN for another portgroup', vlans: true, patch: () => ({ portgroups: group(20) }) },
  { edit: 'another VLAN for another portgroup', vlans: true, patch: () => ({ portgroups: group(30) }) },
  { edit: 'a portgroup less', vlans: true, patch: () => ({ portgroups: undefined }) },
  { edit: 'a larger MTU', dnsmasq: true, patch: () => ({ mtu: 9000 }) },
  { edit: 'the usual MTU again', dnsmasq: true, patch: () => ({ mtu: undefined }) },
  {
    edit: 'another MAC address of the bridge',
    away: ['native', 'ovs'],
    patch: ({ n }) => ({ mac: `52:54:00:00:62:0${n}` }),
  },
  { edit: 'guests isolated', parts: true, patch: () => ({ isolated: true }) },
  { edit: 'guests no longer isolated', patch: () => ({ isolated: undefined }) },
  { edit: 'STP on', away: ['ovs'], patch: ({ n }) => ({ bridge: { name: `br6${n}`, stp: true } }) },
  { edit: 'STP off', away: ['ovs'], patch: ({ n }) => ({ bridge: { name: `br6${n}`, stp: false } }) },
];

/** What an edit does on a footing: it is made, or refused with a reason, or this kernel lacks what it takes. */
export type Fate = 'made' | 'lacking' | { readonly refused: string };
export type LiveStep = { readonly edit: Edit; readonly fates: { readonly [F in Footing]: Fate } };

/** The states that the edits lead to; what a footing refuses leaves its network as it was. */
export function liveWalk(
  kernel: { readonly vlans: boolean },
  { footings = FOOTINGS, edits = EDITS }: { footings?: readonly Footing[]; edits?: readonly Edit[] } = {},
): {
  readonly states: LiveSetting['states'];
  readonly steps: readonly LiveStep[];
} {
  const design = (on: Footing, more: Patch): Network => {
    const { bridge, net, n } = LIVE[on];
    return Network.parse({
      ...{ kind: 'network', name: on, forward: { mode: 'nat' }, ...(on === 'native' ? {} : { footing: on }) },
      ...{ bridge: { name: bridge, stp: false }, subnets: [subnet(net, {})] },
      ...(on === 'libvirt' ? {} : { portForwards: forward(net, n) }),
      ...more,
    });
  };
  const patches: { [F in Footing]: Patch } = { native: {}, ovs: {}, libvirt: {} };
  const desired = (): Desired => ({ ...NOTHING, networks: footings.map((on) => design(on, patches[on])) });
  const states = [{ desired: desired(), still: [] as string[] }];
  const steps = edits.map((edit): LiveStep => {
    const take = (on: Footing): Fate => {
      if (edit.vlans && on === 'native' && !kernel.vlans) return 'lacking';
      const next = { ...patches[on], ...edit.patch({ on, ...LIVE[on] }) };
      const [problem] = checkDesired(
        { ...NOTHING, networks: [design(on, next)] },
        { observed: null, committed: NOTHING },
      );
      if (problem !== undefined) return { refused: problem.message.replace(/^Network \S+: /, '') };
      patches[on] = next;
      return 'made';
    };
    const fates = { native: take('native'), ovs: take('ovs'), libvirt: take('libvirt') };
    states.push({
      desired: desired(),
      still: edit.parts ? FOOTINGS.flatMap((on) => [`${on} guest ping`, `${on} guest TCP`]) : [],
    });
    return { edit, fates };
  });
  return { states, steps };
}
