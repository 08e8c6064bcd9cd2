import type { NodeData } from './elements';
import type { Theme } from './theme';

/** The part of an element that a style function reads. */
export type Drawn = { data(key: string): unknown };
type StyleValue = string | number | readonly (string | number)[] | ((drawn: Drawn) => unknown);
export type Rule = { readonly selector: string; readonly style: Readonly<Record<string, StyleValue>> };

export const textOf = (drawn: Drawn, key: keyof NodeData): string => String(drawn.data(key) ?? '');
export const numberOf = (drawn: Drawn, key: string): number => Number(drawn.data(key) ?? 0);

/** Labels smaller than this on the screen are not drawn. */
export const LEGIBLE = 5.5;

export const stateColour = (theme: Theme, state: string): string =>
  state === 'up' ? theme.green : state === 'down' ? theme.red : theme.amber;
