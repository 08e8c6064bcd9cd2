import type { Topology, TopologyNode } from '@/server/core/topology';
import { ORDER_GHOST } from '@/server/core/topology-draft';
import { byName } from '../ui/byName';

/** Of the kernel's or of Open vSwitch. */
export const isBridge = ({ kind }: TopologyNode): boolean => kind === 'bridge' || kind === 'ovs-bridge';

/**
 * Bridges of a host that a guest can be plugged into, with the network each realises: also while the change that made
 * it waits to be confirmed, but not what is only drawn as a ghost.
 */
export function bridgesOf(
  topology: Topology,
  host: string,
): readonly { readonly bridge: string; readonly label: string }[] {
  return Object.values(topology.nodes)
    .filter((n) => n.host === host && isBridge(n) && n.order < ORDER_GHOST)
    .map((n) => ({ bridge: n.label, label: n.network ? `${n.network.name} (${n.label})` : n.label }))
    .sort((a, b) => byName(a.label, b.label));
}

/** Name of the bridge that a guest hangs on; null when its NIC is unplugged. */
export function bridgeOf(topology: Topology, guest: TopologyNode): string | null {
  const anchor = guest.anchor === null ? undefined : topology.nodes[guest.anchor];
  if (anchor === undefined) return null;
  if (isBridge(anchor)) return anchor.label;
  const above = anchor.anchor === null ? undefined : topology.nodes[anchor.anchor];
  return above !== undefined && isBridge(above) ? above.label : null;
}

/** A domain of libvirt's. */
export const isDomain = (node: TopologyNode): boolean =>
  node.kind === 'guest' && node.badges.includes('libvirt');

/** Guests that labs made: they are plugged in at once, without a change. */
export const isLabGuest = (node: TopologyNode): boolean =>
  node.kind === 'guest' && node.host.startsWith('lab:') && !isDomain(node);

/** A virtual machine that the lab started. */
export const isMachine = (node: TopologyNode): boolean => node.nics !== undefined;

export const guestsOf = (topology: Topology, host?: string): readonly TopologyNode[] =>
  Object.values(topology.nodes)
    .filter((n) => n.kind === 'guest' && (host === undefined || n.host === host))
    .sort((a, b) => byName(a.host, b.host) || byName(a.label, b.label));
