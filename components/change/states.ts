import type { HostSummary } from '@/server/api/live';
import type { Change } from '../live/types';
import type { Tone } from '../ui/Badge';

type Word = { readonly word: string; readonly tone: Tone };

/** One name for each state, everywhere. */
const STATES: Readonly<Record<Change['state'], Word>> = {
  draft: { word: 'draft', tone: 'plain' },
  planned: { word: 'planned', tone: 'accent' },
  applying: { word: 'applying', tone: 'accent' },
  awaiting: { word: 'waits', tone: 'amber' },
  committed: { word: 'kept', tone: 'green' },
  'rolled-back': { word: 'rolled back', tone: 'plain' },
  stuck: { word: 'stuck', tone: 'red' },
  discarded: { word: 'discarded', tone: 'plain' },
};

/** Planned for a state of the host that is no more: it has to be planned again before it can be applied. */
export const isStale = (
  change: Pick<Change, 'state' | 'baseVersion'>,
  host: Pick<HostSummary, 'committed'> | undefined,
): boolean =>
  change.state === 'planned' && !!host?.committed && host.committed.version !== change.baseVersion;

/** The word for a change as its host is now. */
export const stateOf = (change: Change, host: HostSummary | undefined): Word =>
  isStale(change, host) ? { word: 'stale', tone: 'amber' } : STATES[change.state];

/** Undo is offered where it makes sense: kept, and not taken back yet. */
export const canUndo = (change: Change): boolean =>
  change.state === 'committed' && change.undoneBy.length === 0;
