import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Committed, Desired, LeftOver, Outcome, Plan } from '@/server/core/change';
import { fail, ok, type Result } from '@/server/core/result';
import { parseJson } from '@/server/core/wire';
import { appendDurably, readIfThere, syncFolder, writeDurably } from './durable';
import { ProcessRef } from './processes';

/*
 * One change's life on disk, a line for every event, each on the disk before what it announces happens. Whoever finds
 * it (the agent when it starts again, the watchdog) can take the change back from it alone.
 */

const Opened = z.strictObject({
  entry: z.literal('opened'),
  /** ISO 8601. */
  at: z.string(),
  changeId: z.string(),
  summary: z.string(),
  /** Life of the network stack; in another one nothing of this change exists. */
  incarnation: z.string(),
  /** Who applies it. */
  agent: ProcessRef,
  /** Seconds to confirm in. */
  seconds: z.int(),
  before: Committed,
  desired: Desired,
  plan: Plan,
  /** Who had the host forward packets before (see `forwarders`). */
  forwarders: z.record(z.string(), z.number()).optional(),
});
export type Opened = z.infer<typeof Opened>;

const Entry = z.discriminatedUnion('entry', [
  Opened,
  z.strictObject({ entry: z.literal('started'), step: z.int() }),
  z.strictObject({ entry: z.literal('done'), step: z.int() }),
  /** It failed before it had changed anything. */
  z.strictObject({ entry: z.literal('untouched'), step: z.int() }),
  z.strictObject({ entry: z.literal('awaiting'), deadline: z.string(), nonce: z.string() }),
  z.strictObject({ entry: z.literal('rolling-back'), why: z.string() }),
  z.strictObject({ entry: z.literal('stuck'), why: z.string(), leftOver: z.array(LeftOver) }),
  z.strictObject({ entry: z.literal('ended'), outcome: Outcome }),
]);
type Entry = z.infer<typeof Entry>;
export type Event = Exclude<Entry, Opened>;

/** A journal as read back. */
export type Journal = {
  readonly opened: Opened;
  /** Numbers of the steps that were begun, in the order in which they were, without those that changed nothing. */
  readonly begun: readonly number[];
  /** Numbers of those that were begun and changed nothing. */
  readonly untouched: readonly number[];
  readonly awaiting: { readonly deadline: string; readonly nonce: string } | null;
  readonly rollingBack: { readonly why: string } | null;
  readonly stuck: { readonly why: string; readonly leftOver: readonly LeftOver[] } | null;
  readonly ended: Outcome | null;
  /** Lines so far: it grows while somebody works. */
  readonly length: number;
};

const folderOf = (home: string) => path.join(home, 'journal');
const current = (home: string) => path.join(folderOf(home), 'current');

/** The change that is not over, if there is one. Throws when the file is damaged beyond a torn last line. */
export function readJournal(home: string): Journal | null {
  const text = readIfThere(current(home));
  if (text === null) return null;
  const lines = text.split('\n');
  // A line without its end was being written when the machine went down: what it announces did not happen.
  lines.pop();
  const entries = lines.map((line) => Entry.parse(parseJson(line)));
  const [opened, ...events] = entries;
  if (opened?.entry !== 'opened') throw new Error(`${current(home)} does not begin with what was opened`);
  let journal: Journal = {
    opened,
    begun: [],
    untouched: [],
    awaiting: null,
    rollingBack: null,
    stuck: null,
    ended: null,
    length: entries.length,
  };
  for (const event of events) journal = withEvent(journal, event);
  return journal;
}

function withEvent(journal: Journal, event: Entry): Journal {
  switch (event.entry) {
    case 'opened':
      throw new Error('a journal is opened once');
    case 'started':
      return { ...journal, begun: [...journal.begun, event.step] };
    case 'done':
      return journal;
    case 'untouched':
      return {
        ...journal,
        begun: journal.begun.filter((n) => n !== event.step),
        untouched: [...journal.untouched, event.step],
      };
    case 'awaiting':
      return { ...journal, awaiting: { deadline: event.deadline, nonce: event.nonce } };
    case 'rolling-back':
      return { ...journal, rollingBack: { why: event.why } };
    case 'stuck':
      return { ...journal, stuck: { why: event.why, leftOver: event.leftOver } };
    case 'ended':
      return { ...journal, ended: event.outcome };
  }
}

/** Is there one that is not over? One that cannot be read is for people. */
export function isOpen(home: string): boolean {
  try {
    const journal = readJournal(home);
    return journal !== null && journal.ended === null;
  } catch {
    return false;
  }
}

/** Begins a journal. It and its name are on the disk when this returns. */
export function openJournal(home: string, opened: Omit<Opened, 'entry'>): void {
  if (existsSync(current(home))) throw new Error('a change is open already');
  mkdirSync(folderOf(home), { recursive: true, mode: 0o700 });
  writeDurably(current(home), `${JSON.stringify({ entry: 'opened', ...opened } satisfies Opened)}\n`);
  syncFolder(home);
}

/** Failure JOURNAL: without it on the disk, nothing may be changed. */
export function openedJournal(home: string, opened: Omit<Opened, 'entry'>): Result<null> {
  try {
    // One that is over, but could not be put aside at the time.
    if (readJournal(home)?.ended) closeJournal(home);
    openJournal(home, opened);
    return ok(null);
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e);
    return fail('JOURNAL', `The journal cannot be written, so nothing was changed: ${why}.`);
  }
}

/** Adds an event; on the disk when this returns. */
export function note(home: string, event: Event): void {
  appendDurably(current(home), JSON.stringify(event));
}

/** Puts an ended journal aside; the last one is kept to be read by people. */
export function closeJournal(home: string): void {
  renameSync(current(home), path.join(folderOf(home), 'last'));
  syncFolder(folderOf(home));
}

/** A damaged journal is kept beside, for people. */
export function setJournalAside(home: string): string {
  const aside = path.join(folderOf(home), 'damaged');
  renameSync(current(home), aside);
  return aside;
}

/** Nothing was begun yet: as if it had never been opened. */
export function dropJournal(home: string): void {
  rmSync(current(home), { force: true });
}

const Armed = z.strictObject({ process: ProcessRef, opened: z.string() });
const armedFile = (home: string) => path.join(folderOf(home), 'watchdog');

/** The watchdog says that it watches the change that was opened at this time. */
export function noteArmed(home: string, process: ProcessRef, opened: string): void {
  writeDurably(armedFile(home), JSON.stringify({ process, opened } satisfies z.infer<typeof Armed>));
}

/** Who watches the change that was opened at this time. */
export function armedFor(home: string, opened: string): ProcessRef | null {
  const armed = Armed.safeParse(parseJson(readIfThere(armedFile(home)) ?? ''));
  return armed.success && armed.data.opened === opened ? armed.data.process : null;
}
