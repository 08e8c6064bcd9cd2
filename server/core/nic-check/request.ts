import { z } from 'zod';
import { GuestName, IpAddress } from '../ids';
import { VlanId } from '../kinds/port';

/*
 * Checks of a guest's NIC, or of a pair: each is a question that real packets answer, bounded in time and number, which
 * leaves nothing behind.
 */

const Target = z.union([GuestName, IpAddress]);
const from = { from: GuestName };

export const NicCheck = z.discriminatedUnion(
  'check',
  [
    /** Does it answer? */
    z.strictObject({ check: z.literal('ping'), ...from, to: Target }),
    /** The largest packet that gets through whole, against the MTU on the way. */
    z.strictObject({ check: z.literal('jumbo'), ...from, to: Target }),
    /** TCP, three seconds in each direction. */
    z.strictObject({ check: z.literal('throughput'), ...from, to: GuestName }),
    /** A broadcast frame, untagged or with this tag: who hears it, and who should. */
    z.strictObject({ check: z.literal('vlan'), ...from, vid: VlanId.optional() }),
    /** Who offers an address? */
    z.strictObject({ check: z.literal('dhcp'), ...from }),
    /** Is it offered something to boot? */
    z.strictObject({ check: z.literal('pxe'), ...from }),
    /**
     * What gets through in each direction, against the limits on the way to another guest, to the outside, or (without
     * `to`) to the bridge's own end. `sure`: also where guests at work feel it.
     */
    z.strictObject({
      ...{ check: z.literal('limit'), ...from },
      to: GuestName.optional(),
      sure: z.literal(true).optional(),
    }),
    /** The cable is pulled for a moment: does the guest see it, and come back? */
    z.strictObject({ check: z.literal('link'), ...from }),
  ],
  { error: 'A check is one of ping, jumbo, throughput, limit, vlan, dhcp, pxe and link.' },
);
export type NicCheck = z.infer<typeof NicCheck>;
export type NicCheckInput = z.input<typeof NicCheck>;
export type CheckName = NicCheck['check'];

/** In the order in which they are offered. `title`: what it is called; `of`: does it take a second end? */
export const CHECKS: {
  readonly [C in CheckName]: {
    readonly title: string;
    readonly asks: string;
    /** `bridge`: a guest, or nobody: its bridge's own end. */
    readonly target: 'any' | 'guest' | 'bridge' | 'none';
  };
} = {
  ping: { title: 'Ping', asks: 'Does it answer?', target: 'any' },
  jumbo: {
    title: 'Largest packet',
    asks: 'How large may a packet be to arrive whole, against the MTU on the way?',
    target: 'any',
  },
  throughput: {
    title: 'Throughput',
    asks: 'How much goes through, each way for three seconds?',
    target: 'guest',
  },
  limit: {
    title: 'Limit',
    asks: 'Does it get and send as much as its limits say, and as much at once as its burst says?',
    target: 'bridge',
  },
  vlan: { title: 'VLAN', asks: 'Who hears its broadcasts, and who should?', target: 'none' },
  dhcp: { title: 'DHCP', asks: 'Who offers it an address?', target: 'none' },
  pxe: { title: 'PXE', asks: 'Is it offered something to boot?', target: 'none' },
  link: { title: 'Link', asks: 'Does it see its cable pulled, and come back?', target: 'none' },
};

export const Evidence = z.object({ command: z.string(), output: z.string() });
export type Evidence = z.infer<typeof Evidence>;

/** What came of a check. An answer of the network is `ok` or `fault`; what could not be tried is a failure instead. */
export const CheckResult = z.object({
  verdict: z.enum(['ok', 'fault']),
  /** For people. */
  sentence: z.string(),
  /** More of it, one fact a line. */
  details: z.array(z.string()).readonly(),
  evidence: z.array(Evidence).readonly(),
  /** Seconds that it took. */
  seconds: z.number(),
  /** Of a limit: devices whose limits were proven or missed, and the version of the design that says so. */
  proof: z.object({ devices: z.array(z.string()).readonly(), version: z.int() }).optional(),
});
export type CheckResult = z.infer<typeof CheckResult>;

/** How far a check has come; `id` is the asker's. */
export const CheckProgress = z.object({ id: z.string(), doing: z.string() });
export type CheckProgress = z.infer<typeof CheckProgress>;

/** One that the records keep. */
export const KeptCheck = z.object({
  id: z.string(),
  /** ISO 8601. */ at: z.string(),
  check: NicCheck,
  result: CheckResult,
});
export type KeptCheck = z.infer<typeof KeptCheck>;
