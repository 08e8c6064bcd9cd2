import { z } from 'zod';
import { Effect } from './effect';
import { HostId } from './ids';
import { DomainNic } from './kinds/domain-nic';
import { HostLink, HostLinkKinds } from './kinds/link';
import { Network } from './kinds/network';

/** The whole desired state of one host, as records hold it and the agent commits it. */
export const Desired = z.strictObject({
  networks: z.array(Network).readonly(),
  /** Bridges, VLAN devices and bonds of the host itself. States that were kept before there were any have none. */
  links: z.array(HostLink).readonly().default([]),
  /** NICs of libvirt domains; absent where there are none. */
  nics: z.array(DomainNic).readonly().optional(),
});
export type Desired = z.infer<typeof Desired>;
export const NOTHING: Desired = { networks: [], links: [] };

/** Everything a person can define. */
export const Thing = z.discriminatedUnion('kind', [Network, ...HostLinkKinds, DomainNic]);
export type Thing = z.infer<typeof Thing>;

/** One item of a change: what was, what shall be. An update never changes what kind of thing it is. */
export const ChangeItem = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('create'), after: Thing }),
  z.strictObject({ op: z.literal('update'), before: Thing, after: Thing }),
  z.strictObject({ op: z.literal('delete'), before: Thing }),
]);
export type ChangeItem = z.infer<typeof ChangeItem>;

/** A typed thing the agent does. `core/compile` makes them, `agent/apply` runs them; nothing else may. */
export const Action = z.discriminatedUnion('do', [
  /** A command; never a shell. `stdin` is fed to it. */
  z.strictObject({
    do: z.literal('run'),
    tool: z.enum([
      'ip',
      'bridge',
      'nft',
      'sysctl',
      'ethtool',
      'tc',
      'virsh',
      'ovs-vsctl',
      'ovsdb-client',
      'resolvectl',
    ]),
    args: z.array(z.string()).readonly(),
    stdin: z.string().optional(),
  }),
  /** Written whole and renamed into place; `path` lies below the agent's run folder. */
  z.strictObject({ do: z.literal('write'), path: z.string(), content: z.string() }),
  z.strictObject({ do: z.literal('remove'), path: z.string() }),
  /** Start (or, when it runs, stop and start) the dnsmasq of a network with these arguments and wait until it serves. */
  z.strictObject({
    do: z.literal('startDnsmasq'),
    network: z.string(),
    args: z.array(z.string()).readonly(),
  }),
  z.strictObject({ do: z.literal('stopDnsmasq'), network: z.string(), pidFile: z.string() }),
  /** SIGHUP: it reads its hosts file again, leases and guests are not touched. */
  z.strictObject({ do: z.literal('reloadDnsmasq'), network: z.string(), pidFile: z.string() }),
  /**
   * A NIC of a libvirt domain, in the guest that runs, in libvirt's record of it, or in both; waits until it is so.
   * What is so already is left alone.
   */
  z.strictObject({
    do: z.literal('nic'),
    command: z.enum(['attach', 'update', 'detach']),
    domain: z.string(),
    mac: z.string(),
    at: z.array(z.enum(['live', 'config'])).readonly(),
    xml: z.string(),
  }),
]);
export type Action = z.infer<typeof Action>;

export const Step = z.strictObject({
  /** Position in the plan, from 1. */
  n: z.int(),
  /** One line for people: "Create bridge virbr1". */
  title: z.string(),
  /** Whom it touches: `bridge virbr1`, `network demo`, `all NAT networks`. */
  touches: z.array(z.string()).readonly(),
  actions: z.array(Action).readonly(),
  /** Taken from the same snapshot, run in order when the step must be undone. */
  inverse: z.array(Action).readonly(),
});
export type Step = z.infer<typeof Step>;

export const Plan = z.strictObject({
  host: HostId,
  steps: z.array(Step).readonly(),
  /** What people should know before they apply; not an obstacle. */
  notes: z.array(z.string()).readonly(),
  /** What guests that are plugged in notice. Plans that were kept before anybody asked have none. */
  effects: z.array(Effect).readonly().default([]),
  /** sha256 (hex) over host, the committed state it starts from, and the steps: the plan that was reviewed is the plan that runs. */
  hash: z.string(),
});
export type Plan = z.infer<typeof Plan>;

/** The state that the agent keeps: last committed desired state and its number. */
export const Committed = z.strictObject({
  /** Grows by one with each commit. */
  version: z.int(),
  desired: Desired,
  changeId: z.string().nullable(),
  /** ISO 8601. */
  at: z.string(),
});
export type Committed = z.infer<typeof Committed>;

export const LeftOver = z.strictObject({
  what: z.string(),
  /** What a person can type to put it right. */ command: z.string(),
  error: z.string().nullable(),
});
export type LeftOver = z.infer<typeof LeftOver>;

/** Where the agent is with a change. Every state with its own data. Times are ISO 8601. */
export const Transaction = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('idle') }),
  z.strictObject({
    state: z.literal('applying'),
    changeId: z.string(),
    summary: z.string(),
    step: z.int(),
    steps: z.int(),
    title: z.string(),
  }),
  /** `nonce` is fresh; whoever confirms must have seen it after the change was applied. */
  z.strictObject({
    state: z.literal('awaiting'),
    changeId: z.string(),
    summary: z.string(),
    deadline: z.string(),
    seconds: z.int(),
    nonce: z.string(),
  }),
  z.strictObject({
    state: z.literal('rolling-back'),
    changeId: z.string(),
    summary: z.string(),
    why: z.string(),
  }),
  z.strictObject({
    state: z.literal('stuck'),
    changeId: z.string(),
    summary: z.string(),
    why: z.string(),
    leftOver: z.array(LeftOver).readonly(),
  }),
]);
export type Transaction = z.infer<typeof Transaction>;

/** How a change ended, kept by the agent until the records have it. */
export const Outcome = z.discriminatedUnion('result', [
  z.strictObject({ result: z.literal('committed'), changeId: z.string(), at: z.string(), version: z.int() }),
  z.strictObject({ result: z.literal('rolled-back'), changeId: z.string(), at: z.string(), why: z.string() }),
  z.strictObject({
    result: z.literal('stuck'),
    changeId: z.string(),
    at: z.string(),
    why: z.string(),
    leftOver: z.array(LeftOver).readonly(),
  }),
]);
export type Outcome = z.infer<typeof Outcome>;

/** A change as the records keep it. */
export const ChangeState = z.enum([
  'draft',
  'planned',
  'applying',
  'awaiting',
  'committed',
  'rolled-back',
  'stuck',
  'discarded',
]);
export type ChangeState = z.infer<typeof ChangeState>;
