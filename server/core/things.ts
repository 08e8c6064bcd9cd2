import type { Desired, Thing } from './change';
import { guestOf, ownName } from './kinds/domain-nic';
import { unreachable } from './result';

/** Everything that a desired state defines. */
export const thingsOf = ({ networks, links, nics = [] }: Desired): readonly Thing[] => [
  ...networks,
  ...links,
  ...nics,
];

/** The desired state of these things, in their order. */
export function desiredOf(things: readonly Thing[]): Desired {
  const nics = things.flatMap((t) => (t.kind === 'nic' ? [t] : []));
  return {
    networks: things.flatMap((t) => (t.kind === 'network' ? [t] : [])),
    links: things.flatMap((t) => (t.kind === 'network' || t.kind === 'nic' ? [] : [t])),
    ...(nics.length === 0 ? {} : { nics }),
  };
}

/** By what a thing is known: networks and NICs have names of their own, links share those of interfaces. */
export const keyOf = ({ kind, name }: Thing): string =>
  `${kind === 'network' || kind === 'nic' ? kind : 'link'} ${name}`;

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
    case 'nic':
      return `NIC ${ownName(thing)} of guest ${guestOf(thing)}`;
    default:
      return unreachable(thing);
  }
}

/** At its beginning. */
export const startWith = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
