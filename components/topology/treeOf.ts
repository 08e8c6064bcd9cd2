import type { Topology, TopologyNode } from '@/server/core/topology';

const BANDS = ['outside', 'uplink', 'bridge', 'port', 'guest'];

/**
 * Everything once, under what it hangs on: guests under their first port, ports under their bridge, a bridge under
 * its network, the rest under the host. Children of null are the hosts.
 */
export function treeOf(topology: Topology): ReadonlyMap<string | null, readonly string[]> {
  const nodes = Object.values(topology.nodes).sort(
    (a, b) => BANDS.indexOf(a.band) - BANDS.indexOf(b.band) || a.order - b.order || (a.id < b.id ? -1 : 1),
  );
  const networkOf = new Map<string, string>();
  for (const n of nodes) if (n.kind === 'network' && n.anchor !== null) networkOf.set(n.anchor, n.id);
  const portOf = new Map<string, TopologyNode>();
  for (const edge of Object.values(topology.edges)) {
    const port = topology.nodes[edge.from];
    if (edge.kind !== 'nic' || !port) continue;
    const best = portOf.get(edge.to);
    if (best === undefined || port.order < best.order) portOf.set(edge.to, port);
  }
  const tree = new Map<string | null, string[]>();
  for (const n of nodes) {
    const parent = parentOf(topology, n, networkOf, portOf);
    const list = tree.get(parent);
    if (list) list.push(n.id);
    else tree.set(parent, [n.id]);
  }
  return tree;
}

function parentOf(
  topology: Topology,
  n: TopologyNode,
  networkOf: ReadonlyMap<string, string>,
  portOf: ReadonlyMap<string, TopologyNode>,
): string | null {
  if (n.kind === 'host') return null;
  if (n.kind === 'network') return n.parent;
  if (n.band === 'bridge') return networkOf.get(n.id) ?? n.parent;
  if (n.band === 'guest') {
    const port = portOf.get(n.id);
    if (port) return port.id;
  }
  const anchor = n.anchor === null ? undefined : topology.nodes[n.anchor];
  return anchor?.id ?? n.parent;
}
