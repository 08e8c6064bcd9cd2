import { z } from 'zod';

/**
 * Key: `tcp 0.0.0.0 22`. Where programs of this host wait for whoever comes, in its own network namespace. From `ss`
 * and the descriptors of processes.
 */
export const Listener = z.object({
  protocol: z.enum(['tcp', 'udp']),
  /** `0.0.0.0` is every one of IPv4, `::` of IPv6, `*` of both. */
  address: z.string(),
  port: z.int(),
  /** The only one that is listened on; null: any. */
  device: z.string().nullable(),
  /** As the kernel shortens its name; null where it is not told. */
  program: z.string().nullable(),
  pid: z.int().nullable(),
});
export type Listener = z.infer<typeof Listener>;
