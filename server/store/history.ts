import { z } from 'zod';
import type { HostId } from '@/server/core/ids';
import { type Change, type ChangeState, columnState, toChange, withRelations } from './change-record';
import type { Prisma } from './generated/client';
import type { Store } from './open';

export type HistoryQuery = {
  readonly host?: HostId | undefined;
  readonly states?: readonly ChangeState[] | undefined;
  /** Part of the summary or the author, in any case. */
  readonly text?: string | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  /** At most 200; default 50. */
  readonly limit?: number | undefined;
};

export type HistoryPage = {
  readonly changes: readonly Change[];
  /** Null on the last page. */
  readonly next: string | null;
  /** All changes that match, on all pages. */
  readonly total: number;
};

/** Changes, newest first. */
export async function listChanges(store: Store, query: HistoryQuery = {}): Promise<HistoryPage> {
  // Postgres takes neither; nothing can match.
  const cursor = query.cursor === undefined || z.uuid().safeParse(query.cursor).success;
  if (!cursor || query.text?.includes('\0')) return { changes: [], next: null, total: 0 };
  const limit = Math.min(Math.max(query.limit ?? 50, 1), 200);
  const like = { contains: query.text ?? '', mode: 'insensitive' } as const;
  const where: Prisma.ChangeWhereInput = {
    ...(query.host === undefined ? {} : { hostId: query.host }),
    ...(query.states === undefined ? {} : { state: { in: query.states.map(columnState) } }),
    ...(query.text ? { OR: [{ summary: like }, { author: like }] } : {}),
  };
  const [rows, total] = await Promise.all([
    store.prisma.change.findMany({
      where,
      include: withRelations,
      // The id decides between equal times, so that a page boundary is stable.
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit + 1,
      ...(query.cursor === undefined ? {} : { cursor: { id: query.cursor } }),
    }),
    store.prisma.change.count({ where }),
  ]);
  const more = rows.length > limit ? rows[limit] : undefined;
  return { changes: rows.slice(0, limit).map(toChange), next: more?.id ?? null, total };
}

/** Changes that are not ended yet, oldest first: they are drawn as ghosts. */
export async function listPending(store: Store, host?: HostId): Promise<readonly Change[]> {
  const rows = await store.prisma.change.findMany({
    where: { endedAt: null, ...(host === undefined ? {} : { hostId: host }) },
    include: withRelations,
    orderBy: { id: 'asc' },
    take: 200,
  });
  return rows.map(toChange);
}
