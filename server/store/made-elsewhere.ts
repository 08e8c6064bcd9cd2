import type { Committed, Desired } from '@/server/core/change';
import type { HostId } from '@/server/core/ids';
import type { OpenedChange } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import { summarise } from '@/server/core/summary';
import { diffDesired } from '@/server/core/undo';
import { columnState } from './change-record';
import { Id, shortened } from './changes';
import { decide } from './decide';
import { type HostRecord, lockHost, readHost } from './hosts';
import { toJson } from './json';
import type { Db, Store } from './open';

/*
 * Changes that were planned without the records: the command line speaks to agents themselves. They are history too,
 * and what they do is the difference between what the host was and what it shall be.
 */

const AUTHOR = 'the command line';

/** Can a change with this id be kept, and is none of that id known (of whatever host)? */
const isNew = async (tx: Db, id: string): Promise<boolean> =>
  Id.safeParse(id).success && (await tx.change.count({ where: { id } })) === 0;

/**
 * Begins to keep a change that its host's agent is at; from then on it is recorded as any other. NOT_FOUND when nothing
 * can be kept of it.
 */
export function recordElsewhere(store: Store, host: HostId, opened: OpenedChange): Promise<Result<null>> {
  return decide(store, async (tx) => {
    await lockHost(tx, host);
    const was = await readHost(tx, host);
    const items = itemsOf(was, opened.desired);
    if (items.length === 0 || !(await isNew(tx, opened.changeId)))
      return fail('NOT_FOUND', 'Nothing can be kept of this change.');
    const at = new Date(opened.at);
    await tx.change.create({
      data: {
        ...{ id: opened.changeId, hostId: host, state: columnState('applying'), author: AUTHOR },
        summary: shortened(opened.summary),
        items: toJson(items),
        ...{ baseVersion: was.version, planHash: opened.plan.hash, plan: toJson(opened.plan) },
        ...{ createdAt: at, appliedAt: at },
      },
    });
    return ok(null);
  });
}

/** Keeps what was committed while nobody watched: from `was` to what it is now. */
export async function keepCommitted(
  tx: Db,
  was: HostRecord,
  { changeId, desired, version, at }: Committed & { readonly changeId: string },
): Promise<void> {
  const items = itemsOf(was, desired);
  if (items.length === 0 || !(await isNew(tx, changeId))) return;
  const ended = new Date(at);
  await tx.change.create({
    data: {
      ...{ id: changeId, hostId: was.host, state: columnState('committed'), author: AUTHOR },
      summary: shortened(summarise(items)),
      items: toJson(items),
      ...{ baseVersion: was.version, committedVersion: version },
      ...{ createdAt: ended, appliedAt: ended, endedAt: ended },
    },
  });
}

const itemsOf = (was: HostRecord, desired: Desired) => diffDesired(was.desired, desired);
