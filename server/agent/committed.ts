import path from 'node:path';
import { z } from 'zod';
import { Committed, NOTHING, Outcome } from '@/server/core/change';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { readIfThere, writeDurably } from './durable';

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
