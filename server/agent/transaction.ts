import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Committed, Desired, Outcome, Plan, Transaction } from '@/server/core/change';
import { reasonText } from '@/server/core/explain';
import type { AgentFacts, Observed } from '@/server/core/observed';
import { planHost } from '@/server/core/plan';
import type { AgentEvent, Input } from '@/server/core/protocol';
import { releasedBy } from '@/server/core/released';
import { fail, ok, type Result } from '@/server/core/result';
import { converged, sameTaps, verify } from '@/server/core/verify';
import { applyPlan } from './apply';
import { armWatchdog } from './arm';
import { keptCommitted, readCommitted, readOutcomes } from './committed';
import { dropJournal, note, openedJournal, readJournal } from './journal';
import { withLock } from './lock';
import type { Log } from './log';
import { processRef } from './processes';
import { attempt, endJournal, journalLock, rollBack, settle } from './rollback';
import { busyText } from './transaction-text';
import { turns } from './turns';
import { forwarders } from './undone';

export type TransactionOptions = {
  readonly home: string;
  readonly agent: AgentFacts;
  readonly committed: Committed;
  /** What the journal that was found at start is: stuck, or nothing. */
  readonly found: Transaction;
  readonly observe: () => Promise<Observed>;
  /** Starts this program again: `[node, bundle]`. */
  readonly program: readonly [node: string, bundle: string];
  readonly log: Log;
  readonly tell: (event: AgentEvent) => void;
};

/** The one change that may be going on at a host. */
export type Transactions = {
  readonly current: () => { readonly transaction: Transaction; readonly committed: Committed };
  readonly plan: (input: Input<'plan'>) => Promise<Result<Plan>>;
  readonly apply: (input: Input<'apply'>) => Promise<Result<Record<string, never>>>;
  readonly confirm: (input: Input<'confirm'>) => Promise<Result<Committed>>;
  readonly rollback: (input: Input<'rollback'>) => Promise<Result<Outcome>>;
  /** Takes back what is not confirmed. */
  readonly stop: () => Promise<void>;
};

/** A plan with the reading that it was made from. */
type Planned = { readonly plan: Plan; readonly observed: Observed };

const STALE = fail('STALE', 'The host is not as it was when this plan was reviewed: look at the new plan.');

/** Seconds that another process may hold the journal. */
const PATIENCE = 60;
/** Milliseconds in which the host must be as desired after the last step. */
const SETTLE = 3000;

export function keepTransactions(options: TransactionOptions): Transactions {
  const { home, agent, log } = options;
  let committed = options.committed;
  let transaction: Transaction = options.found;
  let deadline: NodeJS.Timeout | null = null;
  /** Why the change that is being applied shall not go on. */
  let calledOff: string | null = null;
  let applying: Promise<void> = Promise.resolve();
  let stopping = false;
  const inTurn = turns();

  const become = (next: Transaction) => {
    transaction = next;
    options.tell({ event: 'transaction', transaction, committed });
  };

  const finish = (outcome: Outcome) => {
    const { changeId } = outcome;
    const summary = transaction.state === 'idle' ? '' : transaction.summary;
    if (deadline) clearTimeout(deadline);
    deadline = null;
    log.info({ outcome }, 'a change is over');
    if (outcome.result === 'stuck') {
      const { why, leftOver } = outcome;
      become({ state: 'stuck', changeId, summary, why, leftOver });
    } else become({ state: 'idle' });
    options.tell({ event: 'outcome', outcome });
  };

  const takeBack = async (why: string): Promise<Outcome | null> => {
    const outcome = await rollBack(
      {
        home,
        agent,
        observe: options.observe,
        log,
        onBegin: ({ opened: { changeId, summary } }, reason) =>
          become({ state: 'rolling-back', changeId, summary, why: reason }),
      },
      why,
    );
    if (outcome) return adopt(outcome);
    // The watchdog was faster: it has written down how it ended.
    const changeId = transaction.state === 'idle' ? null : transaction.changeId;
    const recorded = readOutcomes(home).find((o) => o.changeId === changeId);
    return recorded ? adopt(recorded) : null;
  };
  const adopt = (outcome: Outcome): Outcome => {
    if (outcome.result === 'committed') {
      const kept = readCommitted(home, agent.incarnation);
      if (kept.ok) committed = kept.value.committed;
    }
    finish(outcome);
    return outcome;
  };

  const planFor = async (input: Input<'plan'>): Promise<Result<Planned>> => {
    if (input.baseVersion !== committed.version)
      return fail(
        'STALE',
        `The host is at version ${committed.version}, and this change starts from version ${input.baseVersion}: ` +
          'look at what was changed meanwhile, and plan again.',
      );
    const observed = await options.observe();
    const plan = planHost({ observed, committed, desired: input.desired });
    return plan.ok ? ok({ plan: plan.value, observed }) : plan;
  };

  const begin = async (input: Input<'apply'>): Promise<Result<Record<string, never>>> => {
    if (!agent.writable.yes) return fail('READ_ONLY', agent.writable.why);
    if (stopping) return fail('STOPPING', 'The agent is being stopped.');
    if (transaction.state !== 'idle') return fail('BUSY', busyText(transaction));
    const settled = await settle({ home, agent, observe: options.observe, log });
    if (!settled.ok) return settled;
    const planned = await planFor(input);
    if (!planned.ok) return planned;
    const { plan } = planned.value;
    if (plan.hash !== input.planHash) return STALE;
    const me = processRef(process.pid);
    if (me === null) throw new Error('this process is not in /proc');
    const { changeId, summary, seconds, desired } = input;
    const at = new Date().toISOString();
    const opened = openedJournal(home, {
      ...{ at, changeId, summary, seconds, desired, plan },
      incarnation: agent.incarnation,
      agent: me,
      before: committed,
      forwarders: forwarders(planned.value.observed),
    });
    if (!opened.ok) return opened;
    const armed = await armWatchdog({ home, host: agent.host, program: options.program }, at);
    if (!armed.ok) {
      dropJournal(home);
      return armed;
    }
    // The watchdog took a moment to start: who plugged something in meanwhile must not lose it.
    const again = await planFor(input).catch((e: unknown) => {
      dropJournal(home);
      throw e;
    });
    if (!again.ok || again.value.plan.hash !== plan.hash) {
      dropJournal(home);
      return again.ok ? STALE : again;
    }
    calledOff = null;
    become({ state: 'applying', changeId, summary, step: 0, steps: plan.steps.length, title: 'Begin' });
    applying = runToEnd(input, again.value).catch(async (e: unknown) => {
      log.error({ err: e }, 'applying failed unexpectedly');
      await takeBack(`The agent has a fault: ${e instanceof Error ? e.message : String(e)}`);
    });
    return ok({});
  };

  const runToEnd = async (input: Input<'apply'>, planned: Planned): Promise<void> => {
    const { plan } = planned;
    const { changeId, summary, seconds, desired } = input;
    const steps = plan.steps.length;
    const done = await applyPlan(plan, agent.runDir, {
      onStart: ({ n, title }) => {
        if (calledOff !== null) return false;
        note(home, { entry: 'started', step: n });
        become({ state: 'applying', changeId, summary, step: n, steps, title });
        return true;
      },
      onDone: ({ n }) => note(home, { entry: 'done', step: n }),
      onUntouched: ({ n }) => note(home, { entry: 'untouched', step: n }),
    });
    if (!done.ok) {
      await takeBack(calledOff ?? reasonText(done.error));
      return;
    }
    become({
      state: 'applying',
      changeId,
      summary,
      step: steps,
      steps,
      title: 'Check that it is as planned',
    });
    const wrong = await checkResult(desired, planned.observed);
    if (wrong !== null || calledOff !== null) {
      await takeBack(calledOff ?? wrong ?? '');
      return;
    }
    const nonce = randomBytes(16).toString('hex');
    const until = new Date(Date.now() + seconds * 1000).toISOString();
    note(home, { entry: 'awaiting', deadline: until, nonce });
    deadline = setTimeout(() => {
      void inTurn(async () => {
        if (transaction.state === 'awaiting' && transaction.nonce === nonce)
          await takeBack(`Nobody confirmed it within ${seconds} s.`);
      });
    }, seconds * 1000);
    become({ state: 'awaiting', changeId, summary, deadline: until, seconds, nonce });
  };

  /** Null when the host is as desired; what is missing, after a moment of patience, otherwise. */
  const checkResult = async (desired: Desired, before: Observed): Promise<string | null> => {
    const released = releasedBy(committed.desired, desired, before);
    for (const end = performance.now() + SETTLE; ; await pause(250)) {
      const observed = await options.observe();
      const verdict = verify({ observed, committed, desired, ours: [desired] });
      const unplugged = sameTaps(before, observed, released);
      if (converged(verdict) && unplugged.length === 0) return null;
      if (performance.now() > end && unplugged.length > 0)
        return `After the last step guests are not plugged in as before: ${unplugged.join(' ')}`;
      if (performance.now() > end)
        return `After the last step the host is not as planned: ${verdict.refused?.message ?? verdict.left.map((s) => s.title).join('; ')}`;
    }
  };

  const confirm = async ({ changeId, nonce }: Input<'confirm'>): Promise<Result<Committed>> => {
    if (transaction.state !== 'awaiting' || transaction.changeId !== changeId)
      return transaction.state === 'idle' && committed.changeId === changeId
        ? ok(committed)
        : fail('NOT_AWAITING', 'This change does not wait to be confirmed (any more).');
    if (transaction.nonce !== nonce)
      return fail(
        'WRONG_NONCE',
        'This confirmation was not made after the change was applied: reload and try again.',
      );
    return withLock(journalLock(home), PATIENCE, async () => {
      const journal = readJournal(home);
      if (!journal?.awaiting || journal.rollingBack || journal.ended)
        return fail('NOT_AWAITING', 'This change was taken back already.');
      const { desired } = journal.opened;
      const at = new Date().toISOString();
      const next: Committed = { version: committed.version + 1, desired, changeId, at };
      const kept = keptCommitted(home, { incarnation: agent.incarnation, committed: next });
      if (!kept.ok) return kept;
      committed = next;
      const outcome: Outcome = { result: 'committed', changeId, at, version: next.version };
      // It is kept, whether that can be written down or not.
      attempt(log, () => endJournal(home, outcome));
      finish(outcome);
      return ok(next);
    });
  };

  const rollback = async ({ changeId }: Input<'rollback'>): Promise<Result<Outcome>> => {
    if (transaction.state === 'idle' || transaction.changeId !== changeId) {
      const known = readOutcomes(home).find((o) => o.changeId === changeId);
      if (known?.result === 'rolled-back') return ok(known);
      return fail('NOT_OPEN', 'This change is not open: there is nothing to take back.');
    }
    const outcome = await takeBack('It was taken back by hand.');
    return outcome ? ok(outcome) : fail('NOT_OPEN', 'There was nothing to take back.');
  };

  const callOff = async (why: string) => {
    calledOff = why;
    await applying;
  };

  return {
    current: () => ({ transaction, committed }),
    plan: async (input) => {
      const planned = await planFor(input);
      return planned.ok ? ok(planned.value.plan) : planned;
    },
    apply: (input) => inTurn(() => begin(input)),
    confirm: (input) => inTurn(() => confirm(input)),
    // In turn: what is about to begin has begun, and is called off before anything is taken back under its steps.
    rollback: (input) =>
      inTurn(async () => {
        if (transaction.state === 'applying' && transaction.changeId === input.changeId)
          await callOff('It was taken back by hand while it was being applied.');
        return rollback(input);
      }),
    stop: async () => {
      stopping = true;
      await inTurn(async () => {}); // what was about to begin has begun
      if (transaction.state === 'applying')
        await callOff('The agent was stopped while the change was being applied.');
      await inTurn(async () => {
        if (transaction.state === 'awaiting')
          await takeBack('The agent was stopped before the change was confirmed.');
      });
    },
  };
}
