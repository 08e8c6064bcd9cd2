import { z } from 'zod';
import { applyItems, type Blame } from '@/server/core/apply-items';
import { ChangeItem, type Desired, type Plan } from '@/server/core/change';
import type { HostId } from '@/server/core/ids';
import { fail, ok, type Result } from '@/server/core/result';
import { keyOf } from '@/server/core/things';
import { type Change, type ChangeState, columnState, toChange, withRelations } from './change-record';

import { decide, notFound } from './decide';
import { Prisma } from './generated/client';
import { lockHost, readHost } from './hosts';
import { toJson } from './json';
import type { Db, Store } from './open';

const Items = z.array(ChangeItem).min(1).readonly();
export const Id = z.uuid();

export type Draft = {
  readonly host: HostId;
  readonly items: readonly ChangeItem[];
  /** The committed version that the editor saw: `getHost().version`. */
  readonly baseVersion: number;
  readonly summary: string;
  readonly author: string;
  /** The committed change that this one takes back. */
  readonly undoOf?: string;
};

/**
 * Records a draft. CONFLICT when what it edits was changed since `baseVersion`, with a sentence that names it; TAKEN
 * when a name is used twice. A change to something else since then is no conflict.
 */
export function createDraft(store: Store, draft: Draft): Promise<Result<Change>> {
  return decide(store, async (tx) => {
    const words = readable(draft);
    if (!words.ok) return words;
    await lockHost(tx, draft.host);
    const items = Items.parse(draft.items);
    const fits = await fitsNow(tx, draft.host, items, draft.baseVersion);
    if (!fits.ok) return fits;
    const row = await tx.change.create({
      data: {
        hostId: draft.host,
        items: toJson(items),
        baseVersion: fits.value.version,
        ...words.value,
        undoOfId: draft.undoOf ?? null,
      },
      include: withRelations,
    });
    return ok(toChange(row));
  });
}

export type DraftEdit = Pick<Draft, 'items' | 'baseVersion' | 'summary' | 'author'> & {
  readonly id: string;
  /** `revision` of the change as the editor read it. */
  readonly revision: number;
};

/** Replaces a draft's items; a plan that was made for it is gone. CONFLICT when somebody else edited it since. */
export function updateDraft(store: Store, edit: DraftEdit): Promise<Result<Change>> {
  return decide(store, async (tx) => {
    const locked = await lockChange(tx, edit.id);
    if (!locked.ok) return locked;
    const change = locked.value;
    if (change.state !== 'draft' && change.state !== 'planned') return wrongState(change, 'edited');
    if (change.revision !== edit.revision)
      return fail(
        'CONFLICT',
        `“${change.summary}” was edited by ${change.author} in the meantime. Nothing was overwritten: open it again and repeat the edit.`,
      );
    const words = readable(edit);
    if (!words.ok) return words;
    const items = Items.parse(edit.items);
    const fits = await fitsNow(tx, change.host, items, edit.baseVersion);
    if (!fits.ok) return fits;
    return write(tx, change.id, {
      state: 'draft',
      revision: { increment: 1 },
      items: toJson(items),
      baseVersion: fits.value.version,
      ...words.value,
      plan: Prisma.DbNull,
      planHash: null,
    });
  });
}

/** NOT_FOUND for an id that names no change. */
export async function getChange(store: Store, id: string): Promise<Result<Change>> {
  return readChange(store.prisma, id);
}

/** What the host shall be when this change is committed now, or why it does not fit any more (CONFLICT, TAKEN). */
export async function desiredAfter(
  store: Store,
  id: string,
): Promise<Result<{ readonly change: Change; readonly version: number; readonly desired: Desired }>> {
  const change = await readChange(store.prisma, id);
  if (!change.ok) return change;
  const fits = await fitsNow(store.prisma, change.value.host, change.value.items, change.value.baseVersion);
  return fits.ok ? ok({ change: change.value, ...fits.value }) : fits;
}

/** Keeps the plan that is about to be reviewed. CONFLICT when the change no longer fits. */
export function setPlanned(store: Store, id: string, plan: Plan): Promise<Result<Change>> {
  return decide(store, async (tx) => {
    const locked = await lockChange(tx, id);
    if (!locked.ok) return locked;
    const change = locked.value;
    if (change.state !== 'draft' && change.state !== 'planned') return wrongState(change, 'planned');
    const fits = await fitsNow(tx, change.host, change.items, change.baseVersion);
    if (!fits.ok) return fits;
    return write(tx, id, {
      state: 'planned',
      plan: toJson(plan),
      planHash: plan.hash,
      baseVersion: fits.value.version,
    });
  });
}

/**
 * Before the agent is told to apply. `planHash` is the plan the person reviewed: STALE when another one was made
 * since. BUSY while another change of this host is under way.
 */
export function setApplying(store: Store, id: string, planHash: string): Promise<Result<Change>> {
  return decide(store, async (tx) => {
    const locked = await lockChange(tx, id);
    if (!locked.ok) return locked;
    const change = locked.value;
    if (change.state !== 'planned') return wrongState(change, 'applied');
    if (change.plan.hash !== planHash)
      return fail('STALE', 'The plan was made anew since you reviewed it: review it again.');
    const other = await tx.change.findFirst({
      where: { hostId: change.host, state: { in: ['applying', 'awaiting'] } },
    });
    if (other) return fail('BUSY', `“${other.summary}” is under way on this host: it has to end first.`);
    return write(tx, id, { state: 'applying', appliedAt: new Date() });
  });
}

/** The agent refused to begin (a stale plan, a busy host): the change can be planned again. */
export function reopenChange(store: Store, id: string): Promise<Result<Change>> {
  return decide(store, async (tx) => {
    const locked = await lockChange(tx, id);
    if (!locked.ok) return locked;
    if (locked.value.state !== 'applying') return wrongState(locked.value, 'opened again');
    return write(tx, id, { state: 'draft', plan: Prisma.DbNull, planHash: null, appliedAt: null });
  });
}

/** A change that was not applied is put aside; history keeps it. */
export function discardChange(store: Store, id: string): Promise<Result<Change>> {
  return decide(store, async (tx) => {
    const locked = await lockChange(tx, id);
    if (!locked.ok) return locked;
    const { state } = locked.value;
    if (state === 'discarded') return locked;
    if (state !== 'draft' && state !== 'planned') return wrongState(locked.value, 'discarded');
    return write(tx, id, { state: 'discarded', endedAt: new Date() });
  });
}

export async function readChange(db: Db, id: string): Promise<Result<Change>> {
  if (!Id.safeParse(id).success) return notFound('change');
  const row = await db.change.findUnique({ where: { id }, include: withRelations });
  return row ? ok(toChange(row)) : notFound('change');
}

/** Reads a change and keeps others from its host until the transaction ends. */
async function lockChange(tx: Db, id: string): Promise<Result<Change>> {
  const change = await readChange(tx, id);
  if (!change.ok) return change;
  await lockHost(tx, change.value.host);
  return readChange(tx, id);
}

type ChangeWrite = Omit<Prisma.ChangeUpdateInput, 'state'> & { readonly state: ChangeState };

export async function write(tx: Db, id: string, data: ChangeWrite): Promise<Result<Change>> {
  const row = await tx.change.update({
    where: { id },
    data: { ...data, state: columnState(data.state) },
    include: withRelations,
  });
  return ok(toChange(row));
}

const stateWords: Readonly<Record<ChangeState, string>> = {
  draft: 'a draft without a plan',
  planned: 'planned',
  applying: 'being applied',
  awaiting: 'waiting to be confirmed',
  committed: 'committed',
  'rolled-back': 'rolled back',
  stuck: 'stuck',
  discarded: 'discarded',
};

const wrongState = (change: Change, what: string): Result<never> =>
  fail('WRONG_STATE', `“${change.summary}” cannot be ${what}: it is ${stateWords[change.state]}.`);

type Words = Pick<Draft, 'summary' | 'author'>;
/** As many characters as the agent takes for a summary. */
const MANY = 300;
export const shortened = (text: string) => (text.length > MANY ? `${text.slice(0, MANY - 1)}…` : text);

/** Words as they are kept: shortened. Postgres takes no null byte. */
function readable({ summary, author }: Words): Result<Words> {
  for (const [what, text] of Object.entries({ summary, author }))
    if (text.includes('\0')) return fail('INVALID', `The ${what} has a null byte.`);
  return ok({ summary: shortened(summary), author: shortened(author) });
}

type Fit = { readonly version: number; readonly desired: Desired };

async function fitsNow(
  db: Db,
  host: HostId,
  items: readonly ChangeItem[],
  baseVersion: number,
): Promise<Result<Fit>> {
  const record = await readHost(db, host);
  const silent = applyItems(record.desired, items);
  if (silent.ok) return ok({ version: record.version, desired: silent.value });
  if (silent.error.code !== 'CONFLICT') return silent;
  const named = applyItems(record.desired, items, await blameSince(db, host, baseVersion));
  return named.ok ? ok({ version: record.version, desired: named.value }) : named;
}

async function blameSince(db: Db, host: HostId, baseVersion: number): Promise<Blame> {
  const rows = await db.change.findMany({
    where: { hostId: host, state: 'committed', committedVersion: { gt: baseVersion } },
    orderBy: { committedVersion: 'desc' },
    take: 100,
    include: withRelations,
  });
  const changes = rows.map(toChange);
  return (thing) => {
    const key = keyOf(thing);
    const by = changes.find((change) =>
      change.items.some(
        (item) =>
          (item.op !== 'create' && keyOf(item.before) === key) ||
          (item.op !== 'delete' && keyOf(item.after) === key),
      ),
    );
    return by ? ` by ${by.author} (“${by.summary}”)` : '';
  };
}
