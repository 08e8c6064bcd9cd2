import { z } from 'zod';
import { fail, type Result } from '@/server/core/result';
import { Prisma } from './generated/client';

/** Where adapter-pg puts the name of the violated index. */
const Violation = z.object({
  driverAdapterError: z.object({ cause: z.object({ constraint: z.object({ index: z.string() }) }) }),
});

/** Name of the unique index that a write ran into; null for every other error. */
function violatedIndex(error: unknown): string | null {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2002') return null;
  const parsed = Violation.safeParse(error.meta);
  return parsed.success ? parsed.data.driverAdapterError.cause.constraint.index : 'unknown';
}

const sentences: Readonly<Record<string, string>> = {
  Network_hostId_name_key: 'Two networks of this host have the same name.',
  Network_hostId_bridge_key: 'Two networks of this host use the same bridge name.',
  Reservation_networkId_mac_key: 'A network reserves two addresses for the same MAC address.',
  Reservation_networkId_ip_key: 'A network reserves the same address twice.',
  View_name_key: 'There is a view of this name already.',
  BandwidthProfile_pkey: 'There is a profile of this name already.',
  Nic_mac_key: 'This MAC address has just been given to another guest.',
  MacPool_pkey: 'There is a pool with this prefix already.',
};

/** A unique constraint that was hit is an expected failure, TAKEN, with a sentence; everything else is thrown on. */
export async function refusingDuplicates<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    const index = violatedIndex(error);
    if (index === null) throw error;
    return fail('TAKEN', sentences[index] ?? 'The records have this already.', { detail: index });
  }
}
