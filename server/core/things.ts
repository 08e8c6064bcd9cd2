import type { Desired, Thing } from './change';
import { unreachable } from './result';

/** Everything that a desired state defines. */
export const thingsOf = ({ networks, links }: Desired): readonly Thing[] => [...networks, ...links];

/** The desired state of these things, in their order. */
export const desiredOf = (things: readonly Thing[]): Desired => ({
  networks: things.flatMap((t) => (t.kind === 'network' ? [t] : [])),
  links: things.flatMap((t) => (t.kind === 'network' ? [] : [t])),
});

/** Bridges that networks make for themselves, and links of the host. */
const ownInterfaces = ({ networks, links }: Desired): readonly string[] => [
  ...networks.flatMap((n) => n.bridge?.name ?? []),
  ...links.map((l) => l.name),
];

/** What a change lets go on purpose: bridges that end, with what is in them, and uplinks that go elsewhere. */
export function releasedBy(before: Desired, after: Desired): readonly string[] {
  const kept = new Set(ownInterfaces(after));
  const uplinks = [...before.links, ...after.links].flatMap((l) =>
    l.kind === 'bridge' ? (l.uplinks ?? []) : l.kind === 'bond' ? l.members : [],
  );
  const moving = [...before.links, ...after.links].flatMap((l) => (l.kind === 'tap' ? [l] : []));
  const taps = moving.filter((t) => moving.some((o) => o.name === t.name && o.bridge !== t.bridge));
  return [...ownInterfaces(before).filter((name) => !kept.has(name)), ...uplinks, ...taps.map((t) => t.name)];
}

/** By what a thing is known: networks have names of their own, links share those of interfaces. */
export const keyOf = ({ kind, name }: Thing): string => `${kind === 'network' ? 'network' : 'link'} ${name}`;

/** In the middle of a sentence: "network demo". */
export function wordsFor(thing: Thing): string {
  switch (thing.kind) {
    case 'network':
    case 'bridge':
    case 'bond':
    case 'tap':
      return `${thing.kind} ${thing.name}`;
    case 'vlan':
      return `VLAN ${thing.name}`;
    default:
      return unreachable(thing);
  }
}

/** At its beginning. */
export const startWith = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
