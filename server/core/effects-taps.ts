import type { Desired } from './change';
import type { Effect } from './effect';
import { AT_ONCE, tell } from './effects-seats';
import type { Tap } from './kinds/link';
import type { Situation } from './plan-situation';
import { plugOf } from './plugs';
import { guestOf } from './port-guests';

const tapsOf = ({ links }: Desired): readonly Tap[] => links.flatMap((l) => (l.kind === 'tap' ? [l] : []));

/** Taps that are plugged into something else, or nothing, from now on, or that go: what becomes of their network is not theirs. */
export function goneTaps(s: Situation, was: Desired, desired: Desired): ReadonlySet<string> {
  const after = new Map(tapsOf(desired).map((t) => [t.name, t]));
  return new Set(
    tapsOf(was)
      .filter((t) => t.bridge !== undefined && plugOf(s.observed, t.name)?.bridge === t.bridge)
      .filter((t) => after.get(t.name)?.bridge !== t.bridge && !(t.adopted && !after.has(t.name)))
      .map((t) => t.name),
  );
}

/**
 * What whoever is behind a tap of the host notices when it is plugged in elsewhere.
 * @param away taps that are unplugged first because their bridge goes
 */
export function tapEffects(
  s: Situation,
  { was, desired }: { readonly was: Desired; readonly desired: Desired },
  away: readonly string[],
): readonly Effect[] {
  const gone = goneTaps(s, was, desired);
  return tapsOf(desired).flatMap(({ name, bridge }): readonly Effect[] => {
    const from = plugOf(s.observed, name)?.bridge;
    if (from === undefined) return [];
    const guest = guestOf(s.observed, name);
    const seat = { port: name, guest: guest?.name ?? null, mac: guest?.mac ?? null, leases: [] };
    const network = (of: Desired, at: string | undefined) =>
      of.networks.find((n) => n.bridge?.name === at)?.name ?? at ?? '';
    if (gone.has(name))
      return tell(network(was, from), [seat], {
        what:
          bridge === undefined
            ? `Unplugged from ${from}: nobody is reached any more.`
            : `Plugged into ${bridge} instead of ${from}: who is in ${network(was, from)} is out of reach, and its addresses there are of no use.`,
        when: AT_ONCE,
        severity: 'ends',
      });
    if (!away.includes(name)) return [];
    return tell(network(desired, bridge), [seat], {
      what: `No packets pass while ${bridge} is made anew; then it is plugged in again, and connections go on.`,
      when: { at: 'moment', seconds: 1 },
      severity: 'pauses',
    });
  });
}
