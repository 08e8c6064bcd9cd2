import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layout, layout, type Rect } from './layout';
import { type Link, Observed } from './observed';
import { aLink, crowd, observedWith } from './testing/crowd';
import type { Topology, TopologyNode } from './topology';
import { aggregate } from './topology-aggregate';
import { toTopology } from './topology-build';

const draw = (...hosts: readonly Observed[]): Topology =>
  toTopology(hosts.map((observed) => ({ observed, rates: {}, pending: [] })));

const golden = (name: string): Observed =>
  Observed.parse(
    JSON.parse(
      readFileSync(join(import.meta.dirname, 'testdata', 'topology', name, 'observed.json'), 'utf8'),
    ),
  );

function withLink(observed: Observed, link: Link): Observed {
  if (!observed.links.known) throw new Error('links are known here');
  return { ...observed, links: { ...observed.links, value: { ...observed.links.value, [link.name]: link } } };
}

function withoutLink(observed: Observed, name: string): Observed {
  if (!observed.links.known) throw new Error('links are known here');
  const value = Object.fromEntries(Object.entries(observed.links.value).filter(([n]) => n !== name));
  return { ...observed, links: { ...observed.links, value } };
}

const corner = (r: Rect | undefined) => r && { x: r.x, y: r.y };
/** Who is somewhere else than before; frames and lanes may grow, but not move. */
const moved = (before: Layout, after: Layout): readonly string[] =>
  Object.keys(before.positions).filter(
    (id) =>
      after.positions[id] &&
      JSON.stringify(corner(after.positions[id])) !== JSON.stringify(corner(before.positions[id])),
  );

const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Counts how often the layout looks at a property of a node or edge. */
function counted(topology: Topology): { readonly topology: Topology; readonly looks: () => number } {
  let looks = 0;
  const watch = <T extends object>(item: T): T =>
    new Proxy(item, {
      get(target, key, self) {
        looks++;
        return Reflect.get(target, key, self);
      },
    });
  const all = <T extends object>(items: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(items).map(([id, item]) => [id, watch(item)]));
  return { topology: { nodes: all(topology.nodes), edges: all(topology.edges) }, looks: () => looks };
}

describe('layout', () => {
  it('places one more tap among a thousand without moving anything', () => {
    const host = crowd(1000);
    const more = withLink(host, aLink({ index: 5000, name: 'one-more', kind: 'tun', master: 'br0' }));
    const before = layout(draw(host));
    for (const after of [layout(draw(more)), layout(draw(more), before)]) {
      expect(moved(before, after)).toEqual([]);
      expect(after.positions['machine/link/one-more']).toBeDefined();
      expect(Object.keys(after.positions)).toHaveLength(Object.keys(before.positions).length + 1);
    }
  });

  it('takes linear work', () => {
    const work = (taps: number) => {
      const { topology, looks } = counted(draw(crowd(taps)));
      layout(topology);
      return looks() / taps;
    };
    expect(work(4000)).toBeLessThan(work(500) * 1.1);
  });

  it('keeps a bridge as wide as it is while it fills, and sizes it anew only when asked', () => {
    let host = crowd(1);
    let last = layout(draw(host));
    const first = last;
    for (let i = 0; i < 40; i++) {
      host = withLink(host, aLink({ index: 100 + i, name: `new${i}`, kind: 'tun', master: 'br0' }));
      const next = layout(draw(host), last);
      expect(moved(last, next)).toEqual([]);
      last = next;
    }
    expect(last.positions['machine/link/br0']?.w).toBe(first.positions['machine/link/br0']?.w);
    expect(layout(draw(host)).positions['machine/link/br0']?.w).toBeGreaterThan(
      first.positions['machine/link/br0']?.w ?? 0,
    );
  });

  it('leaves a hole where something went, and fills it with the next', () => {
    const host = crowd(9, 3);
    const before = layout(draw(host));
    const gone = withoutLink(host, 't0-4');
    const without = layout(draw(gone), before);
    expect(moved(before, without)).toEqual([]);
    const next = layout(
      draw(withLink(gone, aLink({ index: 900, name: 'next', kind: 'tun', master: 'br0' }))),
      without,
    );
    expect(corner(next.positions['machine/link/next'])).toEqual(
      corner(before.positions['machine/link/t0-4']),
    );
  });

  it('puts a new bridge to the right and moves nothing of its host', () => {
    const host = crowd(5, 3);
    const bridge = aLink({
      index: 700,
      name: 'br-new',
      kind: 'bridge',
      bridge: { stp: false, vlanFiltering: false, defaultPvid: 1, forwardDelay: 0 },
    });
    const before = layout(draw(host));
    const after = layout(draw(withLink(host, bridge)));
    expect(moved(before, after)).toEqual([]);
    expect(after.positions['machine/link/br-new']?.x).toBeGreaterThan(
      before.positions['machine/link/br2']?.x ?? 0,
    );
  });

  it('never moves anything, whatever comes and goes', () => {
    const step = fc.record({ add: fc.boolean(), bridge: fc.integer({ min: -1, max: 3 }), which: fc.nat(30) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let host = crowd(3, 4);
        let last = layout(draw(host));
        steps.forEach(({ add, bridge, which }, i) => {
          const names = host.links.known
            ? Object.keys(host.links.value).filter((n) => n.startsWith('t') || n.startsWith('x'))
            : [];
          const gone = names[which % names.length];
          host =
            add || gone === undefined
              ? withLink(
                  host,
                  aLink({
                    index: 1000 + i,
                    name: `x${i}`,
                    kind: 'tun',
                    master: bridge < 0 ? null : `br${bridge}`,
                  }),
                )
              : withoutLink(host, gone);
          const next = layout(draw(host), last);
          expect(moved(last, next)).toEqual([]);
          last = next;
        });
      }),
      { numRuns: 60 },
    );
  });

  it.each(['lab-small', 'lab-full', 'kvm-host', 'open-vswitch', 'lab-pending'])(
    'places everything of %s inside its host, and nothing on anything else',
    (name) => {
      const topology = draw(golden(name));
      const { positions } = layout(topology);
      const things = Object.values(topology.nodes).filter((n) => n.kind !== 'host' && n.kind !== 'network');
      for (const n of things) {
        const at = positions[n.id];
        const frame = positions[n.parent ?? ''];
        if (!at || !frame) throw new Error(`${n.id} has no place`);
        expect(
          at.x >= frame.x &&
            at.y >= frame.y &&
            at.x + at.w <= frame.x + frame.w &&
            at.y + at.h <= frame.y + frame.h,
          n.id,
        ).toBe(true);
      }
      for (const [i, a] of things.entries())
        for (const b of things.slice(i + 1)) {
          if (touching(topology, a, b)) continue;
          const [ra, rb] = [positions[a.id], positions[b.id]];
          expect(ra && rb && overlap(ra, rb), `${a.id} and ${b.id}`).toBe(false);
        }
    },
  );

  it('sets hosts side by side, the machine first', () => {
    const { positions } = layout(draw(crowd(2, 1, 'lab:a'), crowd(2), observedWith({}, 'lab:b')));
    const [m, a, b] = [positions.machine, positions['lab:a'], positions['lab:b']];
    if (!m || !a || !b) throw new Error('every host has a frame');
    expect(m.x + m.w).toBeLessThan(a.x);
    expect(a.x + a.w).toBeLessThan(b.x);
  });

  it('packs a big unfolded group and leaves its guests out', () => {
    const topology = draw(crowd(300));
    const shown = aggregate(topology, { expanded: new Set(['machine/group/br0']), limit: 150 });
    const { positions } = layout(shown);
    const jacks = Object.values(shown.nodes).filter((n) => n.kind === 'tap');
    expect(jacks).toHaveLength(300);
    expect(new Set(jacks.map((n) => JSON.stringify(positions[n.id]))).size).toBe(300);
    const bar = positions['machine/link/br0'];
    const handle = positions['machine/group/br0'];
    expect(bar && handle && overlap(bar, handle)).toBe(true);
  });
});

/** Jacks sit on their bar, members inside their bond. */
function touching(topology: Topology, a: TopologyNode, b: TopologyNode): boolean {
  const over = (x: TopologyNode, y: TopologyNode) =>
    x.anchor === y.id && (x.band === 'port' || topology.nodes[y.id]?.kind === 'bond');
  return over(a, b) || over(b, a);
}
