import type { Change } from '../live/types';
import type { Tone } from '../ui/Badge';

type Word = { readonly word: string; readonly tone: Tone };

/** One name for each state, everywhere. */
export const STATES: Readonly<Record<Change['state'], Word>> = {
  draft: { word: 'draft', tone: 'plain' },
  planned: { word: 'planned', tone: 'accent' },
  applying: { word: 'applying', tone: 'accent' },
  awaiting: { word: 'waits', tone: 'amber' },
  committed: { word: 'kept', tone: 'green' },
  'rolled-back': { word: 'rolled back', tone: 'plain' },
  stuck: { word: 'stuck', tone: 'red' },
  discarded: { word: 'discarded', tone: 'plain' },
};

/** Undo is offered where it makes sense: kept, and not taken back yet. */
export const canUndo = (change: Change): boolean =>
  change.state === 'committed' && change.undoneBy.length === 0;
