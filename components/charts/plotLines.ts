import type { Theme } from '../topology/theme';

/** A colour of the page's tokens: it changes with the theme. */
export type PlotColour = keyof Pick<Theme, 'accent' | 'amber' | 'red' | 'green' | 'text' | 'dim'>;

export type PlotLine = {
  readonly label: string;
  readonly colour: PlotColour;
  /** Beside its colour, lines are told apart by their dashes; absent: a whole line. */
  readonly dash?: readonly number[];
  /** The values at `x`; null: not known there. */
  readonly values: readonly (number | null)[];
};

/** A horizontal line over the whole width. */
export type PlotLimit = { readonly label: string; readonly colour: PlotColour; readonly at: number };

export type PlotProps = {
  /** What there is to see, in a sentence: read in place of the picture. */
  readonly label: string;
  /** Seconds, rising. */
  readonly x: readonly number[];
  /** Seconds at the left and at the right end. */
  readonly span: readonly [from: number, to: number];
  readonly lines: readonly PlotLine[];
  readonly limits?: readonly PlotLimit[];
  readonly height: number;
  /** A value in words, with its unit. */
  readonly words: (value: number) => string;
  /** A time in words, for the axis and beside the pointer. */
  readonly timeWords: (seconds: number) => string;
};

/** The dash of every limit. */
export const LIMIT_DASH: readonly number[] = [7, 4];
