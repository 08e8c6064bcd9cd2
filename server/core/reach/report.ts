import { z } from 'zod';

/*
 * What a trace comes to. `patchbay trace --json` prints it: the shape is versioned, and described in docs/trace.md.
 */

/** What can be in the way. The words stay: scripts go by them. */
const TRACE_CODES = [
  'TAP_NOT_IN_BRIDGE',
  'TAP_NO_OPENER',
  'LINK_SET_DOWN',
  'UPLINK_MISSING',
  'IP_ON_BRIDGE_PORT',
  'VLAN_MISMATCH',
  'NO_PVID',
  'BRIDGE_SELF_NOT_IN_VLAN',
  'VLAN_FILTERING_OFF',
  'STP_NOT_FORWARDING',
  'PORTS_ISOLATED',
  'PORT_LOCKED',
  'LEARNING_OFF',
  'FLOOD_OFF',
  'DUPLICATE_MAC',
  'DUPLICATE_IP',
  'NWFILTER_DROP',
  'BR_NETFILTER_DROP',
  'MACVTAP_HOST_ISOLATION',
  'OVS_TAG_OR_MODE',
  'OVS_NO_FLOWS',
  'OVS_PORT_ERROR',
  'FORWARDING_OFF',
  'RP_FILTER',
  'NO_ROUTE',
  'OVERLAPPING_SUBNET',
  'TUNNEL_MTU',
  'FORWARD_POLICY_DROP',
  'FORWARD_RULE_DROP',
  'INPUT_DROP',
  'OUTPUT_DROP',
  'BRIDGE_RULE_DROP',
  'NAT_DROP',
  'NAT_MISSING_OR_STALE',
  'DHCP_SERVER_DOWN',
  'NO_ADDRESS',
  'SEPARATE_SEGMENTS',
] as const;
export const TraceCode = z.enum(TRACE_CODES);
export type TraceCode = z.infer<typeof TraceCode>;

const Leg = z.enum(['there', 'back']);
export type Leg = z.infer<typeof Leg>;

/** The command that shows a fact, and what it says of it. */
export const Evidence = z.object({ command: z.string(), output: z.string() });
export type Evidence = z.infer<typeof Evidence>;

/** How sure: by configuration, by a counter that moved, by a packet that arrived. */
const Confidence = z.enum(['config', 'counter', 'probe']);

export const Blocker = z.object({
  code: TraceCode,
  /** What it is about: an interface, a rule, a guest. */
  object: z.string(),
  sentence: z.string(),
  evidence: z.array(Evidence),
  leg: Leg,
});
export type Blocker = z.infer<typeof Blocker>;

/** As far as it is set: what a hop changes shows in the next one. */
export const Headers = z.object({
  from: z.string(),
  to: z.string(),
  vlan: z.int().nullable(),
});
export type Headers = z.infer<typeof Headers>;

export const Hop = z.object({
  n: z.int(),
  leg: Leg,
  object: z.string(),
  /** Where in the kernel: `route`, `forward`, `bridge in`, … */
  hook: z.string(),
  verdict: z.enum(['passes', 'dropped', 'rejected', 'unknown', 'delivered', 'leaves']),
  code: TraceCode.nullable(),
  confidence: Confidence,
  sentence: z.string(),
  before: Headers,
  after: Headers,
  evidence: z.array(Evidence),
});
export type Hop = z.infer<typeof Hop>;

export const Fix = z.object({ sentence: z.string(), commands: z.array(z.string()) });
export type Fix = z.infer<typeof Fix>;

export const TRACE_VERDICTS = [
  'DELIVERED',
  'EXITS_SCOPE',
  'DROPPED',
  'REJECTED',
  'FORWARD_OK_RETURN_FAILS',
  'UNKNOWN',
] as const;

export const TraceReport = z.object({
  version: z.literal(1),
  from: z.string(),
  to: z.string(),
  verdict: z.enum(TRACE_VERDICTS),
  /** In one sentence. */
  sentence: z.string(),
  /** All of them, in the order of the path. */
  blockers: z.array(Blocker),
  hops: z.array(Hop),
  /** What could not be known, and why. */
  unknowns: z.array(z.string()),
  fixes: z.array(Fix),
});
export type TraceReport = z.infer<typeof TraceReport>;
