import { sameValue } from '@/server/core/canonical';
import type { Committed, Outcome, Transaction } from '@/server/core/change';
import type { HostId } from '@/server/core/ids';
import { type DomainNic, guestOf } from '@/server/core/kinds/domain-nic';
import type { HostLink } from '@/server/core/kinds/link';
import type { Network } from '@/server/core/kinds/network';
import { fail, ok, type Result, unreachable } from '@/server/core/result';
import { type Change, columnState } from './change-record';
import { readChange, write } from './changes';
import { decide } from './decide';
import { type HostRecord, lockHost, readHost } from './hosts';
import { toJson } from './json';
import { keepCommitted } from './made-elsewhere';
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
      await mergeLinks(tx, host, committed.desired.links);
      await mergeNics(tx, host, committed.desired.nics ?? []);
      await tx.host.update({
        where: { id: host },
        data: { version: committed.version, committedAt: new Date(committed.at) },
      });
      const { changeId } = committed;
      if (changeId !== null) {
        const ended = await endCommitted(tx, host, { ...committed, changeId });
        if (!ended.ok) await keepCommitted(tx, record, { ...committed, changeId });
      }
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
        bridge: network.bridge?.name ?? null,
        definition: toJson(network),
        reservations: { create: reservations.map(({ mac, ip }) => ({ mac: mac ?? null, ip })) },
      },
    });
  }
}

/** Nothing refers to a row of a link: what differs goes and comes again. */
async function mergeLinks(tx: Db, host: HostId, desired: readonly HostLink[]): Promise<void> {
  await tx.link.deleteMany({ where: { hostId: host } });
  await tx.link.createMany({
    data: desired.map((link) => ({
      hostId: host,
      name: link.name,
      kind: link.kind,
      definition: toJson(link),
    })),
  });
}

async function mergeNics(tx: Db, host: HostId, desired: readonly DomainNic[]): Promise<void> {
  await tx.domainNic.deleteMany({ where: { hostId: host } });
  await tx.domainNic.createMany({
    data: desired.map((nic) => ({
      ...{ hostId: host, guest: guestOf(nic), name: nic.name, mac: nic.mac },
      definition: toJson(nic),
    })),
  });
}

/**
 * A change as its own host's agent may speak of it, with its host held; of another host's changes it knows nothing.
 * NOT_FOUND.
 */
async function changeOf(tx: Db, host: HostId, id: string): Promise<Result<Change>> {
  const found = await readChange(tx, id);
  if (!found.ok) return found;
  if (found.value.host !== host) return fail('NOT_FOUND', `This change is not one of ${host}.`);
  await lockHost(tx, host);
  return readChange(tx, id);
}

type Kept = Pick<Committed, 'version' | 'at'> & { readonly changeId: string };

async function endCommitted(tx: Db, host: HostId, { changeId, version, at }: Kept): Promise<Result<Change>> {
  const change = await changeOf(tx, host, changeId);
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
 * Records how a change of this host ended. Said twice it changes nothing; a committed change stays committed.
 * NOT_FOUND for a change that the records do not know (made with other records) or that is another host's: nothing to
 * do about it.
 */
export function recordOutcome(store: Store, host: HostId, outcome: Outcome): Promise<Result<Change>> {
  return decide(store, async (tx) => {
    const found = await changeOf(tx, host, outcome.changeId);
    if (!found.ok) return found;
    const { state } = found.value;
    if (state === 'committed' || state === outcome.result) return found;
    const end = { endedAt: new Date(outcome.at), deadline: null };
    switch (outcome.result) {
      case 'committed':
        return endCommitted(tx, host, outcome);
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

/** Records where a host's agent is with a change. A change that has ended does not come back. */
export async function recordTransaction(
  store: Store,
  host: HostId,
  transaction: Transaction,
): Promise<Result<Change | null>> {
  if (transaction.state === 'idle' || transaction.state === 'rolling-back') return ok(null);
  if (transaction.state === 'stuck')
    return recordOutcome(store, host, { ...transaction, result: 'stuck', at: new Date().toISOString() });
  return decide(store, async (tx) => {
    const change = await changeOf(tx, host, transaction.changeId);
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

export type Reconciled = {
  readonly record: HostRecord;
  /** Milliseconds after which to ask the agent again: a change may be on its way to it. Null when all is settled. */
  readonly askAgainIn: number | null;
};

/**
 * Brings the records in line with an agent that was just reached: its committed state, how changes ended while the
 * web was away, where it is now. A change that the records believe under way and the agent does not know was never
 * begun, or is forgotten: it counts as rolled back, for the host is at its committed state.
 */
export async function reconcileHost(
  store: Store,
  host: HostId,
  status: AgentStatus,
): Promise<Result<Reconciled>> {
  const record = await recordCommitted(store, host, status.committed);
  if (!record.ok) return record;
  for (const outcome of [...status.outcomes].reverse()) await recordOutcome(store, host, outcome);
  await recordTransaction(store, host, status.transaction);
  const current = status.transaction.state === 'idle' ? [] : [status.transaction.changeId];
  const unknown = {
    hostId: host,
    state: { in: [columnState('applying'), columnState('awaiting')] },
    id: { notIn: current },
  };
  const now = Date.now();
  await store.prisma.change.updateMany({
    where: { ...unknown, appliedAt: { lte: new Date(now - ON_ITS_WAY) } },
    data: {
      state: columnState('rolled-back'),
      endedAt: new Date(),
      deadline: null,
      why: 'The agent does not know this change: it never began, or was taken back while nobody watched.',
    },
  });
  const young = await store.prisma.change.findFirst({ where: unknown, orderBy: { appliedAt: 'asc' } });
  const sent = young?.appliedAt?.getTime() ?? now;
  const askAgainIn = young === null ? null : Math.max(sent + ON_ITS_WAY - now, 0) + 100;
  return ok({ record: record.value, askAgainIn });
}
