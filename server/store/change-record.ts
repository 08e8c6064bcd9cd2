import { z } from 'zod';
import { ChangeItem, LeftOver, Plan } from '@/server/core/change';
import { HostId } from '@/server/core/ids';
import type { Change as ChangeRow } from './generated/client';
import { ChangeState as ColumnState } from './generated/enums';

const common = {
  id: z.string(),
  host: HostId,
  /** Give it back when editing: a draft that somebody else edited since then is not overwritten. */
  revision: z.int(),
  summary: z.string(),
  author: z.string(),
  items: z.array(ChangeItem).readonly(),
  /** The committed version of the host that the items start from. */
  baseVersion: z.int(),
  /** The committed change that this one takes back. */
  undoOf: z.string().nullable(),
  /** The committed changes that took this one back; at most one unless it was redone. */
  undoneBy: z.array(z.string()).readonly(),
  /** All times are ISO 8601. */
  createdAt: z.string(),
  updatedAt: z.string(),
};
const ended = { plan: Plan.nullable(), appliedAt: z.string().nullable(), endedAt: z.string() };

/** A change as the records keep it; every state with its own data. */
export const Change = z.discriminatedUnion('state', [
  z.object({ ...common, state: z.literal('draft') }),
  z.object({ ...common, state: z.literal('planned'), plan: Plan }),
  z.object({ ...common, state: z.literal('applying'), plan: Plan, appliedAt: z.string() }),
  z.object({
    ...common,
    state: z.literal('awaiting'),
    plan: Plan,
    appliedAt: z.string(),
    deadline: z.string(),
  }),
  z.object({ ...common, ...ended, state: z.literal('committed'), version: z.int() }),
  z.object({ ...common, ...ended, state: z.literal('rolled-back'), why: z.string() }),
  z.object({
    ...common,
    ...ended,
    state: z.literal('stuck'),
    why: z.string(),
    leftOver: z.array(LeftOver).readonly(),
  }),
  z.object({ ...common, state: z.literal('discarded'), endedAt: z.string() }),
]);
export type Change = z.infer<typeof Change>;
export type ChangeState = Change['state'];

/** Words of core for the column's; an identifier cannot have a dash. */
export const columnState = (state: ChangeState): ColumnState =>
  state === 'rolled-back' ? ColumnState.rolledBack : state;
const wordState = (state: ColumnState): ChangeState =>
  state === ColumnState.rolledBack ? 'rolled-back' : state;

/** What of a change's relations is read with it. */
export const withRelations = {
  undoneBy: { where: { state: ColumnState.committed }, select: { id: true } },
} as const;
export type FullChangeRow = ChangeRow & { readonly undoneBy: readonly { readonly id: string }[] };

/** Throws when a row does not make sense: that is a bug, not a user's fault. */
export function toChange(row: FullChangeRow): Change {
  return Change.parse({
    id: row.id,
    host: row.hostId,
    state: wordState(row.state),
    revision: row.revision,
    summary: row.summary,
    author: row.author,
    items: row.items,
    baseVersion: row.baseVersion,
    undoOf: row.undoOfId,
    undoneBy: row.undoneBy.map((change) => change.id),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    plan: row.plan,
    appliedAt: row.appliedAt?.toISOString() ?? null,
    deadline: row.deadline?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    version: row.committedVersion,
    why: row.why,
    leftOver: row.leftOver,
  });
}
