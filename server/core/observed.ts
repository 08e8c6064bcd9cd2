import { z } from 'zod';
import { HostId } from './ids';

/*
 * The facts of one host as its agent read them. Every section is a fact of its own: known, with the command it came
 * from, or unknown, with the reason. Unknown is never the same as empty. Items are keyed, so that a change of one
 * thousandth of a section travels as one item (see `diffObserved`, `patchObserved`). Readers are loose about extra
 * keys of the tools; what is kept is listed here.
 */

const nullable = <T extends z.ZodType>(t: T) => t.nullable();

export const LinkAddress = z.object({
  family: z.union([z.literal(4), z.literal(6)]),
  address: z.string(),
  prefix: z.int(),
  scope: z.string(),
  /** By DHCP or router advertisement. */
  dynamic: z.boolean(),
});
export type LinkAddress = z.infer<typeof LinkAddress>;

/** Key: name. From `ip -j -d addr show`. */
export const Link = z.object({
  index: z.int(),
  name: z.string(),
  /**
   * rtnl kind (`bridge`, `veth`, `tun`, `vlan`, `bond`, `macvtap`, `macvlan`, `vxlan`, `gre`, `gretap`, `geneve`,
   * `ifb`, `dummy`, `openvswitch`, …), `loopback`, or `device` for a NIC of the machine.
   */
  kind: z.string(),
  mac: nullable(z.string()),
  /** Bytes. */
  mtu: z.int(),
  /** Administratively up (IFF_UP). */
  up: z.boolean(),
  /** IFF_LOWER_UP. */
  carrier: z.boolean(),
  operState: z.string(),
  master: nullable(z.string()),
  /** What it stands on: a VLAN's device, a macvtap's device, the other end of a veth. */
  lower: nullable(
    z.object({ name: nullable(z.string()), index: nullable(z.int()), netnsId: nullable(z.int()) }),
  ),
  alias: nullable(z.string()),
  addresses: z.array(LinkAddress),
  bridge: nullable(
    z.object({
      stp: z.boolean(),
      vlanFiltering: z.boolean(),
      defaultPvid: nullable(z.int()),
      forwardDelay: nullable(z.int()),
    }),
  ),
  /** IEEE 802.1Q or 802.1ad id and protocol of a VLAN device. */
  vlan: nullable(z.object({ id: z.int(), protocol: z.string() })),
  bond: nullable(z.object({ mode: z.string(), activeMember: nullable(z.string()) })),
  macvlanMode: nullable(z.string()),
  tunnel: nullable(
    z.object({
      local: nullable(z.string()),
      remote: nullable(z.string()),
      id: nullable(z.int()),
      port: nullable(z.int()),
    }),
  ),
  tap: nullable(
    z.object({
      mode: z.enum(['tap', 'tun']),
      persist: z.boolean(),
      multiQueue: z.boolean(),
      vnetHdr: z.boolean(),
      user: nullable(z.string()),
    }),
  ),
});
export type Link = z.infer<typeof Link>;

/** Key: `${family} ${table} ${destination} ${metric} ${device} ${gateway}`. From `ip -j route show table all`, both families. */
export const Route = z.object({
  family: z.union([z.literal(4), z.literal(6)]),
  table: z.string(),
  /** unicast, local, broadcast, unreachable, blackhole, prohibit … */
  type: z.string(),
  /** `default` or a prefix in CIDR notation. */
  destination: z.string(),
  gateway: nullable(z.string()),
  device: nullable(z.string()),
  metric: nullable(z.int()),
  protocol: nullable(z.string()),
  scope: nullable(z.string()),
  source: nullable(z.string()),
  flags: z.array(z.string()),
});
export type Route = z.infer<typeof Route>;

/** Key: `${family} ${priority} ${n}` with n counting equal priorities. From `ip -j rule`. */
export const Rule = z.object({
  family: z.union([z.literal(4), z.literal(6)]),
  priority: z.int(),
  selector: z.string(),
  action: z.string(),
});
export type Rule = z.infer<typeof Rule>;

/** Key: `${device} ${address}`. From `ip -j neigh`. */
export const Neighbour = z.object({
  address: z.string(),
  device: z.string(),
  mac: nullable(z.string()),
  state: z.array(z.string()),
});
export type Neighbour = z.infer<typeof Neighbour>;

/** Key: port name. From `bridge -j -d link`. */
export const BridgePort = z.object({
  port: z.string(),
  bridge: z.string(),
  /** disabled, listening, learning, forwarding, blocking. */
  state: z.string(),
  cost: nullable(z.int()),
  priority: nullable(z.int()),
  isolated: z.boolean(),
  learning: z.boolean(),
  flood: z.boolean(),
  locked: z.boolean(),
  hairpin: z.boolean(),
});
export type BridgePort = z.infer<typeof BridgePort>;

/** Key: port or bridge name. From `bridge -j vlan show`. */
export const PortVlans = z.object({
  port: z.string(),
  vlans: z.array(z.object({ from: z.int(), to: z.int(), pvid: z.boolean(), untagged: z.boolean() })),
});
export type PortVlans = z.infer<typeof PortVlans>;

/** Key: `${port} ${mac} ${vlan}`. From `bridge -j fdb show`. */
export const FdbEntry = z.object({
  mac: z.string(),
  port: z.string(),
  bridge: nullable(z.string()),
  vlan: nullable(z.int()),
  state: nullable(z.string()),
  flags: z.array(z.string()),
  /** Where a tunnel sends it (VXLAN). */
  remote: z.string().optional(),
});
export type FdbEntry = z.infer<typeof FdbEntry>;

/** Key: `${device} ${handle} ${parent}`. From `tc -j qdisc show`. */
export const Qdisc = z.object({
  device: z.string(),
  kind: z.string(),
  handle: z.string(),
  parent: z.string(),
  options: z.record(z.string(), z.unknown()),
});
export type Qdisc = z.infer<typeof Qdisc>;

export const NftRule = z.object({
  handle: z.int(),
  comment: nullable(z.string()),
  expression: z.array(z.unknown()),
});
export const NftChain = z.object({
  name: z.string(),
  /** Base chains only. */
  hook: nullable(z.string()),
  type: nullable(z.string()),
  priority: nullable(z.int()),
  policy: nullable(z.string()),
  rules: z.array(NftRule),
});
/** Key: `${family} ${name}`. From `nft -j list ruleset`. */
export const NftTable = z.object({ family: z.string(), name: z.string(), chains: z.array(NftChain) });
export type NftTable = z.infer<typeof NftTable>;

/** Key: interface name. From one pass over `/proc/*\/fdinfo` (`iff:`). */
export const TapHolder = z.object({
  device: z.string(),
  processes: z.array(z.object({ pid: z.int(), command: z.string() })),
});
export type TapHolder = z.infer<typeof TapHolder>;

/** Key: name. A named network namespace (`/run/netns`) with what is inside it. */
export const Namespace = z.object({
  name: z.string(),
  /** The id by which links of this host name it (`link-netnsid`). */
  nsid: nullable(z.int()),
  links: z.record(z.string(), Link),
  routes: z.array(Route),
  /** Why its inside could not be read; then `links` and `routes` are unknown, not empty. */
  unreadable: z.string().optional(),
});
export type Namespace = z.infer<typeof Namespace>;

/** Key: network name. One dnsmasq of ours, from our run folder and `/proc`. */
export const DnsmasqService = z.object({
  network: z.string(),
  /** Null when it does not run. */
  pid: nullable(z.int()),
  /** Text of the files it reads; null where there is none. */
  conf: nullable(z.string()),
  hostsFile: nullable(z.string()),
  /** True when the running process was started from exactly this `conf`. */
  current: z.boolean(),
});
export type DnsmasqService = z.infer<typeof DnsmasqService>;

/** Key: `${network} ${address}`. From dnsmasq lease files, ours and libvirt's. */
export const Lease = z.object({
  network: z.string(),
  mac: nullable(z.string()),
  address: z.string(),
  hostname: nullable(z.string()),
  /** Seconds since 1970; 0 never ends. */ expires: z.int(),
});
export type Lease = z.infer<typeof Lease>;

/** Key: dotted name (`net.ipv4.ip_forward`). From `/proc/sys`. */
export const Sysctl = z.object({ value: z.string() });
export type Sysctl = z.infer<typeof Sysctl>;

/** Key: interface name. From `ethtool -k`, for bridges of ours only. */
export const Offload = z.object({ txChecksum: z.boolean() });
export type Offload = z.infer<typeof Offload>;

/** Key: bridge name. From `ovs-vsctl -f json list Bridge / Port / Interface`. */
export const OvsBridge = z.object({
  name: z.string(),
  datapath: z.string(),
  failMode: nullable(z.string()),
  ports: z.array(
    z.object({
      name: z.string(),
      tag: nullable(z.int()),
      trunks: z.array(z.int()),
      vlanMode: nullable(z.string()),
      interfaces: z.array(
        z.object({
          name: z.string(),
          type: z.string(),
          ofport: nullable(z.int()),
          error: nullable(z.string()),
          mac: nullable(z.string()),
          linkState: nullable(z.string()),
          options: z.record(z.string(), z.string()),
        }),
      ),
    }),
  ),
});
export type OvsBridge = z.infer<typeof OvsBridge>;

/** Key: name. From `virsh net-list` and `net-dumpxml`. */
export const LibvirtNetwork = z.object({
  name: z.string(),
  active: z.boolean(),
  autostart: z.boolean(),
  bridge: nullable(z.string()),
  forward: z.string(),
  xml: z.string(),
});
export type LibvirtNetwork = z.infer<typeof LibvirtNetwork>;

/** Key: name. From `virsh list --all` and `dumpxml`. */
export const Domain = z.object({
  name: z.string(),
  uuid: z.string(),
  state: z.string(),
  nics: z.array(
    z.object({
      type: z.string(),
      mac: nullable(z.string()),
      target: nullable(z.string()),
      source: nullable(z.string()),
      model: nullable(z.string()),
    }),
  ),
});
export type Domain = z.infer<typeof Domain>;

/** What the agent is, where it keeps its files, and what it may do. Paths take part in plans (generated files, pid files). */
export const AgentFacts = z.object({
  host: HostId,
  hostname: z.string(),
  kernel: z.string(),
  version: z.string(),
  /** Names this life of the network stack: the kernel's boot id and the network namespace's inode. */
  incarnation: z.string(),
  /** Absolute; generated files live in `<runDir>/dnsmasq`. */
  runDir: z.string(),
  /** May it change this host? If not, `why` is a sentence. */
  writable: z.discriminatedUnion('yes', [
    z.object({ yes: z.literal(true) }),
    z.object({ yes: z.literal(false), why: z.string() }),
  ]),
  /** In a user namespace with a single id: dnsmasq must keep the user it was started as. */
  singleUser: z.boolean(),
  /** `lab` agents offer namespace guests; the `machine` agent owns the labs. */
  role: z.enum(['machine', 'lab']),
});
export type AgentFacts = z.infer<typeof AgentFacts>;

const fact = <T extends z.ZodType>(item: T) =>
  z.discriminatedUnion('known', [
    z.object({ known: z.literal(true), command: z.string(), value: z.record(z.string(), item) }),
    z.object({ known: z.literal(false), command: z.string(), why: z.string() }),
  ]);

/** What an item of each section is, in the order people read them. Adding one: here, below, its reader in `agent/observe`. */
export const sectionItems = {
  links: Link,
  routes: Route,
  rules: Rule,
  neighbours: Neighbour,
  bridgePorts: BridgePort,
  vlans: PortVlans,
  fdb: FdbEntry,
  qdiscs: Qdisc,
  nft: NftTable,
  tapHolders: TapHolder,
  namespaces: Namespace,
  dnsmasq: DnsmasqService,
  leases: Lease,
  sysctls: Sysctl,
  offloads: Offload,
  ovsBridges: OvsBridge,
  libvirtNetworks: LibvirtNetwork,
  domains: Domain,
} as const;

export const sections = {
  links: fact(Link),
  routes: fact(Route),
  rules: fact(Rule),
  neighbours: fact(Neighbour),
  bridgePorts: fact(BridgePort),
  vlans: fact(PortVlans),
  fdb: fact(FdbEntry),
  qdiscs: fact(Qdisc),
  nft: fact(NftTable),
  tapHolders: fact(TapHolder),
  namespaces: fact(Namespace),
  dnsmasq: fact(DnsmasqService),
  leases: fact(Lease),
  sysctls: fact(Sysctl),
  offloads: fact(Offload),
  ovsBridges: fact(OvsBridge),
  libvirtNetworks: fact(LibvirtNetwork),
  domains: fact(Domain),
} as const satisfies Record<keyof typeof sectionItems, z.ZodType>;
export type Section = keyof typeof sections;
export const sectionNames = Object.keys(sections) as readonly Section[];

export const Observed = z.object({
  agent: AgentFacts,
  /** ISO 8601, when the newest section was read. */
  at: z.string(),
  ...sections,
});
export type Observed = z.infer<typeof Observed>;
export type Fact<T> =
  | { readonly known: true; readonly command: string; readonly value: Readonly<Record<string, T>> }
  | { readonly known: false; readonly command: string; readonly why: string };

/** Items of a section, or none where it is unknown: for views that draw what there is and show the gap elsewhere. */
export function items<T>(fact: Fact<T>): readonly T[] {
  return fact.known ? Object.values(fact.value) : [];
}

/** Bytes per second as sampled from `/proc/net/dev`, by interface name, seen from the host. */
export const Rates = z.record(z.string(), z.object({ rx: z.number(), tx: z.number() }));
export type Rates = z.infer<typeof Rates>;

/** What changed between two readings: whole sections when they become known or unknown, else items. */
export const ObservedPatch = z.object({
  at: z.string(),
  agent: AgentFacts.optional(),
  /** Sections that are replaced. */
  replaced: z.record(z.string(), z.unknown()),
  /** Per section: items that are new or differ, and keys that are gone. */
  changed: z.record(
    z.string(),
    z.object({ set: z.record(z.string(), z.unknown()), gone: z.array(z.string()) }),
  ),
});
export type ObservedPatch = z.infer<typeof ObservedPatch>;
