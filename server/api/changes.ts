import { z } from 'zod';
import { adopt } from '@/server/core/adopt';
import { applyItems } from '@/server/core/apply-items';
import { ChangeItem, type Desired } from '@/server/core/change';
import { HostId } from '@/server/core/ids';
import { type Failure, fail } from '@/server/core/result';
import { summarise } from '@/server/core/summary';
import { undoItems } from '@/server/core/undo';
import {
  type Change,
  createDraft,
  type Draft,
  desiredAfter,
  discardChange,
  getChange,
  getHost,
  listChanges,
  recordCommitted,
  recordOutcome,
  reopenChange,
  setApplying,
  setPlanned,
} from '@/server/store';
import { type Context, procedure, refuse, router, unwrap } from './trpc';

const Which = z.strictObject({ id: z.string().max(100) });
const OnHost = z.strictObject({ host: HostId, changeId: z.string().max(100) });
/** Milliseconds: a roll-back runs commands and observes until the host is as it was. */
const ROLLBACK_PATIENCE = 120_000;

/** The agent did not say no: it may have begun, and its next words will tell. */
const UNCERTAIN = ['AGENT_GONE', 'AGENT_SILENT'];

/** Plans on the host itself, and keeps what it said. A draft that cannot be planned stays a draft. */
async function plan(ctx: Context, id: string): Promise<Change> {
  const { change, desired, version } = unwrap(await desiredAfter(ctx.store, id));
  const { link } = unwrap(ctx.hosts.find(change.host));
  const planned = unwrap(await link.request('plan', { desired, baseVersion: version }));
  const kept = unwrap(await setPlanned(ctx.store, id, planned));
  await ctx.hosts.recordsChanged(change.host);
  return kept;
}

type Proposal = Pick<Draft, 'host' | 'items' | 'baseVersion' | 'undoOf'> & { readonly summary: string };

/** Asks the host first: what it refuses to plan leaves nothing in the records. */
async function propose(ctx: Context, proposal: Proposal): Promise<Change> {
  const { host, items } = proposal;
  const draft = { ...proposal, author: ctx.visitor.label };
  const record = await getHost(ctx.store, host);
  const desired = applyItems(record.desired, items);
  // Refused by the records too, and they can say who changed what meanwhile.
  if (!desired.ok) return unwrap(await createDraft(ctx.store, draft));
  const { link } = unwrap(ctx.hosts.find(host));
  const input = { desired: desired.value, baseVersion: record.version };
  const planned = await link.request('plan', input);
  if (!planned.ok) throw refuse(inForm(planned.error, desired.value, items));
  const change = unwrap(await createDraft(ctx.store, draft));
  const kept = unwrap(await setPlanned(ctx.store, change.id, planned.value));
  await ctx.hosts.recordsChanged(host);
  return kept;
}

export const changesRouter = router({
  list: procedure
    .input(
      z.strictObject({
        host: HostId.optional(),
        text: z.string().max(200).optional(),
        cursor: z.string().optional(),
        /** Comes with pages that are read one after the other; there is only one. */
        direction: z.literal('forward').optional(),
        limit: z.int().min(1).max(200).optional(),
      }),
    )
    .query(({ ctx, input: { direction: _, ...query } }) => listChanges(ctx.store, query)),
  get: procedure.input(Which).query(async ({ ctx, input }) => unwrap(await getChange(ctx.store, input.id))),

  /** The host checks and plans, the records keep it. Refused with problems that lead into the first item's network. */
  draft: procedure
    .input(
      z.strictObject({
        host: HostId,
        /** The largest pool of openQA's workers has a bridge and 256 taps. */
        items: z.array(ChangeItem).min(1).max(300).readonly(),
        /** Version of the host that the editor saw. */ baseVersion: z.int(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { host, items, baseVersion } = input;
      const { agent } = unwrap(ctx.hosts.facts(host));
      if (!agent.writable.yes) throw refuse({ code: 'READ_ONLY', message: agent.writable.why });
      return propose(ctx, { host, items, baseVersion, summary: summarise(items) });
    }),
  /** Something that is there already, as a design of just what it is. Refused with a sentence where that cannot be. */
  adopt: procedure
    .input(
      z.strictObject({
        host: HostId,
        is: z.enum(['interface', 'network', 'nic']),
        name: z.string().max(100),
      }),
    )
    .mutation(async ({ ctx, input: { host, ...target } }) => {
      const observed = unwrap(ctx.hosts.facts(host));
      if (!observed.agent.writable.yes)
        throw refuse({ code: 'READ_ONLY', message: observed.agent.writable.why });
      const { desired, version } = await getHost(ctx.store, host);
      const after = unwrap(adopt(observed, desired, target));
      const items: readonly ChangeItem[] = [{ op: 'create', after }];
      return propose(ctx, { host, items, baseVersion: version, summary: summarise(items) });
    }),
  plan: procedure.input(Which).mutation(({ ctx, input }) => plan(ctx, input.id)),

  /** Applies the plan that was reviewed (`apply` is a word that tRPC keeps for itself). */
  run: procedure
    .input(Which.extend({ planHash: z.string().max(100), seconds: z.int().min(5).max(3600) }))
    .mutation(async ({ ctx, input }) => {
      const { id, planHash, seconds } = input;
      const { desired, version } = unwrap(await desiredAfter(ctx.store, id));
      const change = unwrap(await setApplying(ctx.store, id, planHash));
      const followed = unwrap(ctx.hosts.find(change.host));
      const { summary } = change;
      const begun = await followed.link.request(
        'apply',
        { changeId: id, summary: summary.slice(0, 300), desired, baseVersion: version, planHash, seconds },
        60_000,
      );
      const uncertain = !begun.ok && UNCERTAIN.includes(begun.error.code);
      if (uncertain) followed.settle();
      else if (!begun.ok) await reopenChange(ctx.store, id);
      await ctx.hosts.recordsChanged(change.host);
      if (uncertain) throw refuse(notHeard(begun.error));
      unwrap(begun);
    }),
  confirm: procedure.input(OnHost.extend({ nonce: z.string().max(200) })).mutation(async ({ ctx, input }) => {
    const { host, ...confirm } = input;
    const { link } = unwrap(ctx.hosts.find(host));
    const committed = unwrap(await link.request('confirm', confirm));
    unwrap(await recordCommitted(ctx.store, host, committed));
    await ctx.hosts.recordsChanged(host);
  }),
  rollback: procedure.input(OnHost).mutation(async ({ ctx, input }) => {
    const { link } = unwrap(ctx.hosts.find(input.host));
    const outcome = unwrap(await link.request('rollback', { changeId: input.changeId }, ROLLBACK_PATIENCE));
    // A change that these records do not know was made with others: its host is what counts.
    await recordOutcome(ctx.store, input.host, outcome);
    await ctx.hosts.recordsChanged(input.host);
    return outcome;
  }),
  discard: procedure.input(Which).mutation(async ({ ctx, input }) => {
    const change = unwrap(await discardChange(ctx.store, input.id));
    await ctx.hosts.recordsChanged(change.host);
  }),

  /** A committed change taken back is a new change, reviewed like every other. */
  undo: procedure.input(Which).mutation(async ({ ctx, input }) => {
    const change = unwrap(await getChange(ctx.store, input.id));
    if (change.state !== 'committed')
      return unwrap(fail('WRONG_STATE', 'Only a change that was kept can be undone.'));
    const { version } = await getHost(ctx.store, change.host);
    return propose(ctx, {
      host: change.host,
      items: undoItems(change.items),
      baseVersion: version,
      summary: `Undo: ${change.summary}`,
      undoOf: change.id,
    });
  }),
});

const notHeard = (failure: Failure): Failure => ({
  ...failure,
  message:
    `${failure.message} Whether the change has begun is not known: it counts as being applied until the agent says, ` +
    'and what nobody confirms goes back by itself.',
});

/** Problems of a host's networks as problems of the network that the form shows: the first item's. */
function inForm(failure: Failure, desired: Desired, [first]: readonly ChangeItem[]): Failure {
  if (!failure.problems || !first || first.op === 'delete') return failure;
  const { kind } = first.after;
  const list = kind === 'network' ? 'networks' : kind === 'nic' ? 'nics' : 'links';
  const mine = (desired[list] ?? []).findIndex((t) => t.name === first.after.name);
  return {
    ...failure,
    problems: failure.problems.map((p) =>
      p.path[0] === list && p.path[1] === mine ? { ...p, path: p.path.slice(2) } : p,
    ),
  };
}
