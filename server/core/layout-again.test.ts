import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MACHINE } from './ids';
import { type Layout, layout } from './layout';
import { aLink, crowd } from './testing/crowd';
import type { Topology, TopologyEdge, TopologyNode } from './topology';
import { aggregate } from './topology-aggregate';
import { toTopology } from './topology-build';
import { diffTopology, patchTopology } from './topology-diff';

const HOSTS = Array.from({ length: 20 }, (_, i) => (i === 0 ? 'machine' : `lab:l${i}`));

/** One tap per host, and so many more on the first bridge of the one that is named. */
const crowds = (hosts: readonly string[], taps: number, oneMore: string | null): Topology =>
  toTopology(
    hosts.map((host) => {
      const observed = crowd(taps, 1, host);
      if (host === oneMore && observed.links.known)
        Object.assign(observed.links.value, {
          'one-more': aLink({ index: 5000, name: 'one-more', kind: 'tun', master: 'br0' }),
        });
      return { observed, rates: {}, pending: [] };
    }),
  );

/** As the browser gets it: what did not change stays the same object. */
const onto = (before: Topology, after: Topology): Topology =>
  patchTopology(before, diffTopology(before, after));

/** What has been placed again: every other rectangle is the very one that was. */
const placed = (before: Layout, after: Layout): readonly string[] =>
  Object.keys(after.positions).filter((id) => after.positions[id] !== before.positions[id]);

/** Counts how often somebody looks at a property of a node or edge. */
function counted(topology: Topology): { readonly topology: Topology; readonly looks: () => number } {
  let looks = 0;
  const all = <T extends object>(items: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(items).map(([id, item]) => [
        id,
        new Proxy(item, {
          get(target, key, self) {
            looks++;
            return Reflect.get(target, key, self);
          },
        }),
      ]),
    );
  return { topology: { nodes: all(topology.nodes), edges: all(topology.edges) }, looks: () => looks };
}

describe('one tap more', () => {
  it('among 1,000 on a bridge is the only thing that is placed', () => {
    const before = crowds(['machine'], 1000, null);
    const was = layout(before);
    const is = layout(onto(before, crowds(['machine'], 1000, 'machine')), was);
    expect(placed(was, is)).toEqual(['machine/link/one-more']);
    expect(is.rails.filter((r, i) => r !== was.rails[i])).toEqual([]);
  });

  it('among 1,000 of an unfolded group is the only thing that is placed', () => {
    const unfold = (t: Topology) => aggregate(t, { expanded: new Set(['machine/group/br0']), limit: 150 });
    const was = layout(unfold(crowds(['machine'], 1000, null)));
    const is = layout(unfold(crowds(['machine'], 1000, 'machine')), was);
    expect(Object.keys(was.positions).length).toBeGreaterThan(1000);
    expect(placed(was, is)).toEqual(['machine/link/one-more']);
  });

  it('in a row of its own makes the lane and the frame longer, and moves no jack', () => {
    const before = crowds(['machine'], 1002, null); // 167 rows of six
    const was = layout(before);
    const is = layout(onto(before, crowds(['machine'], 1002, 'machine')), was);
    expect(placed(was, is)).toEqual(['machine', 'machine/link/one-more']);
    expect(is.rails.filter((r) => !was.rails.includes(r))).toHaveLength(1);
  });

  it('among 20 hosts of 100 leaves 19 hosts as they are, hardly looking at them', () => {
    const { topology: before, looks } = counted(crowds(HOSTS, 100, null));
    const was = layout(before);
    const full = looks();
    const added = onto(crowds(HOSTS, 100, null), crowds(HOSTS, 100, 'lab:l7'));
    const more = { id: 'lab:l7/link/one-more', cable: 'port:lab:l7/link/br0>lab:l7/link/one-more' };
    const [node, edge] = [added.nodes[more.id], added.edges[more.cable]];
    if (!node || !edge) throw new Error('the tap is drawn');
    const is = layout(
      { nodes: { ...before.nodes, [more.id]: node }, edges: { ...before.edges, [more.cable]: edge } },
      was,
    );
    expect(placed(was, is)).toEqual([more.id]);
    expect(HOSTS.filter((h) => is.parts.get(h) !== was.parts.get(h))).toEqual(['lab:l7']);
    // in whose host it is, and whether a cable is a guest's
    expect(looks() - full).toBeLessThan(full / 5);
  });

  it('is not there when only a state or a rate changes: then the layout is the one that was', () => {
    const before = crowds(['machine'], 50, null);
    const was = layout(before);
    const down = Object.fromEntries(
      Object.entries(before.nodes).map(([id, n]) => [id, { ...n, state: 'down', detail: 'x' } as const]),
    );
    expect(layout({ ...before, nodes: down }, was)).toBe(was);
    expect(layout({ nodes: {}, edges: {} }, was).positions).toEqual({});
  });
});

/** What may be there: on two hosts bridges, networks, bonds, uplinks, jacks and guests. */
const node = (
  host: string,
  name: string,
  more: Pick<TopologyNode, 'kind' | 'band' | 'order'> & Partial<TopologyNode>,
): TopologyNode => ({
  id: `${host}/${name}`,
  host: MACHINE,
  parent: host,
  label: name,
  detail: '',
  state: 'up',
  anchor: null,
  vlans: [],
  badges: [],
  network: null,
  pending: null,
  members: [],
  search: '',
  ...more,
});
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const MANY = range(70);
const WORLD: readonly TopologyNode[] = ['a', 'b'].flatMap((host, h) => [
  { ...node(host, '', { kind: 'host', band: 'outside', order: h }), id: host, parent: null },
  node(host, 'out', { kind: 'guest', band: 'outside', order: 5 }),
  ...range(4).map((i) => node(host, `br${i}`, { kind: 'bridge', band: 'bridge', order: 10 + i * 7 })),
  node(host, 'net', { kind: 'network', band: 'bridge', order: 12, anchor: `${host}/br0` }),
  node(host, 'alone', { kind: 'network', band: 'bridge', order: 13 }),
  node(host, 'bond', { kind: 'bond', band: 'uplink', order: 14, anchor: `${host}/br1` }),
  ...range(12).map((i) => {
    const anchor = [`${host}/bond`, `${host}/br0`, `${host}/br1`, null][i % 4] ?? null;
    return node(host, `up${i}`, { kind: 'uplink', band: 'uplink', order: 15 + i, anchor });
  }),
  ...range(14).map((i) => {
    const anchor = i % 5 === 4 ? null : `${host}/br${i % 5}`;
    return node(host, `tap${i}`, { kind: 'tap', band: 'port', order: 30 + ((i * 5) % 14), anchor });
  }),
  ...range(6).map((i) => node(host, `vm${i}`, { kind: 'guest', band: 'guest', order: 20 + i * 9 })),
  ...MANY.map((i) =>
    node(host, `m${i}`, { kind: 'tap', band: 'port', order: 90 + i, anchor: `${host}/br2` }),
  ),
  node(host, 'jacks', {
    kind: 'group',
    band: 'port',
    order: 200,
    anchor: `${host}/br2`,
    members: MANY.map((i) => `${host}/m${i}`),
  }),
  node(host, 'bridges', {
    kind: 'group',
    band: 'bridge',
    order: 200,
    members: [`${host}/br2`, `${host}/br3`],
  }),
  node(host, 'uplinks', {
    kind: 'group',
    band: 'uplink',
    order: 200,
    members: range(12).map((i) => `${host}/up${i}`),
  }),
]);
const IDS = WORLD.map((n) => n.id);
const nic = (from: string, to: string): TopologyEdge => ({
  id: `nic:${from}>${to}`,
  from,
  to,
  kind: 'nic',
  vlans: [],
  carrier: true,
  rate: null,
  limit: null,
  mtu: null,
  pending: null,
});

/** Something comes or goes, is plugged in elsewhere, is folded or unfolded, or a guest gets or loses a cable. */
const which = fc.nat(WORLD.length - 1);
const host = fc.constantFrom('a', 'b');
const edit = fc.oneof(
  fc.record({ kind: fc.constant('toggle' as const), which }),
  fc.record({ kind: fc.constant('plug' as const), host, tap: fc.nat(13), bridge: fc.nat(3) }),
  fc.record({
    kind: fc.constant('unfold' as const),
    host,
    group: fc.constantFrom('jacks', 'bridges', 'uplinks'),
  }),
  fc.record({ kind: fc.constant('cable' as const), host, tap: fc.nat(13), guest: fc.nat(5) }),
);
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

function edited({ nodes, edges }: Topology, e: Edit): Topology {
  const without = <T>(items: Readonly<Record<string, T>>, id: string) =>
    Object.fromEntries(Object.entries(items).filter(([key]) => key !== id));
  switch (e.kind) {
    case 'toggle': {
      const [id, made] = [IDS[e.which] ?? '', WORLD[e.which]];
      return nodes[id] || !made
        ? { nodes: without(nodes, id), edges }
        : { nodes: { ...nodes, [id]: made }, edges };
    }
    case 'plug':
    case 'unfold': {
      const was = nodes[e.kind === 'plug' ? `${e.host}/tap${e.tap}` : `${e.host}/${e.group}`];
      if (!was) return { nodes, edges };
      const change =
        e.kind === 'plug' ? { anchor: `${e.host}/br${e.bridge}` } : { expanded: was.expanded !== true };
      return { nodes: { ...nodes, [was.id]: { ...was, ...change } }, edges };
    }
    case 'cable': {
      const cable = nic(`${e.host}/tap${e.tap}`, `${e.host}/vm${e.guest}`);
      return { nodes, edges: edges[cable.id] ? without(edges, cable.id) : { ...edges, [cable.id]: cable } };
    }
  }
}

it('gives what it would give from scratch with the same slots, whatever is edited', () => {
  fc.assert(
    fc.property(fc.subarray([...WORLD]), fc.array(edit, { maxLength: 25 }), (some, edits) => {
      let topology: Topology = { nodes: Object.fromEntries(some.map((n) => [n.id, n])), edges: {} };
      let last = layout(topology);
      for (const e of edits) {
        topology = edited(topology, e);
        const next = layout(topology, last);
        const scratch = layout(topology, { ...last, parts: new Map() });
        // as text: also the order of everything
        expect(JSON.stringify({ ...next, parts: [] })).toBe(JSON.stringify({ ...scratch, parts: [] }));
        expect(layout(topology, next)).toBe(next);
        last = next;
      }
    }),
    { numRuns: 150 },
  );
});
