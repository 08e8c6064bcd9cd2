import { z } from 'zod';
import { Committed, Desired, Outcome, Plan, Transaction } from './change';
import { FixedWish } from './fixed-address';
import { GuestName, IfName, IpAddress, LabName, MacAddress, NetworkName } from './ids';
import { NicName } from './kinds/nic';
import { Bandwidth, PortgroupName } from './kinds/port';
import { CheckProgress, CheckResult, NicCheck } from './nic-check/request';
import { Observed, ObservedPatch, Rates } from './observed';
import { Check } from './openqa/facts';

/*
 * What web and command line say to an agent over its Unix socket: one JSON value a line, UTF-8. A request
 * {id, op, input} is answered by {id, ok: true, value} or {id, ok: false, error}; `watch` answers once and then
 * sends {event} lines until the socket closes. Both ends parse everything with these schemas.
 */

export const PROTOCOL_VERSION = 1;

export const LabStatus = z.object({
  name: LabName,
  socket: z.string(),
  state: z.discriminatedUnion('is', [
    z.object({ is: z.literal('running'), pid: z.int() }),
    z.object({ is: z.literal('starting') }),
    z.object({ is: z.literal('stopped'), why: z.string() }),
  ]),
});
export type LabStatus = z.infer<typeof LabStatus>;

export const PingResult = z.object({
  from: z.string(),
  to: z.string(),
  sent: z.int(),
  received: z.int(),
  /** Average round trip in milliseconds; null when nothing came back. */
  averageMs: z.number().nullable(),
  command: z.string(),
  output: z.string(),
});
export type PingResult = z.infer<typeof PingResult>;

/** The change that an agent is at, as it was begun. */
export const OpenedChange = z.object({
  changeId: z.string(),
  summary: z.string(),
  /** ISO 8601. */ at: z.string(),
  desired: Desired,
  plan: Plan,
});
export type OpenedChange = z.infer<typeof OpenedChange>;

const nothing = z.strictObject({});

const socket = {
  bridge: IfName.nullable(),
  network: NetworkName.optional(),
  portgroup: PortgroupName.optional(),
};

/** Every operation: what goes in, what comes out. A missing handler does not compile. */
export const operations = {
  /** Whom am I talking to. */
  hello: { input: nothing, output: z.object({ protocol: z.int(), agent: Observed.shape.agent }) },
  /** One whole reading, fresh. */
  observe: { input: nothing, output: Observed },
  /** Current transaction, committed state, and the newest outcomes first. */
  status: {
    input: nothing,
    output: z.object({ transaction: Transaction, committed: Committed, outcomes: z.array(Outcome) }),
  },
  /** The change under way, whole; null when there is none. */
  opened: { input: nothing, output: OpenedChange.nullable() },
  /** Events follow. */
  watch: {
    input: z.strictObject({ rates: z.boolean() }),
    output: z.object({ observed: Observed, transaction: Transaction, committed: Committed }),
  },
  /** What would run to get from the committed state to `desired`; refused with problems when it cannot be. */
  plan: {
    input: z.strictObject({ desired: Desired, /** Version the editor started from. */ baseVersion: z.int() }),
    output: Plan,
  },
  /** Runs only if a plan made now has this hash. Answers when it has begun; the rest comes as events. */
  apply: {
    input: z.strictObject({
      changeId: z.string().min(1).max(100),
      summary: z.string().max(300),
      desired: Desired,
      baseVersion: z.int(),
      planHash: z.string(),
      /** Seconds to confirm in. */ seconds: z.int().min(5).max(3600),
    }),
    output: nothing,
  },
  /** Keep it: the change waits, and `nonce` is the one it announced. */
  confirm: { input: z.strictObject({ changeId: z.string(), nonce: z.string() }), output: Committed },
  /** Take it back now. Also tries again when stuck. */
  rollback: { input: z.strictObject({ changeId: z.string() }), output: Outcome },

  /**
   * Lab agents only: guests that are namespaces with one NIC, or virtual machines (`real`) that begin with one. A NIC is
   * plugged into a network (`bridge` null), a bare bridge, or nothing (neither).
   */
  'guest.add': {
    input: z.strictObject({
      name: GuestName,
      real: z.literal(true).optional(),
      mac: MacAddress.optional(),
      /** What it has instead of a lease. */
      fixed: FixedWish.optional(),
      ...socket,
    }),
    output: z.object({ name: GuestName, port: IfName, mac: MacAddress }),
  },
  /** Of a virtual machine the NIC that is named, or the first. */
  'guest.plug': {
    input: z.strictObject({ name: GuestName, nic: NicName.optional(), ...socket }),
    output: nothing,
  },
  /** Of a virtual machine the NIC that is named, or the first. Null: as its portgroup says. */
  'guest.limit': {
    input: z.strictObject({ name: GuestName, nic: NicName.optional(), bandwidth: Bandwidth.nullable() }),
    output: nothing,
  },
  'guest.remove': { input: z.strictObject({ name: GuestName }), output: nothing },
  /** Can virtual machines be started here? If not, `why` is a sentence. */
  'guest.real': {
    input: nothing,
    output: z.discriminatedUnion('yes', [
      z.object({ yes: z.literal(true) }),
      z.object({ yes: z.literal(false), why: z.string() }),
    ]),
  },
  /** Virtual machines only, as are all below that speak of NICs. Starts one that has ended or is off. */
  'guest.start': { input: z.strictObject({ name: GuestName }), output: nothing },
  /** Switches one off, as one pulls a plug; its NICs stay its own. It stays off until it is started. */
  'guest.stop': { input: z.strictObject({ name: GuestName }), output: nothing },
  /** Puts a NIC into the guest, at once or for its next start; without a name it gets the first that is free. */
  'guest.nic.add': {
    input: z.strictObject({
      name: GuestName,
      nic: NicName.optional(),
      mac: MacAddress.optional(),
      ...socket,
    }),
    output: z.object({ nic: NicName, port: IfName, mac: MacAddress }),
  },
  /** Takes a NIC out of the guest, running or not. */
  'guest.nic.remove': { input: z.strictObject({ name: GuestName, nic: NicName }), output: nothing },
  /** Pulls the cable of a NIC, or plugs it in again; `noticed`: the guest has said that it knows. */
  'guest.nic.cable': {
    input: z.strictObject({ name: GuestName, nic: NicName, cable: z.enum(['in', 'out']) }),
    output: z.object({ noticed: z.boolean() }),
  },
  /** From a guest (or `outside`) to a guest, `outside` or an address; at most 5 packets, 5 seconds. */
  'guest.ping': {
    input: z.strictObject({ from: GuestName, to: z.union([GuestName, IpAddress]) }),
    output: PingResult,
  },
  /**
   * A question that real packets answer, within a minute; what is being done meanwhile comes as `check` events with this id.
   */
  'guest.check': { input: z.strictObject({ id: z.uuid(), check: NicCheck }), output: CheckResult },

  /**
   * Looks twice at the pool of openQA's workers on a bridge of Open vSwitch, `seconds` apart; without `bridge` on the only
   * one that has taps of openQA's numbering. Changes nothing.
   */
  'openqa.check': {
    input: z.strictObject({ bridge: IfName.optional(), seconds: z.int().min(1).max(10).default(3) }),
    output: z.object({ bridge: IfName, checks: z.array(Check).readonly() }),
  },

  /** Machine agent only. */
  'lab.list': { input: nothing, output: z.array(LabStatus) },
  'lab.create': { input: z.strictObject({ name: LabName }), output: LabStatus },
  /** Everything in it goes: guests, networks, committed state. It starts again empty. */
  'lab.reset': { input: z.strictObject({ name: LabName }), output: LabStatus },
  'lab.remove': { input: z.strictObject({ name: LabName }), output: nothing },
} as const;
export type Operation = keyof typeof operations;
export type Input<O extends Operation> = z.infer<(typeof operations)[O]['input']>;
export type Output<O extends Operation> = z.infer<(typeof operations)[O]['output']>;

export const AgentEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('observed'), patch: ObservedPatch }),
  z.object({ event: z.literal('rates'), rates: Rates }),
  z.object({ event: z.literal('transaction'), transaction: Transaction, committed: Committed }),
  z.object({ event: z.literal('outcome'), outcome: Outcome }),
  z.object({ event: z.literal('check'), progress: CheckProgress }),
  z.object({ event: z.literal('labs'), labs: z.array(LabStatus) }),
]);
export type AgentEvent = z.infer<typeof AgentEvent>;

export const Request = z.object({ id: z.int(), op: z.string(), input: z.unknown() });
export const FailureMessage = z.object({
  code: z.string(),
  message: z.string(),
  detail: z.string().optional(),
  problems: z
    .array(
      z.object({ path: z.array(z.union([z.string(), z.number()])), code: z.string(), message: z.string() }),
    )
    .optional(),
});
export const Response = z.union([
  z.object({ id: z.int(), ok: z.literal(true), value: z.unknown() }),
  z.object({ id: z.int(), ok: z.literal(false), error: FailureMessage }),
]);
