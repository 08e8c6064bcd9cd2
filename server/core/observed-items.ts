import { z } from 'zod';

/* What one item of each section of a reading is. Readers are loose about extra keys of the tools; what is kept is listed here. */
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
  /** IFF_LOWER_UP. */ carrier: z.boolean(),
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
  bond: nullable(
    z.object({
      mode: z.string(),
      activeMember: nullable(z.string()),
      /** Milliseconds. */
      miimon: nullable(z.int()).optional(),
      primary: nullable(z.string()).optional(),
      lacpRate: nullable(z.string()).optional(),
      hashPolicy: nullable(z.string()).optional(),
    }),
  ),
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
      /** Older agents say nothing of these two. */ group: nullable(z.string()).optional(),
      packetInfo: z.boolean().optional(),
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

/** Key: port name. From `ip -j -d addr show`, which says of ports what `bridge -j -d link` does. */
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
  /** As iptables-save has it, where iptables wrote parts of it that nft does not word. */
  iptables: z.string().optional(),
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
export const NftTable = z.object({
  family: z.string(),
  name: z.string(),
  chains: z.array(NftChain),
  /** Elements of named sets and maps, as nft words them; null: they come and go by themselves. Older agents leave it out. */
  sets: z.record(z.string(), z.array(z.unknown()).nullable()).optional(),
});
export type NftTable = z.infer<typeof NftTable>;

/** Key: interface name. From one pass over `/proc/*\/fdinfo` (`iff:`). */
export const TapHolder = z.object({
  device: z.string(),
  processes: z.array(
    z.object({
      pid: z.int(),
      command: z.string(),
      /** Of a QEMU, as it was told: what it is called, and the MAC address of the NIC behind this tap. */
      guest: z.string().optional(),
      mac: z.string().optional(),
    }),
  ),
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
  /** Agents before there was one say nothing of it. */
  dnsHosts: nullable(z.string()).default(null),
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
