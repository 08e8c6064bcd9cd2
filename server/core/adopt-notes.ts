import { leftAlone } from './adopt-facts';
import { sameValue } from './canonical';
import type { Desired, Thing } from './change';
import type { Observed } from './observed';
import { keyOf, startWith, thingsOf, wordsFor } from './things';

/** What people should know of things that were here before: what a design does not have, and what forgetting means. */
export function adoptNotes(observed: Observed, before: Desired, after: Desired): readonly string[] {
  const was = new Map(thingsOf(before).map((t) => [keyOf(t), t]));
  const is = new Map(thingsOf(after).map((t) => [keyOf(t), t]));
  const isNew = (t: Thing) => t.adopted === true && was.get(keyOf(t))?.adopted === undefined;
  return [
    ...[...is.values()].filter(isNew).flatMap((t) => {
      const name = interfaceOf(t);
      return name === undefined ? [] : leftAlone(observed, name);
    }),
    ...[...was.values()].flatMap((t) => forgotten(t, is.get(keyOf(t)))),
    ...[...is.values()].flatMap((t) => noLonger(was.get(keyOf(t)), t)),
  ];
}

const interfaceOf = (t: Thing) =>
  t.kind === 'network' ? t.bridge?.name : t.kind === 'nic' ? undefined : t.name;

function forgotten(was: Thing, is: Thing | undefined): readonly string[] {
  if (!was.adopted || is !== undefined) return [];
  return [
    `${startWith(wordsFor(was))} stays on this host as it is: it was here before Patchbay, which only forgets it.`,
  ];
}

function noLonger(was: Thing | undefined, is: Thing): readonly string[] {
  if (!was?.adopted || is.adopted || sameValue(was, is)) return [];
  return [`${startWith(wordsFor(is))} is Patchbay's own from now on: when it is removed here, it goes.`];
}
