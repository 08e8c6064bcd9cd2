import type { Committed, Transaction } from '@/server/core/change';
import type { AgentFacts, Observed } from '@/server/core/observed';
import { planHost } from '@/server/core/plan';
import { ok, type Result } from '@/server/core/result';
import { applyPlan } from './apply';
import { readCommitted, writeCommitted } from './committed';
import { forgetDnsmasqs } from './dnsmasq';
import { readJournal, setJournalAside } from './journal';
import type { Log } from './log';
import { rollBack } from './rollback';

export type RecoverOptions = {
  readonly home: string;
  readonly agent: AgentFacts;
  readonly observe: () => Promise<Observed>;
  readonly log: Log;
};

export type Recovered = { readonly committed: Committed; readonly found: Transaction };

/**
 * Brings the host to the last committed state before anybody is served: takes back what an agent before us left open,
 * and after a restart of the host (or lab) makes what was committed. Failure COMMITTED_UNREADABLE. What cannot be
 * made is logged and shows as drift.
 */
export async function recover(options: RecoverOptions): Promise<Result<Recovered>> {
  const { home, agent, log } = options;
  const readable = readCommitted(home, agent.incarnation);
  if (!readable.ok) return readable;
  const found = await takeBackOpenChange(options);
  const kept = readCommitted(home, agent.incarnation); // it may have been committed just before the agent died
  if (!kept.ok) return kept;
  const { incarnation, committed } = kept.value;
  if (incarnation !== agent.incarnation && agent.writable.yes) {
    await forgetDnsmasqs(
      agent.runDir,
      committed.desired.networks.map((n) => n.name),
    );
    const made = await makeCommitted(options, committed);
    if (made) writeCommitted(home, { incarnation: agent.incarnation, committed });
    else log.error('the committed state could not be made; it is tried again at the next start');
  }
  return ok({ committed, found });
}

async function takeBackOpenChange(options: RecoverOptions): Promise<Transaction> {
  const { home, log } = options;
  let summary = '';
  try {
    summary = readJournal(home)?.opened.summary ?? '';
  } catch (e) {
    log.error({ err: e, aside: setJournalAside(home) }, 'the journal cannot be read and was put aside');
    return { state: 'idle' };
  }
  const outcome = await rollBack(
    options,
    'The agent ended before the change was confirmed, and was started again.',
  );
  if (outcome) log.warn({ outcome }, 'a change was open when the agent started');
  if (outcome?.result !== 'stuck') return { state: 'idle' };
  const { changeId, why, leftOver } = outcome;
  return { state: 'stuck', changeId, summary, why, leftOver };
}

async function makeCommitted(options: RecoverOptions, committed: Committed): Promise<boolean> {
  const { agent, log } = options;
  const plan = planHost({
    observed: await options.observe(),
    committed,
    desired: committed.desired,
    purpose: 'restore',
  });
  if (!plan.ok) {
    log.error({ error: plan.error }, 'what was committed cannot be planned');
    return false;
  }
  const onStart = () => true;
  const done = await applyPlan(plan.value, agent.runDir, {
    onStart,
    onDone: () => {},
    onUntouched: () => {},
  });
  if (!done.ok) log.error({ error: done.error }, 'what was committed cannot be made');
  else
    log.info(
      { version: committed.version, steps: plan.value.steps.length },
      'what was committed was made again',
    );
  return done.ok;
}
