import type { Layout } from './layout';
import type { Topology, TopologyEdge, TopologyNode } from './topology';

/** Edges by the node they leave or reach; every edge runs from the outside towards the guest. */
type Neighbours = {
  readonly up: ReadonlyMap<string, readonly TopologyEdge[]>;
  readonly down: ReadonlyMap<string, readonly TopologyEdge[]>;
};

const known = new WeakMap<Topology, Neighbours>();

function neighbours(topology: Topology): Neighbours {
  const before = known.get(topology);
  if (before) return before;
  const up = new Map<string, TopologyEdge[]>();
  const down = new Map<string, TopologyEdge[]>();
  const push = (into: Map<string, TopologyEdge[]>, id: string, edge: TopologyEdge) => {
    const list = into.get(id);
    if (list) list.push(edge);
    else into.set(id, [edge]);
  };
  for (const edge of Object.values(topology.edges)) {
    push(down, edge.from, edge);
    push(up, edge.to, edge);
    if (edge.kind !== 'peer' && edge.kind !== 'tunnel') continue;
    // between equals: neither end is above the other
    const back = { ...edge, from: edge.to, to: edge.from };
    push(down, back.from, back);
    push(up, back.to, back);
  }
  const made = { up, down };
  known.set(topology, made);
  return made;
}

/**
 * Everything that is on a path through this node, towards the outside and towards the guests, with the edges of
 * these paths; siblings are not. For a host: all that is in it.
 */
export function related(topology: Topology, id: string): ReadonlySet<string> {
  const start = topology.nodes[id];
  const found = new Set<string>();
  if (!start) return found;
  if (start.kind === 'host') {
    found.add(id);
    for (const n of Object.values(topology.nodes)) if (n.parent === id) found.add(n.id);
    for (const e of Object.values(topology.edges)) if (found.has(e.from) || found.has(e.to)) found.add(e.id);
    return found;
  }
  const from = start.kind === 'network' && start.anchor !== null ? start.anchor : id;
  found.add(id);
  const near = neighbours(topology);
  follow(found, from, (n) => near.up.get(n) ?? [], 'from');
  found.delete(from);
  follow(found, from, (n) => near.down.get(n) ?? [], 'to');
  for (const n of Object.values(topology.nodes)) {
    if (n.kind === 'network' && n.anchor !== null && found.has(n.anchor)) found.add(n.id);
    if (n.band === 'uplink' && n.anchor !== null && topology.nodes[n.anchor]?.kind === 'bond')
      if (found.has(n.anchor)) found.add(n.id);
  }
  return found;
}

function follow(
  found: Set<string>,
  start: string,
  edges: (id: string) => readonly TopologyEdge[],
  end: 'from' | 'to',
): void {
  const queue = [start];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (found.has(id) && id !== start) continue;
    found.add(id);
    for (const edge of edges(id)) {
      found.add(edge.id);
      queue.push(edge[end]);
    }
  }
}

export type Direction = 'up' | 'down' | 'left' | 'right';

/**
 * Where an arrow key leads: up and down along a cable to the nearest end, left and right to the neighbour in the
 * same row. Null when there is nothing that way.
 */
export function walk(topology: Topology, { positions }: Layout, id: string, to: Direction): string | null {
  const node = topology.nodes[id];
  const here = positions[id];
  if (!node || !here) return null;
  if (to === 'up' || to === 'down') {
    const near = neighbours(topology);
    const ids =
      to === 'up' ? (near.up.get(id) ?? []).map((e) => e.from) : (near.down.get(id) ?? []).map((e) => e.to);
    if (to === 'down' && node.kind === 'host') return firstInside(topology, positions, id);
    const beneath = to === 'down' && node.kind === 'network' && node.anchor ? [node.anchor] : [];
    const best = nearest([...ids, ...beneath], positions, here);
    return best ?? (to === 'up' ? node.parent : null);
  }
  const sideways = Object.values(topology.nodes)
    .filter((n) => n.id !== id && sameShelf(n, node))
    .map((n) => n.id)
    .filter((other) => {
      const there = positions[other];
      return there && (to === 'right' ? there.x > here.x : there.x < here.x);
    });
  return nearest(sideways, positions, here);
}

const sameShelf = (a: TopologyNode, b: TopologyNode): boolean =>
  a.band === b.band &&
  (a.kind === 'network') === (b.kind === 'network') &&
  (a.kind === 'host') === (b.kind === 'host');

/** The uppermost thing of a host, the left one of several. */
function firstInside(topology: Topology, positions: Layout['positions'], host: string): string | null {
  const inside = Object.values(topology.nodes).filter((n) => n.parent === host && n.kind !== 'network');
  const origin = positions[host];
  return origin === undefined
    ? null
    : nearest(
        inside.map((n) => n.id),
        positions,
        { ...origin, w: 0, h: 0 },
      );
}

/** Rows count more than columns, so that a walk along a row stays in it. */
function nearest(
  ids: readonly string[],
  positions: Layout['positions'],
  here: Layout['bounds'],
): string | null {
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    const there = positions[id];
    if (!there) continue;
    const dx = Math.abs(there.x + there.w / 2 - here.x - here.w / 2);
    const dy = Math.abs(there.y + there.h / 2 - here.y - here.h / 2);
    const distance = dx + dy * 8;
    if (distance < least) {
      least = distance;
      best = id;
    }
  }
  return best;
}

/** Whether a node has every word of a query in its name, kind, state, addresses, MACs or badges. */
export function matches(node: TopologyNode, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = [
    node.label,
    node.kind,
    node.state,
    node.detail,
    node.search,
    node.network?.name,
    ...node.badges,
  ]
    .join(' ')
    .toLowerCase();
  return words.every((w) => text.includes(w));
}
