import { GRID_FROM } from './layout-plan';
import type { NodeKind, Topology, TopologyEdge, TopologyNode } from './topology';
import { type Crowd, findCrowds, pluggedGuests, STAGES } from './topology-crowds';
import { ORDER_MANY } from './topology-draft';

export type AggregateOptions = {
  /** Groups that are drawn member by member, by id. */
  readonly expanded: ReadonlySet<string>;
  /** Up to so many nodes everything is drawn. */
  readonly limit: number;
};

/** From about this many nodes on a picture is no longer read, it is searched. */
export const LIMIT = 150;

/**
 * Folds crowds (ports of a bridge, bridges, uplinks, what is plugged in nowhere) into groups when there are more nodes
 * than people can read, step by step until they can. Guests go with their ports, everything of a bridge with the
 * bridge. What a change is about is folded only when nothing else is left. Deterministic.
 */
export function aggregate(topology: Topology, { expanded, limit }: AggregateOptions): Topology {
  const all = Object.keys(topology.nodes).length;
  if (all <= limit) return topology;
  // what is folded does not depend on what is unfolded: opening one group leaves the others as they are
  let crowds: readonly Crowd[] = [];
  for (const stage of STAGES) {
    crowds = findCrowds(topology, stage);
    const { standIn, drawn } = hide(topology, crowds, new Set());
    if (all - standIn.size + drawn.length <= limit) break;
  }
  return fold(topology, crowds, expanded);
}

type Hidden = {
  /** Which group stands for a node that is not drawn; `null`: not drawn, and no group either. */
  readonly standIn: ReadonlyMap<string, string | null>;
  /** Crowds whose group is drawn: not those of a bridge that is folded itself. */
  readonly drawn: readonly Crowd[];
  readonly guestsOf: ReadonlyMap<string, number>;
  readonly portsOf: ReadonlyMap<string, number>;
};

function hide(topology: Topology, crowds: readonly Crowd[], expanded: ReadonlySet<string>): Hidden {
  const standIn = new Map<string, string | null>();
  const crowded = new Set<string>();
  const portsOf = new Map<string, number>();
  const plugged = pluggedGuests(topology);
  for (const c of crowds)
    if (c.band === 'bridge' && !expanded.has(c.id)) for (const n of c.of) standIn.set(n.id, c.id);
  const drawn = crowds.filter((c) => c.anchor === null || !standIn.has(c.anchor));
  for (const crowd of drawn) {
    if (!expanded.has(crowd.id)) for (const n of crowd.of) standIn.set(n.id, crowd.id);
    else if (crowd.band === 'port' && crowd.of.length > GRID_FROM)
      for (const n of crowd.of) crowded.add(n.id);
  }
  for (const n of Object.values(topology.nodes)) {
    if (standIn.has(n.id) || plugged.has(n.id)) continue;
    const group = whereItsPlaceWent(topology, standIn, n);
    if (group == null) continue;
    standIn.set(n.id, group);
    if (n.band === 'port') portsOf.set(group, (portsOf.get(group) ?? 0) + 1);
  }
  return { standIn, drawn, portsOf, guestsOf: hideGuests(topology, standIn, crowded) };
}

/** What hangs on a bridge, or sits in a bond, goes with it. */
function whereItsPlaceWent(
  topology: Topology,
  standIn: ReadonlyMap<string, string | null>,
  { anchor }: TopologyNode,
): string | null | undefined {
  if (anchor === null) return undefined;
  const place = topology.nodes[anchor];
  if (place?.band !== 'bridge' && place?.kind !== 'bond') return undefined;
  return (
    standIn.get(anchor) ?? (place.kind === 'bond' ? whereItsPlaceWent(topology, standIn, place) : undefined)
  );
}

const PLURALS: Partial<Record<NodeKind, readonly [string, string]>> = {
  tap: ['tap', 'taps'],
  veth: ['veth', 'veths'],
  macvtap: ['macvtap', 'macvtaps'],
  'ovs-port': ['port', 'ports'],
  vlan: ['VLAN device', 'VLAN devices'],
  uplink: ['device', 'devices'],
  tunnel: ['tunnel', 'tunnels'],
  bridge: ['bridge', 'bridges'],
  'ovs-bridge': ['bridge', 'bridges'],
  bond: ['bond', 'bonds'],
  guest: ['guest', 'guests'],
  namespace: ['namespace', 'namespaces'],
};
/** For several kinds of one band. */
const MIXED: Readonly<Partial<Record<TopologyNode['band'], readonly [string, string]>>> = {
  bridge: ['bridge', 'bridges'],
  uplink: ['uplink', 'uplinks'],
};

/** "37 taps": a number with the noun for what they are. */
function countWords(nodes: readonly TopologyNode[]): string {
  const kinds = new Set(nodes.map((n) => n.kind));
  const only = kinds.size === 1 ? [...kinds][0] : undefined;
  const [one, many] = (only && PLURALS[only]) ?? MIXED[nodes[0]?.band ?? 'port'] ?? ['port', 'ports'];
  return `${nodes.length} ${nodes.length === 1 ? one : many}`;
}

function fold(topology: Topology, crowds: readonly Crowd[], expanded: ReadonlySet<string>): Topology {
  const { standIn, drawn, guestsOf, portsOf } = hide(topology, crowds, expanded);
  const nodes: Record<string, TopologyNode> = {};
  for (const [id, node] of Object.entries(topology.nodes)) if (!standIn.has(id)) nodes[id] = node;
  for (const crowd of drawn) {
    const { id } = crowd;
    nodes[id] = groupNode(crowd, expanded.has(id), portsOf.get(id) ?? 0, guestsOf.get(id) ?? 0);
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

const counted = (n: number, one: string): string => (n === 0 ? '' : `${n} ${one}${n === 1 ? '' : 's'}`);

function groupNode(crowd: Crowd, expanded: boolean, ports: number, guests: number): TopologyNode {
  const first = crowd.of[0];
  if (first === undefined) throw new Error('aggregate: a crowd of nobody');
  const down = crowd.of.filter((n) => n.state === 'down').length;
  const pending = crowd.of.every((n) => n.pending === first.pending) ? first.pending : 'changed';
  const words = [down > 0 ? `${down} down` : '', counted(ports, 'port'), counted(guests, 'guest')];
  return {
    id: crowd.id,
    kind: 'group',
    host: first.host,
    band: crowd.band,
    parent: first.parent,
    label: countWords(crowd.of),
    detail: words.filter(Boolean).join(' · ') || 'all up',
    state: down === crowd.of.length ? 'down' : 'up',
    // bridges that are drawn one by one come first, wherever they stand in the row of creation
    order: crowd.band === 'bridge' ? ORDER_MANY : Math.min(...crowd.of.slice(0, 1000).map((n) => n.order)),
    anchor: crowd.anchor,
    vlans: [],
    badges: down > 0 ? [`${down} down`] : [],
    network: null,
    pending,
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
  const folded = (at: string): string | null => {
    if (shown.nodes[at]) return at;
    const own = groups.find((g) => g.members.includes(at));
    if (own) return own.id;
    const place = full.nodes[at]?.anchor ?? null;
    return place === null || shown.nodes[place] ? null : folded(place);
  };
  const own = folded(id);
  if (own !== null) return own;
  for (const edge of Object.values(full.edges)) {
    if (edge.kind !== 'nic' || edge.to !== id) continue;
    const port = folded(edge.from);
    if (port !== null) return port;
  }
  return null;
}
