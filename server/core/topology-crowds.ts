import type { Topology, TopologyNode } from './topology';

/** Things of one kind in one place that one group may stand for. */
export type Crowd = {
  readonly id: string;
  /** The bridge whose ports or uplinks they are; null for what hangs on no bridge. */
  readonly anchor: string | null;
  readonly band: 'outside' | 'uplink' | 'bridge' | 'port';
  readonly of: readonly TopologyNode[];
};

/** How much is folded. Numbers are those of a crowd's members. */
type Stage = {
  /** Ports of one bridge fold from so many on. */
  readonly ports: number;
  /** Uplinks, and what is outside, from so many on. */
  readonly uplinks: number;
  /** So many bridges of a host are never folded. */
  readonly bridges: number;
  /** Also what a change is about, and the ways out. */
  readonly everything: boolean;
};

const stage = (ports: number, uplinks: number, bridges: number, everything = false): Stage => ({
  ports,
  uplinks,
  bridges,
  everything,
});
const ALL = Number.POSITIVE_INFINITY;

/** One after the other, until what remains can be read: first the big crowds of ports, last everything. */
export const STAGES: readonly Stage[] = [
  stage(10, 10, ALL),
  stage(2, 10, ALL),
  stage(2, 10, 20),
  stage(2, 10, 10),
  stage(2, 2, 5),
  stage(2, 2, 1),
  stage(2, 2, 0),
  stage(2, 2, 0, true),
];

/**
 * The crowds that a stage folds. A bridge is folded with all that hangs on it; those with an uplink or a network are
 * the last to go, then the oldest, whatever their state, so that nothing comes and goes with a cable.
 */
export function findCrowds(
  topology: Topology,
  { ports, uplinks, bridges, everything }: Stage,
): readonly Crowd[] {
  const sorting = {
    topology,
    plugged: pluggedGuests(topology),
    kept: everything ? new Set() : alwaysShown(topology),
  };
  const crowds = new Map<string, Omit<Crowd, 'of'> & { of: TopologyNode[] }>();
  for (const node of Object.values(topology.nodes)) {
    if (sorting.kept.has(node.id)) continue;
    const key = crowdOf(sorting, node);
    if (key === null) continue;
    const crowd = crowds.get(key.id);
    if (crowd) crowd.of.push(node);
    else crowds.set(key.id, { ...key, of: [node] });
  }
  const served = everything || bridges === ALL ? new Set<string>() : servedBridges(topology);
  return [...crowds.values()]
    .map((c) => (c.band === 'bridge' ? { ...c, of: leastOf(c.of, served, bridges) } : c))
    .filter((c) => c.of.length >= (c.band === 'port' ? ports : c.band === 'bridge' ? 2 : uplinks));
}

/** Without the `keep` most important ones. */
function leastOf(
  bridges: readonly TopologyNode[],
  served: ReadonlySet<string>,
  keep: number,
): TopologyNode[] {
  if (bridges.length <= keep) return [];
  const rank = (n: TopologyNode) => (served.has(n.id) ? 0 : 1);
  return [...bridges]
    .sort((a, b) => rank(a) - rank(b) || a.order - b.order || (a.id < b.id ? -1 : 1))
    .slice(keep);
}

/** Bridges with an uplink or a network. */
function servedBridges(topology: Topology): ReadonlySet<string> {
  const served = new Set<string>();
  for (const n of Object.values(topology.nodes))
    if (n.anchor !== null && (n.band === 'uplink' || n.kind === 'network')) served.add(n.anchor);
  return served;
}

/** Guests that hang on a port: they go with it. */
export function pluggedGuests(topology: Topology): ReadonlySet<string> {
  const plugged = new Set<string>();
  for (const edge of Object.values(topology.edges)) if (edge.kind === 'nic') plugged.add(edge.to);
  return plugged;
}

/** What a change is about and what is in conflict, with what it hangs on, and the devices that routed traffic leaves by. */
function alwaysShown(topology: Topology): ReadonlySet<string> {
  const shown = new Set<string>();
  const show = (id: string | null): void => {
    for (let at = id; at !== null && !shown.has(at); at = topology.nodes[at]?.anchor ?? null) shown.add(at);
  };
  for (const n of Object.values(topology.nodes))
    if (n.pending !== null || n.conflicts !== undefined) show(n.id);
  for (const e of Object.values(topology.edges)) {
    if (e.pending !== null) {
      show(e.from);
      show(e.to);
    }
    // A guest is drawn with its port.
    if (e.kind === 'nic' && topology.nodes[e.to]?.conflicts !== undefined) show(e.from);
    if (e.kind === 'forward' && topology.nodes[e.from]?.band === 'uplink') shown.add(e.from);
  }
  return shown;
}

type Sorting = { readonly topology: Topology; readonly plugged: ReadonlySet<string> };

/** The crowd a node may be folded into; null for what is not counted, or goes with another. Bridge names have no slash. */
function crowdOf({ topology, plugged }: Sorting, node: TopologyNode): Omit<Crowd, 'of'> | null {
  if (node.kind === 'host' || node.kind === 'network' || node.kind === 'group') return null;
  const anchor = node.anchor === null ? undefined : topology.nodes[node.anchor];
  const bridge = anchor?.band === 'bridge' ? anchor : undefined;
  const group = `${node.host}/group`;
  if (node.band === 'outside') return { id: `${group}/many/outside`, anchor: null, band: 'outside' };
  if (node.band === 'bridge') return { id: `${group}/many/bridges`, anchor: null, band: 'bridge' };
  if (node.band === 'uplink') {
    if (anchor?.kind === 'bond') return null;
    return bridge
      ? { id: `${group}/${bridge.label}/uplinks`, anchor: bridge.id, band: 'uplink' }
      : { id: `${group}/loose/uplinks`, anchor: null, band: 'uplink' };
  }
  if (node.band === 'guest' && plugged.has(node.id)) return null;
  return bridge
    ? { id: `${group}/${bridge.label}`, anchor: bridge.id, band: 'port' }
    : { id: `${group}/loose/ports`, anchor: null, band: 'port' };
}
