import { z } from 'zod';
import { HostId } from './ids';
import {
  BridgePort,
  DnsmasqService,
  FdbEntry,
  Lease,
  Link,
  Namespace,
  Neighbour,
  NftTable,
  Offload,
  PortVlans,
  Qdisc,
  Route,
  Rule,
  Sysctl,
  TapHolder,
} from './observed-items';
import { Domain, LibvirtNetwork } from './observed-libvirt';
import { DeviceLimits } from './observed-limits';
import { Listener } from './observed-listeners';
import { StartedMachine } from './observed-machines';
import { OvsBridge, OvsLeftover } from './observed-ovs';

export * from './observed-items';
export * from './observed-libvirt';
export * from './observed-limits';
export * from './observed-listeners';
export * from './observed-machines';
export * from './observed-ovs';

/*
 * The facts of one host as its agent read them. Every section is a fact of its own: known, with the command it came
 * from, or unknown, with the reason. Unknown is never the same as empty. Items are keyed, so that a change of one
 * thousandth of a section travels as one item (see `diffObserved`, `patchObserved`). Readers are loose about extra
 * keys of the tools; what is kept is listed here.
 */

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
  /** Can its kernel tell VLANs apart in a bridge? Absent where nobody tried. */
  vlanFiltering: z.boolean().optional(),
  /** Can its kernel drop what comes in above a rate (act_police)? Absent where nobody tried. */
  polices: z.boolean().optional(),
  /** Has its kernel fair queues (sfq)? Absent where nobody tried. */
  fairQueues: z.boolean().optional(),
  /** Can its kernel do so for Open vSwitch, which asks it in another way (cls_matchall, cls_basic)? Absent where nobody tried. */
  ovsPolices: z.boolean().optional(),
  /** Has its kernel the datapath of Open vSwitch? Absent where nobody could ask. */
  ovsDatapath: z.boolean().optional(),
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
  limits: DeviceLimits,
  nft: NftTable,
  tapHolders: TapHolder,
  namespaces: Namespace,
  dnsmasq: DnsmasqService,
  leases: Lease,
  sysctls: Sysctl,
  offloads: Offload,
  ovsBridges: OvsBridge,
  ovsLeftovers: OvsLeftover,
  libvirtNetworks: LibvirtNetwork,
  domains: Domain,
  listeners: Listener,
  machines: StartedMachine,
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
  limits: fact(DeviceLimits).default({
    ...{ known: false, command: 'tc class show', why: 'the agent of this host is older and does not look' },
  }),
  nft: fact(NftTable),
  tapHolders: fact(TapHolder),
  namespaces: fact(Namespace),
  dnsmasq: fact(DnsmasqService),
  leases: fact(Lease),
  sysctls: fact(Sysctl),
  offloads: fact(Offload),
  ovsBridges: fact(OvsBridge),
  ovsLeftovers: fact(OvsLeftover).default({
    ...{
      known: false,
      command: 'ovs-vsctl list QoS',
      why: 'the agent of this host is older and does not look',
    },
  }),
  libvirtNetworks: fact(LibvirtNetwork),
  domains: fact(Domain),
  listeners: fact(Listener).default({
    ...{ known: false, command: 'ss -tuln', why: 'the agent of this host is older and does not look' },
  }),
  machines: fact(StartedMachine).default({
    ...{ known: false, command: 'cat guests.json', why: 'the agent of this host is older and starts none' },
  }),
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

/** What a limit lets through and what it holds up, per second; bytes and packets. */
export const QueueRate = z.object({
  bytes: z.number(),
  drops: z.number(),
  /** How often something had to wait. */
  overlimits: z.number(),
  /** Bytes that wait now, and by how many more they were than before. */
  backlog: z.number(),
  growth: z.number(),
});
export type QueueRate = z.infer<typeof QueueRate>;

/**
 * Bytes per second as sampled from `/proc/net/dev`, by interface name, seen from the host; what is received is counted
 * before a limit drops of it. `sent`, `received`: through the queues of its limits, where it has some.
 */
export const Rates = z.record(
  z.string(),
  z.object({
    rx: z.number(),
    tx: z.number(),
    sent: QueueRate.optional(),
    received: QueueRate.optional(),
  }),
);
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
