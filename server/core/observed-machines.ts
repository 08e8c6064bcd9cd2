import { z } from 'zod';

/** A NIC of a virtual machine that the host's agent started. */
const StartedNic = z.object({
  /** Of its guest: `net0`. */
  name: z.string(),
  mac: z.string(),
  tap: z.string(),
  cable: z.enum(['in', 'out']),
  /** With its prefix length: what it was given to keep. Absent: it asks for a lease. */
  fixed: z.string().optional(),
  /** What failed once its tap was up: a hook. */
  trouble: z.string().optional(),
});

/** Key: name. A virtual machine that the host's agent started, and can change. */
export const StartedMachine = z.object({
  name: z.string(),
  /** Null: it has ended. */
  pid: z.int().nullable(),
  nics: z.array(StartedNic),
});
export type StartedMachine = z.infer<typeof StartedMachine>;
