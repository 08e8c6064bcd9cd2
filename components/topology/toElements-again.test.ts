import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layout, layout } from '@/server/core/layout';
import { withPins } from '@/server/core/layout-pins';
import { Observed } from '@/server/core/observed';
import { aLink, crowd } from '@/server/core/testing/crowd';
import type { Topology } from '@/server/core/topology';
import { toTopology } from '@/server/core/topology-build';
import { diffTopology, patchTopology } from '@/server/core/topology-diff';
import { changes } from './elementChanges';
import type { Element } from './elements';
import { type Drawn, NO_OVERLAY, type Scene, toElements } from './toElements';

/** These facts, and more taps on one of the bridges; one of them without a carrier. */
function draw(observed: Observed, bridge: string, more: readonly string[], down = ''): Topology {
  if (!observed.links.known) throw new Error('links are known here');
  const links = { ...observed.links.value };
  more.forEach((name, i) => {
    links[name] = aLink({ index: 5000 + i, name, kind: 'tun', master: bridge, carrier: name !== down });
  });
  return toTopology([
    { observed: { ...observed, links: { ...observed.links, value: links } }, rates: {}, pending: [] },
  ]);
}
const taps = (count: number, more: readonly string[]) => draw(crowd(count, 2), 'br0', more);
const full = Observed.parse(
  JSON.parse(
    readFileSync(
      join(import.meta.dirname, '../../server/core/testdata/topology/lab-full/observed.json'),
      'utf8',
    ),
  ),
);
const onto = (before: Topology, after: Topology) => patchTopology(before, diffTopology(before, after));
const scene = (topology: Topology, placed: Layout, more: Partial<Scene> = {}): Scene => ({
  topology,
  layout: placed,
  selection: null,
  overlay: NO_OVERLAY,
  ...more,
});
const byId = (elements: readonly Element[]) => new Map(elements.map((e) => [e.data.id, e]));

describe('one tap more', () => {
  const tap = ['machine/link/one-more', 'machine/link/one-more#title'];
  it.each([
    { count: 500, where: 'in a row that is there', added: tap, altered: [] },
    // 84 rows of six are full: the frame grows, and nothing of the other bridge has another number
    { count: 504, where: 'in a new row', added: ['machine/link/br0#rail83', ...tap], altered: ['machine'] },
  ])('among $count on each of two bridges, $where, is all that is drawn', ({ count, added, altered }) => {
    const before = taps(count, []);
    const after = onto(before, taps(count, ['one-more']));
    const places = layout(before);
    const was = toElements(scene(before, places));
    const is = toElements(scene(after, layout(after, places)), was);
    expect(was.elements.length).toBeGreaterThan(2 * count);
    const kept = new Set(was.elements);
    const made = is.elements.flatMap((e) => (kept.has(e) ? [] : [e.data.of]));
    const bar = 'machine/link/br0';
    const touched = [tap[0], ...altered, ...(added.length > tap.length ? [bar] : [])];
    expect([...new Set(made)].sort()).toEqual(touched.sort());
    const { add, alter, remove } = changes(byId(was.elements), is.elements);
    expect(add.map((e) => e.data.id)).toEqual(added);
    expect(alter.map(([, now]) => now.data.id)).toEqual(altered);
    expect(remove).toEqual([]);
  });
});

it('gives what it would give from scratch, whatever comes, goes, is chosen, pinned or lit up', () => {
  const names = ['x1', 'x2', 'x3'];
  const bridge = 'lab:demo/link/virbr1';
  const ids = [bridge, 'lab:demo/guest/web', 'lab:demo/link/x1', 'lab:demo'];
  const step = fc.record({
    more: fc.subarray(names),
    down: fc.constantFrom('', ...names),
    selection: fc.constantFrom(null, ...ids),
    pinned: fc.boolean(),
    vlans: fc.boolean(),
    vlan: fc.constantFrom(null, 1, 7),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), (steps) => {
      let topology = draw(full, 'virbr1', []);
      let places = layout(topology);
      let last: Drawn | undefined;
      for (const { more, down, selection, pinned, vlans, vlan } of steps) {
        topology = onto(topology, draw(full, 'virbr1', more, down));
        places = layout(topology, places);
        const pins = pinned ? { [bridge]: { x: 40, y: 500 } } : {};
        const now = scene(topology, withPins(topology, places, pins), {
          selection,
          overlay: { vlans, vlan },
          pinned: new Set(Object.keys(pins)),
        });
        const next = toElements(now, last);
        expect(next.elements).toEqual(toElements(now).elements);
        expect(toElements(now, next).elements.every((e, i) => e === next.elements[i])).toBe(true);
        last = next;
      }
    }),
    { numRuns: 60 },
  );
});
