import { GRID_FROM } from './layout-plan';
import type { NodeKind, Topology, TopologyEdge, TopologyNode } from './topology';

export type AggregateOptions = {
  /** Groups that are drawn member by member, by id. */
  readonly expanded: ReadonlySet<string>;
  /** Up to so many nodes everything is drawn. */
  readonly limit: number;
};

/** From about this many nodes on a picture is no longer read, it is searched. */
export const LIMIT = 150;

/** Crowds worth folding, first the big ones; if that is not enough, everything that is more than one. */
const PASSES = [10, 2] as const;

type Crowd = { readonly id: string; readonly anchor: string | null; readonly of: TopologyNode[] };

/**
 * Folds crowds of ports (and of devices that are plugged in nowhere) into groups when there are more nodes than
 * people can read. Guests go with their ports. What a change is about is never folded. Deterministic.
 */
export function aggregate(topology: Topology, { expanded, limit }: AggregateOptions): Topology {
  const all = Object.values(topology.nodes);
  if (all.length <= limit) return topology;
  const crowds = findCrowds(topology, all);
  // what is folded does not depend on what is unfolded: opening one group leaves the others as they are
  let folded: readonly Crowd[] = [];
  for (const from of PASSES) {
    folded = crowds.filter((c) => c.of.length >= (c.of[0]?.band === 'uplink' ? PASSES[0] : from));
    if (countFolded(topology, all.length, folded) <= limit) break;
  }
  return fold(topology, folded, expanded);
}

/** How many nodes would be drawn. */
function countFolded(topology: Topology, all: number, folded: readonly Crowd[]): number {
  const hidden = new Map<string, string | null>();
  for (const crowd of folded) for (const n of crowd.of) hidden.set(n.id, crowd.id);
  hideGuests(topology, hidden, new Set());
  return all - hidden.size + folded.length;
}

function findCrowds(topology: Topology, all: readonly TopologyNode[]): readonly Crowd[] {
  const plugged = new Set<string>();
  for (const edge of Object.values(topology.edges)) if (edge.kind === 'nic') plugged.add(edge.to);
  const crowds = new Map<string, Crowd>();
  for (const node of all) {
    if (node.pending !== null || node.kind === 'group') continue;
    const key = crowdOf(topology, plugged, node);
    if (key === null) continue;
    const crowd = crowds.get(key.id);
    if (crowd) crowd.of.push(node);
    else crowds.set(key.id, { ...key, of: [node] });
  }
  return [...crowds.values()];
}

/** The crowd a node would be folded into; null for what always stays visible. Bridge names have no slash. */
function crowdOf(
  topology: Topology,
  plugged: ReadonlySet<string>,
  node: TopologyNode,
): Omit<Crowd, 'of'> | null {
  const anchor = node.anchor === null ? undefined : topology.nodes[node.anchor];
  const bridge = anchor?.band === 'bridge' ? anchor : undefined;
  if (node.band === 'port' || (node.band === 'guest' && !plugged.has(node.id)))
    return bridge
      ? { id: `${node.host}/group/${bridge.label}`, anchor: bridge.id }
      : { id: `${node.host}/group/loose/ports`, anchor: null };
  if (node.band === 'uplink' && !bridge && anchor?.kind !== 'bond')
    return { id: `${node.host}/group/loose/uplinks`, anchor: null };
  return null;
}

const PLURALS: Partial<Record<NodeKind, readonly [string, string]>> = {
  tap: ['tap', 'taps'],
  veth: ['veth', 'veths'],
  macvtap: ['macvtap', 'macvtaps'],
  'ovs-port': ['port', 'ports'],
  vlan: ['VLAN device', 'VLAN devices'],
  uplink: ['device', 'devices'],
  tunnel: ['tunnel', 'tunnels'],
  guest: ['guest', 'guests'],
  namespace: ['namespace', 'namespaces'],
};
const MIXED: readonly [string, string] = ['port', 'ports'];

/** "37 taps": a number with the noun for what they are. */
function countWords(nodes: readonly Pick<TopologyNode, 'kind'>[]): string {
  const kinds = new Set(nodes.map((n) => n.kind));
  const only = kinds.size === 1 ? [...kinds][0] : undefined;
  const [one, many] = (only && PLURALS[only]) ?? MIXED;
  return `${nodes.length} ${nodes.length === 1 ? one : many}`;
}

function fold(topology: Topology, crowds: readonly Crowd[], expanded: ReadonlySet<string>): Topology {
  /** Which group stands for a node that is not drawn; `null`: not drawn, and no group either. */
  const standIn = new Map<string, string | null>();
  const crowded = new Set<string>();
  for (const crowd of crowds) {
    if (!expanded.has(crowd.id)) for (const n of crowd.of) standIn.set(n.id, crowd.id);
    else if (crowd.of.length > GRID_FROM) for (const n of crowd.of) crowded.add(n.id);
  }
  const guestsOf = hideGuests(topology, standIn, crowded);
  const nodes: Record<string, TopologyNode> = {};
  for (const [id, node] of Object.entries(topology.nodes)) if (!standIn.has(id)) nodes[id] = node;
  for (const crowd of crowds) {
    const id = crowd.id;
    nodes[id] = groupNode(crowd, expanded.has(id), guestsOf.get(id) ?? 0);
  }
  return { nodes, edges: foldEdges(topology, nodes, standIn) };
}

/** A guest is folded when none of its ports is drawn with room for a card. Gives the number of guests by group. */
function hideGuests(
  topology: Topology,
  standIn: Map<string, string | null>,
  crowded: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const ports = new Map<string, string[]>();
  for (const edge of Object.values(topology.edges)) {
    if (edge.kind !== 'nic') continue;
    const list = ports.get(edge.to);
    if (list) list.push(edge.from);
    else ports.set(edge.to, [edge.from]);
  }
  const counts = new Map<string, number>();
  for (const [guest, own] of ports) {
    if (topology.nodes[guest]?.pending !== null) continue;
    if (!own.every((p) => standIn.has(p) || crowded.has(p))) continue;
    const group = own.map((p) => standIn.get(p)).find((g) => g != null) ?? null;
    standIn.set(guest, group);
    if (group !== null) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}

function groupNode(crowd: Crowd, expanded: boolean, guests: number): TopologyNode {
  const first = crowd.of[0];
  if (first === undefined) throw new Error('aggregate: a crowd of nobody');
  const down = crowd.of.filter((n) => n.state === 'down').length;
  const words = [
    down > 0 ? `${down} down` : '',
    guests > 0 ? `${guests} guest${guests === 1 ? '' : 's'}` : '',
  ];
  return {
    id: crowd.id,
    kind: 'group',
    host: first.host,
    band: first.band === 'uplink' ? 'uplink' : 'port',
    parent: first.parent,
    label: countWords(crowd.of),
    detail: words.filter(Boolean).join(' · ') || 'all up',
    state: down === crowd.of.length ? 'down' : 'up',
    order: Math.min(...crowd.of.slice(0, 1000).map((n) => n.order)),
    anchor: crowd.anchor,
    vlans: [],
    badges: down > 0 ? [`${down} down`] : [],
    network: null,
    pending: null,
    members: crowd.of.map((n) => n.id),
    expanded,
    search: '',
  };
}

function foldEdges(
  topology: Topology,
  nodes: Readonly<Record<string, TopologyNode>>,
  standIn: ReadonlyMap<string, string | null>,
): Topology['edges'] {
  const edges: Record<string, TopologyEdge> = {};
  for (const edge of Object.values(topology.edges)) {
    const from = standIn.has(edge.from) ? standIn.get(edge.from) : edge.from;
    const to = standIn.has(edge.to) ? standIn.get(edge.to) : edge.to;
    if (from == null || to == null || from === to || !nodes[from] || !nodes[to]) continue;
    if (from === edge.from && to === edge.to) {
      edges[edge.id] = edge;
      continue;
    }
    const id = `${edge.kind}:${from}>${to}`;
    const sum = edges[id];
    edges[id] = {
      ...edge,
      id,
      from,
      to,
      vlans: [],
      carrier: edge.carrier || sum?.carrier === true,
      rate: edge.rate === null && sum?.rate == null ? null : (edge.rate ?? 0) + (sum?.rate ?? 0),
    };
  }
  return edges;
}

/** What is drawn for a node of the full topology: itself, the group it was folded into, or nothing. */
export function shownAs(full: Topology, shown: Topology, id: string): string | null {
  if (shown.nodes[id]) return id;
  const groups = Object.values(shown.nodes).filter((n) => n.kind === 'group');
  const own = groups.find((g) => g.members.includes(id));
  if (own) return own.id;
  for (const edge of Object.values(full.edges)) {
    if (edge.kind !== 'nic' || edge.to !== id) continue;
    if (shown.nodes[edge.from]) return edge.from;
    const group = groups.find((g) => g.members.includes(edge.from));
    if (group) return group.id;
  }
  return null;
}
