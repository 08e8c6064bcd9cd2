import type { Fact } from './observed';

/** One line of the inspector. */
export type InspectedFact = {
  readonly label: string;
  /** Null when it is unknown; then `why` has the reason. */
  readonly value: string | null;
  /** What was run, or read, to know it. */
  readonly command: string;
  readonly why?: string;
};

export type FactGroup = { readonly title: string; readonly facts: readonly InspectedFact[] };

/** Values by label; null and undefined are left out, because the tool did not say. */
export type Lines = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The facts of one group that come from one section; one line with the reason when the section is unknown. */
export function group<T>(
  title: string,
  fact: Fact<T>,
  lines: (value: Readonly<Record<string, T>>) => Lines | readonly (readonly [string, string])[],
): FactGroup {
  if (!fact.known)
    return { title, facts: [{ label: 'Unknown', value: null, command: fact.command, why: fact.why }] };
  const made = lines(fact.value);
  const pairs: readonly (readonly [string, string])[] = Array.isArray(made)
    ? made
    : Object.entries(made).flatMap(([label, value]) => {
        const words = toWords(value);
        return words === null ? [] : [[label, words] as const];
      });
  return { title, facts: pairs.map(([label, value]) => ({ label, value, command: fact.command })) };
}

function toWords(value: string | number | boolean | null | undefined): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** Long lists are cut here and say so; the table has them all. */
const SHOWN = 40;

export function shorten(
  pairs: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  if (pairs.length <= SHOWN) return pairs;
  return [...pairs.slice(0, SHOWN), ['…', `${pairs.length - SHOWN} more`]];
}
