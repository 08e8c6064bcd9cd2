import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Action, Desired, LeftOver, Outcome, Plan, Step } from '@/server/core/change';
import { commandText } from '@/server/core/compile/render';
import { readReason } from '@/server/core/explain';
import type { AgentFacts, Observed } from '@/server/core/observed';
import { planHost } from '@/server/core/plan';
import { fail, ok, type Result } from '@/server/core/result';
import { runAction, runActions } from './apply';
import { readCommitted, recordOutcome } from './committed';
import { closeJournal, isOpen, type Journal, note, readJournal } from './journal';
import { withLock } from './lock';
import type { Log } from './log';
import { forwarders, forwardingKept, keptText, notRestored, turnsOff } from './undone';

export type RollbackContext = {
  readonly home: string;
  readonly agent: AgentFacts;
  readonly observe: () => Promise<Observed>;
  readonly log: Log;
  /** Called once it is certain that we are the one who does it. */
  readonly onBegin?: (journal: Journal, why: string) => void;
};

/** Longest time, in seconds, that somebody else's rollback is waited for. */
const PATIENCE = 180;

export const journalLock = (home: string): string => path.join(home, 'journal.lock');

/**
 * Takes back the open change, or finds out how it ended; null when there is none. Agent and watchdog both call this,
 * and only one does it. The outcome is `stuck`, and the journal stays open, when the host is not what was committed.
 */
export function rollBack(context: RollbackContext, why: string): Promise<Outcome | null> {
  return withLock(journalLock(context.home), PATIENCE, async () => {
    const journal = readJournal(context.home);
    if (journal === null) return null;
    return journal.ended ?? alreadyCommitted(context, journal) ?? (await takeBack(context, journal, why));
  });
}

/** The end of the last change could not be written, on a disk that was full then: it is found out again. Failure JOURNAL. */
export async function settle(context: RollbackContext): Promise<Result<null>> {
  if (!isOpen(context.home)) return ok(null);
  const outcome = await rollBack(context, 'Its end could not be written.');
  if (outcome === null || !isOpen(context.home)) return ok(null);
  return fail(
    'JOURNAL',
    'The journal of the last change cannot be closed, so nothing was changed: is the disk full?',
  );
}

/** The rename of the committed state is the moment of commit: what is after it is only tidying up. */
function alreadyCommitted(context: RollbackContext, journal: Journal): Outcome | null {
  const kept = readCommitted(context.home, context.agent.incarnation);
  const { changeId, before } = journal.opened;
  if (!kept.ok || kept.value.committed.changeId !== changeId) return null;
  const { version, at } = kept.value.committed;
  if (version !== before.version + 1) return null;
  const outcome: Outcome = { result: 'committed', changeId, at, version };
  attempt(context.log, () => endJournal(context.home, outcome));
  return outcome;
}

/** Writes down how the change ended, in the journal and in the list that records are brought in line with. */
export function endJournal(home: string, outcome: Outcome): Outcome {
  note(home, { entry: 'ended', outcome });
  recordOutcome(home, outcome);
  closeJournal(home);
  return outcome;
}

async function takeBack(context: RollbackContext, journal: Journal, reason: string): Promise<Outcome> {
  const { home, agent, log } = context;
  const { changeId, incarnation, before } = journal.opened;
  // The first reason is the one people want to read; a second attempt does not replace it.
  const first = journal.stuck?.why ?? journal.rollingBack?.why ?? reason;
  const { sentence, words } = readReason(first);
  let why = first;
  const ended = (): Outcome => {
    const outcome: Outcome = { result: 'rolled-back', changeId, at: new Date().toISOString(), why };
    attempt(log, () => endJournal(home, outcome));
    return outcome;
  };
  context.onBegin?.(journal, why);
  if (incarnation !== agent.incarnation) return ended(); // it went with the restart
  attempt(log, () => note(home, { entry: 'rolling-back', why }));

  const errors = new Map<string, string>();
  const inverses = inversesOf(journal);
  const failed: Inverse[] = [];
  if (journal.stuck === null) {
    const earlier = journal.opened.forwarders ?? {};
    const seen = await context.observe().catch(() => null); // taking back goes on without
    const now = seen === null ? earlier : forwarders(seen);
    const kept = forwardingKept({ before, earlier, now }, agent);
    why = `${sentence}${keptText(kept)}${words === null ? '' : `\n${words}`}`;
    // A step may have been begun and not done: an inverse that finds nothing to undo is no harm. What counts is what
    // is observed afterwards.
    for (const { step, action } of inverses.filter((i) => !turnsOff(i.action, i.step, kept))) {
      const undone = await runAction(action, agent.runDir);
      if (undone.ok) continue;
      failed.push({ step, action });
      errors.set(commandText(action), undone.error.message);
      log.warn({ changeId, step: step.n, error: undone.error }, 'an inverse failed');
    }
  } else {
    const left = new Set(journal.stuck.leftOver.map((l) => l.command));
    failed.push(...inverses.filter((i) => left.has(commandText(i.action))));
  }

  const whatRemains = async (): Promise<Result<Plan>> =>
    planHost({
      observed: await context.observe(),
      committed: before,
      desired: before.desired,
      purpose: 'restore',
      ours: [ownPart(journal)],
    });
  let remaining = await whatRemains();
  for (const step of remaining.ok ? remaining.value.steps : []) {
    const done = await runActions(step.actions, agent.runDir);
    if (!done.ok) {
      for (const action of step.actions) errors.set(commandText(action), done.error.message);
      log.warn(
        { changeId, step: step.title, error: done.error },
        'a step back to the committed state failed',
      );
    }
  }
  // Guests' ports and routes settle a moment after the commands.
  for (let tries = 0; !isDone(remaining) && tries < 6; tries += 1) {
    if (tries > 0) await pause(300);
    remaining = await whatRemains();
  }
  const undone = await tryAgain(context, failed, errors);
  if (isDone(remaining) && undone.length === 0) return ended();

  const planned = remaining.ok
    ? remaining.value.steps.map((s) => toLeftOver(s.title, s.actions, errors))
    : [
        {
          what: remaining.error.message,
          command: 'patchbay rollback',
          error: remaining.error.detail ?? null,
        },
      ];
  const leftOver = [...planned, ...undone];
  const outcome: Outcome = { result: 'stuck', changeId, at: new Date().toISOString(), why, leftOver };
  attempt(log, () => note(home, { entry: 'stuck', why, leftOver }));
  attempt(log, () => recordOutcome(home, outcome));
  log.error({ changeId, leftOver }, 'a change could not be taken back entirely');
  return outcome;
}

/** What was being made, without that of which the first step found that somebody else was quicker: it is not ours to remove. */
function ownPart({ begun, untouched, opened }: Journal): Desired {
  const touchedBy = (steps: readonly number[]) =>
    new Set(opened.plan.steps.filter((s) => steps.includes(s.n)).flatMap((s) => s.touches));
  const [made, found] = [touchedBy(begun), touchedBy(untouched)];
  const isTheirs = (what: string) => found.has(what) && !made.has(what);
  return {
    networks: opened.desired.networks.filter((n) => !isTheirs(`bridge ${n.bridge?.name}`)),
    links: opened.desired.links.filter((l) => !isTheirs(`${l.kind} ${l.name}`)),
    ...(opened.desired.nics === undefined ? {} : { nics: opened.desired.nics }),
  };
}

type Inverse = { readonly step: Step; readonly action: Action };

/** In the order in which they run. */
const inversesOf = ({ begun, opened }: Journal): readonly Inverse[] =>
  [...begun].reverse().flatMap((n) => {
    const step = opened.plan.steps.find((s) => s.n === n);
    return step === undefined ? [] : step.inverse.map((action) => ({ step, action }));
  });

/** Inverses that failed and that no desired state makes good: once more, now that the rest is back. Answers what is left. */
async function tryAgain(
  { agent, observe, log }: RollbackContext,
  failed: readonly Inverse[],
  errors: Map<string, string>,
): Promise<readonly LeftOver[]> {
  if (failed.length === 0) return [];
  const seen = await observe();
  const wrong = failed.filter((i) => notRestored(i.action, seen));
  for (const { step, action } of wrong) {
    const done = await runAction(action, agent.runDir);
    if (done.ok) continue;
    errors.set(commandText(action), done.error.message);
    log.warn({ step: step.n, error: done.error }, 'an inverse failed again');
  }
  const now = wrong.length === 0 ? seen : await observe();
  return wrong
    .filter((i) => notRestored(i.action, now))
    .map(({ step, action }) => toLeftOver(`Undo of: ${step.title}`, [action], errors));
}

/** A full disk must not keep us from taking back: what could not be written is found again and done again. */
export function attempt(log: Log, write: () => void): void {
  try {
    write();
  } catch (e) {
    log.error({ err: e }, 'the journal cannot be written');
  }
}

const isDone = (plan: Result<Plan>): boolean => plan.ok && plan.value.steps.length === 0;

function toLeftOver(what: string, actions: readonly Action[], errors: ReadonlyMap<string, string>): LeftOver {
  const commands = actions.map(commandText);
  const error = commands.flatMap((c) => errors.get(c) ?? [])[0] ?? null;
  return { what, command: commands.join('\n'), error };
}
