import type { HostId } from '@/server/core/ids';
import { type CheckResult, KeptCheck, type NicCheck } from '@/server/core/nic-check/request';
import type { NicCheck as Row } from './generated/client';
import { toJson } from './json';
import type { Store } from './open';

/** Kept for each host; older ones go. */
const MOST = 200;

/** Null where what was kept can no longer be read. */
function toKept({ id, request, result, createdAt }: Row): KeptCheck | null {
  const kept = { id, at: createdAt.toISOString(), check: request, result };
  return KeptCheck.safeParse(kept).data ?? null;
}

/** What came of a check of a guest on this host. */
export async function keepCheck(
  store: Store,
  host: HostId,
  check: NicCheck,
  result: CheckResult,
): Promise<void> {
  await store.prisma.nicCheck.create({
    data: {
      host: { connectOrCreate: { where: { id: host }, create: { id: host } } },
      request: toJson(check),
      result: toJson(result),
    },
  });
  const old = await store.prisma.nicCheck.findMany({
    where: { hostId: host },
    orderBy: { id: 'desc' },
    skip: MOST,
    select: { id: true },
  });
  if (old.length > 0) await store.prisma.nicCheck.deleteMany({ where: { id: { in: old.map((r) => r.id) } } });
}

/** Newest first, of one host. */
export async function listChecks(store: Store, host: HostId): Promise<readonly KeptCheck[]> {
  const rows = await store.prisma.nicCheck.findMany({
    where: { hostId: host },
    orderBy: { id: 'desc' },
    take: MOST,
  });
  return rows.map(toKept).filter((c) => c !== null);
}
