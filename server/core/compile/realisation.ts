import type { IfName, NetworkName } from '../ids';

/** Where an agent keeps generated files, and whether its dnsmasq can change its user. Part of `AgentFacts`. */
export type Place = { readonly runDir: string; readonly singleUser: boolean };

export type AddressGoal = {
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefix: number;
};

/** Static; by way of a gateway in the network. */
export type RouteGoal = {
  readonly family: 4 | 6;
  /** `default` or a block, as `ip route` prints it. */
  readonly destination: string;
  readonly gateway: string;
  readonly metric: number;
};

export type BridgeGoal = {
  readonly name: IfName;
  readonly network: NetworkName;
  /** The mark by which we know our own: `patchbay:NETWORK`. */
  readonly alias: string;
  /** Given once, when it is made: without it a bridge takes the MAC of its lowest port and changes it as guests come and go. */
  readonly mac: string;
  /** Somebody chose the MAC: it is put right also later. */
  readonly macChosen: boolean;
  /** Bytes, of the bridge and of guests' ports; null: whatever they have. */
  readonly mtu: number | null;
  readonly stp: boolean;
  /** In 1/100 s; null: whatever the kernel has, nothing waits for it. */
  readonly forwardDelay: number | null;
  readonly addresses: readonly AddressGoal[];
  readonly routes: readonly RouteGoal[];
  /** Checksums must be filled in before a packet leaves towards guests: it carries DHCP answers. */
  readonly checksums: boolean;
  /** It was there before us: it bears no mark, and settings that nobody asked about stay. */
  readonly adopted: boolean;
};

/** One VLAN of a port. `pvid`: untagged packets that come in are in it; `untagged`: its packets go out without tag. */
export type PortVlan = { readonly vid: number; readonly pvid: boolean; readonly untagged: boolean };

/** Rates in bytes per second, bursts in bytes. */
export type Limits = {
  /** What the device sends: in the long run, at most, and how much at most; null: whatever the kernel takes. */
  readonly sent: { readonly rate: number; readonly ceil: number; readonly burst: number | null } | null;
  /** What it takes; the rest is dropped. */
  readonly received: { readonly rate: number; readonly burst: number } | null;
};

export type LimitGoal = Limits & { readonly device: IfName; readonly network: NetworkName };

/** What guests' ports of a network shall be like. */
export type PortsGoal = {
  readonly network: NetworkName;
  readonly bridge: IfName;
  /** It is the network's own bridge: taps that somebody else plugs in are guests of it too. Otherwise only marked ports are. */
  readonly own: boolean;
  /** Null: ports are not told apart by VLANs. `host` is the bridge's own side, sorted; `ports` by portgroup, '' for ports without one. */
  readonly vlans: {
    readonly host: readonly PortVlan[];
    readonly ports: ReadonlyMap<string, readonly PortVlan[]>;
  } | null;
  /** Names of its portgroups. */
  readonly groups: readonly string[];
  readonly isolated: boolean;
  /** Nothing is learnt: what is plugged in is written into the forwarding table. */
  readonly told: boolean;
  /** Bytes; null: whatever they have. */
  readonly mtu: number | null;
  /** By portgroup, '' for ports without one. */
  readonly limits: ReadonlyMap<string, Limits>;
};

/** As columns of Open vSwitch's table Port have it. */
export type OvsVlan = {
  readonly tag: number | null;
  /** Sorted; none: all, where there are trunks at all. */
  readonly trunks: readonly number[];
  readonly mode: 'access' | 'trunk' | 'native-tagged' | 'native-untagged';
};

/** A bridge of Open vSwitch; the host's side of it, its internal port, as that of a Linux bridge. */
export type OvsBridgeGoal = BridgeGoal & { readonly vlan: OvsVlan; readonly limits: Limits };

export type OvsPortGoal = {
  readonly vlan: OvsVlan;
  readonly profileId: string | null;
  readonly interfaceId: string | null;
};

/** What guests' ports of a network shall be like where its bridge is Open vSwitch's. */
export type OvsPortsGoal = {
  readonly network: NetworkName;
  readonly bridge: IfName;
  /** It is the network's own bridge. Otherwise only ports that carry our mark are its guests'. */
  readonly own: boolean;
  /** VLANs are told apart. */
  readonly tells: boolean;
  /** By portgroup, '' for ports without one. */
  readonly groups: ReadonlyMap<string, OvsPortGoal>;
  readonly isolated: boolean;
  /** Bytes; null: whatever they have. */
  readonly mtu: number | null;
  /** By portgroup, '' for ports without one. */
  readonly limits: ReadonlyMap<string, Limits>;
};

export type RuleGoal = { readonly text: string; readonly comment: string };

export type ChainGoal = {
  readonly name: string;
  readonly type: 'filter' | 'nat';
  readonly hook: 'prerouting' | 'output' | 'forward' | 'postrouting';
  readonly priority: number;
  readonly policy: 'accept';
  readonly rules: readonly RuleGoal[];
};

export type DnsmasqFiles = {
  readonly conf: string;
  readonly hosts: string;
  /** Addresses of names that DNS answers. */
  readonly dnsHosts: string;
  readonly leases: string;
  readonly pid: string;
};

export type DnsmasqGoal = {
  readonly network: NetworkName;
  readonly files: DnsmasqFiles;
  readonly conf: string;
  /** Null where no DHCP is served: no such file. */
  readonly hosts: string | null;
  /** Null where no DNS is served. */
  readonly dnsHosts: string | null;
  readonly args: readonly string[];
};

/** What must be so on the host for the desired networks to be real. */
export type Realisation = {
  readonly bridges: readonly BridgeGoal[];
  readonly ports: readonly PortsGoal[];
  /** Of the networks' own bridges. */
  readonly limits: readonly LimitGoal[];
  readonly ovs: readonly OvsBridgeGoal[];
  readonly ovsPorts: readonly OvsPortsGoal[];
  /** Empty: no table at all. */
  readonly chains: readonly ChainGoal[];
  readonly dnsmasq: readonly DnsmasqGoal[];
  /** Families that must be forwarded. */
  readonly forwarding: readonly (4 | 6)[];
};
