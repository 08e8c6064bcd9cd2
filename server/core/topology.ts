import type { ChangeItem, Desired } from './change';
import type { PortMark } from './compile/ports';
import type { HostId } from './ids';
import { LIMIT_DIFFERS, type LimitTruth } from './limited';
import type { Observed, Rates } from './observed';

/** Bands from top to bottom. */
type Band = 'outside' | 'uplink' | 'bridge' | 'port' | 'guest';

export type NodeKind =
  | 'host'
  | 'uplink'
  | 'bond'
  | 'bridge'
  | 'vlan'
  | 'tap'
  | 'veth'
  | 'macvtap'
  | 'tunnel'
  | 'ovs-bridge'
  | 'ovs-port'
  | 'network'
  | 'guest'
  | 'namespace'
  | 'group';

/** How a pending change would alter it. */
export type Pending = 'added' | 'changed' | 'removed' | null;

/** A NIC of a virtual machine that can be plugged in elsewhere, and taken out. */
export type GuestNic = {
  readonly name: string;
  readonly mac: string;
  readonly tap: string;
  readonly cable: 'in' | 'out';
  /** What its tap is a port of, and what it was plugged in as. */
  readonly bridge: string | null;
  readonly plugged: PortMark | null;
  readonly addresses: readonly string[];
};

export type TopologyNode = {
  /** Stable and readable, used in addresses: `machine/link/virbr0`, `lab:demo/guest/web`. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly host: HostId;
  readonly band: Band;
  /** Frame it is drawn in: the host, or null for hosts themselves. */
  readonly parent: string | null;
  readonly label: string;
  /** Second line: addresses, forward mode, "37 taps, 2 down". */
  readonly detail: string;
  readonly state: 'up' | 'down' | 'unknown';
  /** Kernel ifindex or another creation order: newer is larger, so that the layout is stable. */
  readonly order: number;
  /** Bridge (or network) this port or guest hangs on first; the layout places it below. */
  readonly anchor: string | null;
  /** PVID first, then other VLANs; empty where VLANs play no part. */
  readonly vlans: readonly number[];
  readonly badges: readonly string[];
  /** With the badge "MAC conflict": who else has its MAC address, a sentence each. */
  readonly conflicts?: readonly string[];
  /** Network name, forward mode where a network is realised by it. */
  readonly network: { readonly name: string; readonly forward: string } | null;
  readonly pending: Pending;
  /** For a guest whose port says so: the network it was plugged into, and as one of which portgroup. */
  readonly plugged?: PortMark;
  /** For a virtual machine that the host's agent started: its NICs, in their order. */
  readonly nics?: readonly GuestNic[];
  /** Of a device that is limited, or should be. */
  readonly limits?: LimitTruth;
  /** Members, for a group. */
  readonly members: readonly string[];
  /** For a group: its members are drawn one by one, it is only the handle that folds them again. */
  readonly expanded?: boolean;
  /** What the search matches: name, MAC, addresses. */
  readonly search: string;
};

export type TopologyEdge = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** `forward` is layer 3: what a network sends out is routed or masqueraded through that device. */
  readonly kind: 'port' | 'nic' | 'uplink' | 'member' | 'stacked' | 'peer' | 'tunnel' | 'forward';
  readonly vlans: readonly number[];
  readonly carrier: boolean;
  /** Bit per second, both directions added; null where it is not sampled. */
  readonly rate: number | null;
  /** Bit per second that it lets through in the narrower direction; null where nobody limits it. */
  readonly limit: number | null;
  /** MTU in bytes, shown on tunnels. */
  readonly mtu: number | null;
  readonly pending: Pending;
};

export type Topology = {
  readonly nodes: Readonly<Record<string, TopologyNode>>;
  readonly edges: Readonly<Record<string, TopologyEdge>>;
};

export const EMPTY_TOPOLOGY: Topology = { nodes: {}, edges: {} };

/** What turns one topology into another: whole nodes and edges, by id. */
export type TopologyPatch = {
  readonly nodes: {
    readonly set: Readonly<Record<string, TopologyNode>>;
    readonly gone: readonly string[];
  };
  readonly edges: {
    readonly set: Readonly<Record<string, TopologyEdge>>;
    readonly gone: readonly string[];
  };
};

/** One host's facts with what is proposed for it. */
export type HostView = {
  readonly observed: Observed;
  readonly rates: Rates;
  /** Items of the change that is drafted or waits. */
  readonly pending: readonly ChangeItem[];
  /** What was committed: some of it bears no mark, because it was there before. Absent: nothing. */
  readonly kept?: Desired;
  /** A change is being applied, or waits: `pending` is what is made. */
  readonly moving?: boolean;
};

/** The badge of what could be managed here and is not. */
export const NOT_MANAGED = 'not managed';

/** The badge of what has a NIC whose MAC address another has too. */
export const MAC_CONFLICT = 'MAC conflict';

/** Badges that say that something is wrong. */
export const isTrouble = (badge: string): boolean =>
  badge === 'set down' ||
  badge === 'no carrier' ||
  badge === 'error' ||
  badge === MAC_CONFLICT ||
  badge === LIMIT_DIFFERS;
