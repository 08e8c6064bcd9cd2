import { sameValue } from '@/server/core/canonical';
import type { Committed, Outcome, Transaction } from '@/server/core/change';
import type { HostId } from '@/server/core/ids';
import type { Network } from '@/server/core/kinds/network';
import { ok, type Result, unreachable } from '@/server/core/result';
import { type Change, columnState } from './change-record';
import { readChange, write } from './changes';
import { decide } from './decide';
import { type HostRecord, lockHost, readHost } from './hosts';
import { toJson } from './json';
import type { Db, Store } from './open';
import { refusingDuplicates } from './unique';

/*
 * What a host is, its agent knows; the records follow. Everything here may be said twice, late, or after the web
 * process was away.
 */

/**
 * Merges an agent's committed state into the records in one transaction, and ends the change that brought it. An old
 * message that arrives after a newer one changes nothing. TAKEN when the database refuses a duplicate.
 */
export function recordCommitted(
  store: Store,
  host: HostId,
  committed: Committed,
): Promise<Result<HostRecord>> {
  return refusingDuplicates(() =>
    decide(store, async (tx) => {
      await lockHost(tx, host);
      const record = await readHost(tx, host);
      // ISO 8601 in UTC sorts as text.
      const late = record.version > committed.version && (record.committedAt ?? '') > committed.at;
      if (late) return ok(record);
      await mergeNetworks(tx, host, committed.desired.networks);
      await tx.host.update({
        where: { id: host },
        data: { version: committed.version, committedAt: new Date(committed.at) },
      });
      if (committed.changeId !== null) await endCommitted(tx, committed.changeId, committed);
      return ok(await readHost(tx, host));
    }),
  );
}

/**
 * Rows that differ go and come again under their old id: of two networks that swap their bridge names, updates one
 * after the other would collide.
 */
async function mergeNetworks(tx: Db, host: HostId, desired: readonly Network[]): Promise<void> {
  const rows = await tx.network.findMany({ where: { hostId: host } });
  const wanted = new Map<string, Network>(desired.map((network) => [network.name, network]));
  const kept = new Set(
    rows.filter((row) => sameValue(row.definition, wanted.get(row.name))).map((row) => row.name),
  );
  await tx.network.deleteMany({ where: { hostId: host, name: { notIn: [...kept] } } });
  for (const network of desired) {
    if (kept.has(network.name)) continue;
    const was = rows.find((row) => row.name === network.name);
    const reservations = network.subnets.flatMap((subnet) => subnet.dhcp?.hosts ?? []);
    await tx.network.create({
      data: {
        ...(was ? { id: was.id, createdAt: was.createdAt } : {}),
        hostId: host,
        name: network.name,
        bridge: network.bridge.name,
        definition: toJson(network),
        reservations: { create: reservations.map(({ mac, ip }) => ({ mac, ip })) },
      },
    });
  }
}

async function endCommitted(
  tx: Db,
  changeId: string,
  { version, at }: Pick<Committed, 'version' | 'at'>,
): Promise<Result<Change>> {
  const change = await readChange(tx, changeId);
  if (!change.ok || change.value.state === 'committed') return change;
  return write(tx, changeId, {
    state: 'committed',
    committedVersion: version,
    endedAt: new Date(at),
    deadline: null,
    why: null,
  });
}

/**
 * Records how a change ended. Said twice it changes nothing; a committed change stays committed. NOT_FOUND for a
 * change that the records do not know (made with other records): nothing to do about it.
 */
export function recordOutcome(store: Store, outcome: Outcome): Promise<Result<Change>> {
  return decide(store, async (tx) => {
    const found = await readChange(tx, outcome.changeId);
    if (!found.ok) return found;
    await lockHost(tx, found.value.host);
    const { state } = found.value;
    if (state === 'committed' || state === outcome.result) return readChange(tx, outcome.changeId);
    const end = { endedAt: new Date(outcome.at), deadline: null };
    switch (outcome.result) {
      case 'committed':
        return endCommitted(tx, outcome.changeId, outcome);
      case 'rolled-back':
        return write(tx, outcome.changeId, { ...end, state: 'rolled-back', why: outcome.why });
      case 'stuck':
        return write(tx, outcome.changeId, {
          ...end,
          state: 'stuck',
          why: outcome.why,
          leftOver: toJson(outcome.leftOver),
        });
      default:
        return unreachable(outcome);
    }
  });
}

/** Records where the agent is with a change. A change that has ended does not come back. */
export async function recordTransaction(
  store: Store,
  transaction: Transaction,
): Promise<Result<Change | null>> {
  if (transaction.state === 'idle' || transaction.state === 'rolling-back') return ok(null);
  if (transaction.state === 'stuck')
    return recordOutcome(store, { ...transaction, result: 'stuck', at: new Date().toISOString() });
  return decide(store, async (tx) => {
    const found = await readChange(tx, transaction.changeId);
    if (!found.ok) return found;
    await lockHost(tx, found.value.host);
    const change = await readChange(tx, transaction.changeId);
    if (!change.ok) return change;
    const { state } = change.value;
    if (state !== 'planned' && state !== 'applying' && state !== 'awaiting') return change;
    const appliedAt = 'appliedAt' in change.value ? new Date(change.value.appliedAt) : new Date();
    return transaction.state === 'applying'
      ? state === 'awaiting'
        ? change
        : write(tx, change.value.id, { state: 'applying', appliedAt })
      : write(tx, change.value.id, {
          state: 'awaiting',
          appliedAt,
          deadline: new Date(transaction.deadline),
        });
  });
}

export type AgentStatus = {
  readonly transaction: Transaction;
  readonly committed: Committed;
  readonly outcomes: readonly Outcome[];
};

/** A change that was sent this recently may not have reached the agent yet (milliseconds). */
const ON_ITS_WAY = 15_000;

/**
 * Brings the records in line with an agent that was just reached: its committed state, how changes ended while the
 * web was away, where it is now. A change that the records believe under way and the agent does not know was never
 * begun, or is forgotten: it counts as rolled back, for the host is at its committed state.
 */
export async function reconcileHost(
  store: Store,
  host: HostId,
  status: AgentStatus,
): Promise<Result<HostRecord>> {
  const record = await recordCommitted(store, host, status.committed);
  if (!record.ok) return record;
  for (const outcome of [...status.outcomes].reverse()) await recordOutcome(store, outcome);
  await recordTransaction(store, status.transaction);
  const current = status.transaction.state === 'idle' ? [] : [status.transaction.changeId];
  await store.prisma.change.updateMany({
    where: {
      hostId: host,
      state: { in: ['applying', 'awaiting'] },
      id: { notIn: current },
      appliedAt: { lt: new Date(Date.now() - ON_ITS_WAY) },
    },
    data: {
      state: columnState('rolled-back'),
      endedAt: new Date(),
      deadline: null,
      why: 'The agent does not know this change: it never began, or was taken back while nobody watched.',
    },
  });
  return record;
}
