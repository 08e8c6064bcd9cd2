import { z } from 'zod';

/** Rates in bytes per second, bursts in bytes, as far as `tc` prints them: to about one in a thousand. */
export const HtbClass = z.object({
  /** `1:2`. */
  id: z.string(),
  /** `root` or the id of a class. */
  parent: z.string(),
  rate: z.number(),
  ceil: z.number(),
  burst: z.number(),
});
export type HtbClass = z.infer<typeof HtbClass>;

/** What goes to which class of HTB at the root, by the MAC address that it is sent to; null: by something else. */
export const HtbFilter = z.object({
  /** Its priority. */
  n: z.int(),
  /** `1:3`. */
  to: z.string(),
  mac: z.string().nullable(),
});
export type HtbFilter = z.infer<typeof HtbFilter>;

/** How a device is limited. Key: its name; only devices that are, or may be. */
export const DeviceLimits = z.object({
  /** The classes of HTB at the root, where what is sent is shaped; null: nothing, or something else. */
  sent: z
    .object({
      handle: z.string(),
      otherwise: z.int(),
      classes: z.array(HtbClass),
      /** Absent: none. */
      filters: z.array(HtbFilter).optional(),
    })
    .nullable(),
  /** What comes in: dropped by a policer, or sent through another device; null: neither. */
  received: z
    .discriminatedUnion('by', [
      z.object({ by: z.literal('police'), rate: z.number(), burst: z.number() }),
      z.object({ by: z.literal('redirect'), to: z.string() }),
      z.object({ by: z.literal('something else') }),
    ])
    .nullable(),
});
export type DeviceLimits = z.infer<typeof DeviceLimits>;
