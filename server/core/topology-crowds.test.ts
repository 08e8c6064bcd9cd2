import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Layout, layout, type Rect } from './layout';
import type { Link } from './observed';
import { aLink, crowd, observedWith } from './testing/crowd';
import type { Topology, TopologyNode } from './topology';
import { aggregate, LIMIT, shownAs } from './topology-aggregate';
import { toTopology } from './topology-build';

const none = new Set<string>();
const MANY = 'machine/group/many/bridges';

type Shape = {
  /** Bridges, and taps on each of them. */
  readonly bridges: number;
  readonly taps: number;
  /** Taps and network cards on no bridge. */
  readonly loose: number;
  readonly cards: number;
  /** A VLAN device of one card under every bridge. */
  readonly vlans: boolean;
  /** Network cards plugged into the first bridge. */
  readonly uplinks: number;
};

function shaped(shape: Shape, host = 'machine'): Topology {
  const base = crowd(shape.taps, shape.bridges, host);
  const links: Record<string, Link> = base.links.known ? { ...base.links.value } : {};
  let index = 100_000;
  const add = (name: string, more: Partial<Link> & { kind: Link['kind'] }) => {
    links[name] = aLink({ index: index++, name, ...more });
  };
  for (let i = 0; i < shape.loose; i++) add(`lone${i}`, { kind: 'tun' });
  for (let i = 0; i < shape.cards; i++) add(`eth${i}`, { kind: 'device' });
  for (let i = 0; i < shape.uplinks; i++) add(`up${i}`, { kind: 'device', master: 'br0' });
  if (shape.vlans) for (let i = 0; i < shape.bridges; i++) add(`v${i}`, { kind: 'device', master: `br${i}` });
  return toTopology([{ observed: observedWith(links, host), rates: {}, pending: [] }]);
}

const small: Shape = { bridges: 1, taps: 1, loose: 0, cards: 0, vlans: false, uplinks: 0 };
const count = (t: Topology) => Object.keys(t.nodes).length;
const fold = (t: Topology, expanded: ReadonlySet<string> = none) => aggregate(t, { expanded, limit: LIMIT });

const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
const boxes = (t: Topology, placed: Layout): readonly Rect[] =>
  Object.values(t.nodes)
    .filter((n) => n.kind === 'bridge' || n.kind === 'group' || n.kind === 'uplink')
    .map((n) => placed.positions[n.id])
    .filter((r) => r !== undefined);

describe('folding of any shape', () => {
  it('folds bridges when they are the crowd, with everything that hangs on them', () => {
    const full = shaped({ ...small, bridges: 300 });
    const shown = fold(full);
    expect(shown.nodes[MANY]).toMatchObject({ label: '280 bridges', band: 'bridge', anchor: null });
    expect(shown.nodes[MANY]?.detail).toBe('280 ports');
    expect(count(shown)).toBe(1 + 20 + 20 + 1);
  });

  it('says how many bridges are down', () => {
    const full = shaped({ ...small, bridges: 300, taps: 0 });
    const down = ['br200', 'br201', 'br202'].map((b) => `machine/link/${b}`);
    const nodes = { ...full.nodes };
    for (const id of down) {
      const node = nodes[id];
      if (node) nodes[id] = { ...node, state: 'down' };
    }
    expect(fold({ ...full, nodes }).nodes[MANY]).toMatchObject({ label: '280 bridges', detail: '3 down' });
  });

  it('keeps bridges with an uplink or a network in sight, whatever their age', () => {
    const full = shaped({ ...small, bridges: 300 });
    const late = full.nodes['machine/link/br299'];
    if (!late) throw new Error('the crowd has this bridge');
    const network: TopologyNode = {
      ...late,
      id: 'machine/network/late',
      kind: 'network',
      label: 'late',
      anchor: late.id,
    };
    const shown = fold({ ...full, nodes: { ...full.nodes, [network.id]: network } });
    expect(shown.nodes[late.id]).toBeDefined();
    expect(shown.nodes[network.id]).toBeDefined();
    expect(shown.nodes['machine/link/br19']).toBeUndefined();
  });

  it('does not fold a bridge on which something will change', () => {
    const full = shaped({ ...small, bridges: 300 });
    const tap = full.nodes['machine/link/t250-0'];
    if (!tap) throw new Error('the crowd has this tap');
    const shown = fold({ ...full, nodes: { ...full.nodes, [tap.id]: { ...tap, pending: 'changed' } } });
    expect(shown.nodes[tap.id]).toBeDefined();
    expect(shown.nodes['machine/link/br250']).toBeDefined();
  });

  it('folds even a change when there is nothing else to read', () => {
    const full = shaped({ ...small, bridges: 300 });
    const nodes = Object.fromEntries(
      Object.entries(full.nodes).map(([id, n]) => [
        id,
        n.kind === 'bridge' ? { ...n, pending: 'added' as const } : n,
      ]),
    );
    const shown = fold({ ...full, nodes });
    expect(count(shown)).toBeLessThanOrEqual(LIMIT);
    expect(shown.nodes[MANY]).toMatchObject({ label: '300 bridges', pending: 'added' });
  });

  it('shows every bridge when the group is unfolded, none over another', () => {
    const full = shaped({ ...small, bridges: 300, taps: 3, vlans: true });
    const shown = fold(full, new Set([MANY]));
    expect(Object.values(shown.nodes).filter((n) => n.kind === 'bridge')).toHaveLength(300);
    const closed = layout(fold(full));
    const placed = layout(shown, closed);
    for (const id of Object.keys(closed.positions).filter((i) => i !== 'machine'))
      expect(placed.positions[id], id).toEqual(closed.positions[id]);
    for (const id of Object.keys(shown.nodes)) expect(placed.positions[id], id).toBeDefined();
    const rects = boxes(shown, placed);
    const hits = rects.flatMap((a, i) => rects.slice(i + 1).filter((b) => overlap(a, b)));
    expect(hits).toEqual([]);
    expect(placed.bounds.w).toBe(closed.bounds.w);
  });

  it('unfolds a crowd of uplinks into rows', () => {
    const full = shaped({ ...small, cards: 300 });
    const id = 'machine/group/loose/uplinks';
    expect(fold(full).nodes[id]?.label).toBe('300 devices');
    const shown = fold(full, new Set([id]));
    const placed = layout(shown);
    const rects = boxes(shown, placed);
    expect(rects).toHaveLength(300 + 1 + 1);
    expect(rects.flatMap((a, i) => rects.slice(i + 1).filter((b) => overlap(a, b)))).toEqual([]);
    expect(placed.bounds.w).toBeLessThan(2000);
  });

  it('finds the group of everything it folded, by way of its bridge', () => {
    const full = shaped({ ...small, bridges: 300, taps: 4, vlans: true });
    const shown = fold(full);
    for (const id of Object.keys(full.nodes)) {
      const as = shownAs(full, shown, id);
      expect(as === null ? undefined : shown.nodes[as], id).toBeDefined();
    }
    expect(shownAs(full, shown, 'machine/link/t299-2')).toBe(MANY);
    expect(shownAs(full, shown, 'machine/link/br299')).toBe(MANY);
  });

  it('stays as it is when one more bridge comes', () => {
    const before = fold(shaped({ ...small, bridges: 300 }));
    const after = fold(shaped({ ...small, bridges: 301 }));
    expect(Object.keys(after.nodes)).toEqual(Object.keys(before.nodes));
    expect(after.nodes[MANY]?.label).toBe('281 bridges');
  });

  it('never draws more than people can read, whatever the shape', () => {
    const some = fc.oneof(fc.nat(3), fc.nat(40), fc.nat(400));
    const shapes = fc.record({
      bridges: some,
      taps: fc.oneof(fc.nat(4), fc.nat(60)),
      loose: some,
      cards: some,
      vlans: fc.boolean(),
      uplinks: some,
    });
    fc.assert(
      fc.property(fc.array(shapes, { minLength: 1, maxLength: 6 }), (hosts) => {
        const all = hosts.map((s, i) => shaped(s, i === 0 ? 'machine' : `lab:l${i}`));
        const full: Topology = {
          nodes: Object.assign({}, ...all.map((t) => t.nodes)),
          edges: Object.assign({}, ...all.map((t) => t.edges)),
        };
        const shown = fold(full);
        expect(count(shown)).toBeLessThanOrEqual(LIMIT);
        for (const e of Object.values(shown.edges)) {
          expect(shown.nodes[e.from]).toBeDefined();
          expect(shown.nodes[e.to]).toBeDefined();
        }
        for (const id of Object.keys(full.nodes)) expect(shownAs(full, shown, id), id).not.toBeNull();
      }),
      { numRuns: 8 },
    );
  });
});
