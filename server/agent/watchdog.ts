import { setTimeout as pause } from 'node:timers/promises';
import type { HostId } from '@/server/core/ids';
import { factsOf } from './facts';
import { type Journal, noteArmed, readJournal } from './journal';
import { openLog } from './log';
import { observe } from './observe';
import { isAlive, type ProcessRef, processRef } from './processes';
import { type RollbackContext, rollBack } from './rollback';

/** Milliseconds between looks at the journal. */
const LOOK = 200;
/** An agent that died may come back and take the change back itself. */
const AGENT_MAY_RETURN = 3000;
/** Longest that a living agent may work on a step, or on taking back, without a line in the journal. */
const NO_PROGRESS = 120_000;
/** A living agent takes the change back at the deadline; this much later it is taken for hung. */
const LATE = 5000;

/**
 * Watches over the open change until it is over. Runs in a process of its own, in a session of its own, so that it
 * outlives the agent. It needs neither web nor database. Time is measured without the wall clock, which may be set.
 */
async function watchOver(context: RollbackContext): Promise<void> {
  const me = processRef(process.pid);
  const first = readJournal(context.home);
  if (!first || !me) return;
  const { at } = first.opened;
  noteArmed(context.home, me, at);
  let length = first.length;
  let progressAt = performance.now();
  let awaitingSince: number | null = null;
  let deadSince: number | null = null;
  for (;;) {
    await pause(LOOK);
    const journal = readJournal(context.home);
    // Stuck: whoever was there has tried, and people have been told what to do.
    if (journal === null || journal.ended || journal.stuck || journal.opened.at !== at) return;
    const now = performance.now();
    if (journal.length !== length) progressAt = now;
    length = journal.length;
    if (journal.awaiting) awaitingSince ??= now;
    deadSince = isAlive(journal.opened.agent) ? null : (deadSince ?? now);
    const why = reasonToAct(journal, { now, progressAt, awaitingSince, deadSince });
    if (why === null) continue;
    // A hung agent that wakes up in the middle would go on with its steps.
    if (deadSince === null) endNow(journal.opened.agent);
    context.log.warn({ changeId: journal.opened.changeId, why }, 'the watchdog takes the change back');
    const outcome = await rollBack(context, why);
    context.log.warn({ outcome }, 'the watchdog is done');
    return;
  }
}

export type Clock = {
  readonly now: number;
  readonly progressAt: number;
  readonly awaitingSince: number | null;
  readonly deadSince: number | null;
};

/** Why the watchdog must act now, or null. Times in milliseconds. */
export function reasonToAct(journal: Journal, clock: Clock): string | null {
  const { now, progressAt, awaitingSince, deadSince } = clock;
  const deadline = awaitingSince === null ? null : awaitingSince + journal.opened.seconds * 1000;
  if (deadSince !== null) {
    if (now - deadSince >= AGENT_MAY_RETURN || (deadline !== null && now >= deadline))
      return 'The agent ended before the change was confirmed.';
    return null;
  }
  if (journal.rollingBack || deadline === null)
    return now - progressAt >= NO_PROGRESS ? 'The agent stopped working on the change.' : null;
  return now >= deadline + LATE ? 'The change was not confirmed in time, and the agent hung.' : null;
}

function endNow(agent: ProcessRef): void {
  try {
    process.kill(agent.pid, 'SIGKILL');
  } catch {
    // it ended in between
  }
}

/** The watchdog's process, for the agent whose folder this is. */
export async function runWatchdog(home: string, host: HostId): Promise<void> {
  const log = openLog(home, 'watchdog');
  // A hang-up of the terminal that the agent was started from is not the end of the watch.
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  const agent = await factsOf({ host, home });
  await watchOver({ home, agent, log, observe: () => observe(agent) });
}
