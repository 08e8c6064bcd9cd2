import type { Desired } from './change';
import type { Observed } from './observed';
import { tapsChanged } from './plan-nics';

/** Bridges that networks make for themselves, and links of the host. */
const ownInterfaces = ({ networks, links }: Desired): readonly string[] => [
  ...networks.flatMap((n) => n.bridge?.name ?? []),
  ...links.map((l) => l.name),
];

/**
 * What a change lets go on purpose: bridges that end, with what is in them, uplinks that go elsewhere, and the taps of
 * NICs that it moves. `observed` is the host before it.
 */
export function releasedBy(before: Desired, after: Desired, observed: Observed): readonly string[] {
  const kept = new Set(ownInterfaces(after));
  const uplinks = [...before.links, ...after.links].flatMap((l) =>
    l.kind === 'bridge' ? (l.uplinks ?? []) : l.kind === 'bond' ? l.members : [],
  );
  const moving = [...before.links, ...after.links].flatMap((l) => (l.kind === 'tap' ? [l] : []));
  const taps = moving.filter((t) => moving.some((o) => o.name === t.name && o.bridge !== t.bridge));
  return [
    ...ownInterfaces(before).filter((name) => !kept.has(name)),
    ...uplinks,
    ...taps.map((t) => t.name),
    ...tapsChanged(observed, before, after),
  ];
}
