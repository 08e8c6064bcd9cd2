import type { Observed } from './observed';
import { goingLinks, type LinkSituation, linkOf, unplugged, without } from './plan-links-facts';
import { removeLink } from './plan-links-remove';
import { pluggedByUs, unplugStep } from './plan-links-taps';
import type { Draft } from './plan-situation';
import { plugOf } from './plugs';

export type Leaving = {
  readonly steps: readonly Draft[];
  /** Those that are only unplugged. */
  readonly moved: readonly string[];
  /** The host as it is then. */
  readonly observed: Observed;
};

/**
 * Taps of ours in networks' bridges that go, or become bridges of another kind: those that go as well are removed, the
 * others unplugged, first of all, so that nothing is in the way. They are plugged in where they belong at the end.
 * @param bridges names of those that go
 */
export function leavingTaps(s: LinkSituation, bridges: readonly string[]): Leaving {
  const going = new Set(bridges);
  const inside = (name: string) => {
    const plug = plugOf(s.observed, name);
    return plug !== null && going.has(plug.bridge) ? plug : null;
  };
  const gone = goingLinks(s).filter((l) => l.tap !== null && inside(l.name) !== null);
  const moved = s.goal
    .flatMap((g) => {
      const seen = linkOf(s.observed, g.name);
      const plug = inside(g.name);
      if (g.kind !== 'tap' || seen === undefined || plug === null) return [];
      return g.bridge !== undefined || pluggedByUs(s, seen, plug) ? [{ name: g.name, plug }] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    steps: [
      ...gone.map((l) => removeLink(s, l, { again: false })),
      ...moved.map(({ name, plug }) => unplugStep(s, name, plug)),
    ],
    moved: moved.map((m) => m.name),
    observed: unplugged(without(s.observed, gone), new Set(moved.map((m) => m.name))),
  };
}
