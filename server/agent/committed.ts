import path from 'node:path';
import { z } from 'zod';
import { Committed, NOTHING, Outcome } from '@/server/core/change';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { readIfThere, writeDurably } from './durable';
import { isAlive, ProcessRef, processRef } from './processes';

/** What was committed last, and in which life of the network stack it was last made so. */
const Kept = z.strictObject({ incarnation: z.string(), committed: Committed });
export type Kept = z.infer<typeof Kept>;

const fileOf = (home: string) => path.join(home, 'committed.json');

/**
 * `<home>/committed.json`; version 0 with nothing in it where none was ever written. Failure COMMITTED_UNREADABLE:
 * without knowing what is ours, nothing may be changed.
 */
export function readCommitted(home: string, incarnation: string): Result<Kept> {
  const file = fileOf(home);
  const text = readIfThere(file);
  if (text === null) {
    const at = new Date(0).toISOString();
    return ok({ incarnation, committed: { version: 0, desired: NOTHING, changeId: null, at } });
  }
  const parsed = Kept.safeParse(parseJson(text));
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return fail(
    'COMMITTED_UNREADABLE',
    `${file} cannot be understood (${issue?.path.join('.')}: ${issue?.message}). Put back a good copy, or move it ` +
      'away to start from nothing.',
  );
}

/** This rename is the moment of commit. */
export function writeCommitted(home: string, kept: Kept): void {
  writeDurably(fileOf(home), `${JSON.stringify(kept, null, 2)}\n`);
}

/** Failure NOT_WRITTEN: nothing is committed yet, and it may be tried again. */
export function keptCommitted(home: string, kept: Kept): Result<null> {
  try {
    writeCommitted(home, kept);
    return ok(null);
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e);
    return fail(
      'NOT_WRITTEN',
      `That this change is kept cannot be written down: ${why}. Make room on the disk and confirm again, or it goes back.`,
    );
  }
}

/**
 * One agent works in a folder: two would take each other's changes back. Failure HOME_TAKEN names the other one.
 */
export function claimHome(home: string): Result<null> {
  const file = path.join(home, 'agent.pid');
  const other = ProcessRef.safeParse(parseJson(readIfThere(file) ?? ''));
  if (other.success && other.data.pid !== process.pid && isAlive(other.data))
    return fail('HOME_TAKEN', `Another agent (process ${other.data.pid}) works in ${home}.`);
  const me = processRef(process.pid);
  if (me === null) throw new Error('this process is not in /proc');
  try {
    writeDurably(file, JSON.stringify(me));
  } catch {
    // On a full disk, too, what was committed is to be made.
  }
  return ok(null);
}

const MAX_OUTCOMES = 100;
const outcomesFile = (home: string) => path.join(home, 'outcomes.json');

/** How the last changes ended, newest first. */
export function readOutcomes(home: string): readonly Outcome[] {
  const parsed = z.array(Outcome).safeParse(parseJson(readIfThere(outcomesFile(home)) ?? '[]'));
  return parsed.success ? parsed.data : [];
}

/** The newest word on a change replaces the earlier one (a stuck change that came back after all). */
export function recordOutcome(home: string, outcome: Outcome): void {
  const others = readOutcomes(home).filter((o) => o.changeId !== outcome.changeId);
  writeDurably(outcomesFile(home), `${JSON.stringify([outcome, ...others].slice(0, MAX_OUTCOMES))}\n`);
}
