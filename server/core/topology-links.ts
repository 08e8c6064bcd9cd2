import { bitRate } from './bit-rate';
import { REDIRECT } from './compile/limits';
import { AT_LIMIT, differsFromKept, isAtLimit, LIMIT_DIFFERS } from './limited';
import type { Link, PortVlans } from './observed';
import type { NodeKind, TopologyNode } from './topology';
import {
  addEdge,
  addNode,
  type Draft,
  limitOf,
  limitsOf,
  linkId,
  rateOf,
  searchText,
  shownAddresses,
} from './topology-draft';
import type { Pairing } from './topology-pairs';

const MACVTAPS = new Set(['macvtap', 'macvlan', 'ipvlan', 'ipvtap']);

/** Devices the kernel makes by itself once a module is loaded; unused they are noise. */
const FALLBACK =
  /^(tunl0|gre0|gretap0|erspan0|sit0|ip6tnl0|ip6gre0|ip6gretap0|ip6erspan0|ip_vti0|ip6_vti0|ifb[01]|dummy0|bond0|teql0)$/;

/** What a link is drawn as; null for what is not drawn (loopback, unused fallback devices, OVS's datapath device). */
function kindOf(draft: Draft, pairing: Pairing, link: Link): NodeKind | null {
  if (link.kind === 'loopback' || ['ovs-system', 'ovs-netdev'].includes(link.name)) return null;
  if (FALLBACK.test(link.name) && !link.up && link.master === null) return null;
  // Part of a limit, not of the way.
  if (link.kind === 'ifb' && link.name.startsWith(REDIRECT)) return null;
  if (link.kind === 'bridge') return 'bridge';
  if (link.kind === 'bond' || link.kind === 'team') return 'bond';
  if (link.kind === 'vlan') return 'vlan';
  // WireGuard has peers, not ends
  if (link.tunnel !== null || link.kind === 'wireguard') return 'tunnel';
  if (MACVTAPS.has(link.kind)) return 'macvtap';
  if (link.kind === 'tun') return 'tap';
  if (link.kind === 'openvswitch') return 'ovs-port';
  if (link.kind === 'veth') return vethKind(draft, pairing, link);
  if (link.kind === 'device') return 'uplink';
  // dummy, ifb, vrf and what comes next: a jack where it is plugged in, a box of its own where it is not
  return link.master === null ? 'uplink' : 'veth';
}

/** A veth is this host's way out when it leads to the outside, or carries the default route of a container. */
function vethKind(draft: Draft, pairing: Pairing, link: Link): NodeKind {
  const peer = pairing.ofHost.get(link.name);
  if (peer?.in === 'namespace') return peer.namespace === 'outside' ? 'uplink' : 'veth';
  if (peer?.in === 'host' || link.master !== null) return 'veth';
  return draft.waysOut.has(link.name) ? 'uplink' : 'veth';
}

/** PVID first, then the rest in order; a range of more than 64 is a trunk of everything and stays out. */
function portVlans(entry: PortVlans | undefined): readonly number[] {
  if (!entry) return [];
  const ids: number[] = [];
  for (const v of entry.vlans) {
    if (v.to - v.from > 64) continue;
    for (let id = v.from; id <= v.to; id++)
      if (v.pvid) ids.unshift(id);
      else ids.push(id);
  }
  return [...new Set(ids)];
}

/** `up` for what can carry frames. A bridge without ports has no carrier, and that is no fault. */
function stateOf(link: Link): TopologyNode['state'] {
  if (link.kind === 'bridge') return link.up ? 'up' : 'down';
  return link.up && link.carrier ? 'up' : 'down';
}

function linkBadges(draft: Draft, link: Link, kind: NodeKind): readonly string[] {
  const badges: string[] = [];
  if (!link.up) badges.push('set down');
  else if (!link.carrier && link.kind !== 'bridge') badges.push('no carrier');
  if (link.bridge?.vlanFiltering) badges.push('VLAN-aware');
  if (link.bridge?.stp) badges.push('STP');
  const limits = limitsOf(draft, link.name);
  const limit = limitOf(draft, link.name);
  if (link.kind === 'bridge' && limit !== null) badges.push(`≤ ${bitRate(limit / 8)}`);
  if (limits && isAtLimit(limits)) badges.push(AT_LIMIT);
  if (limits && differsFromKept(limits)) badges.push(LIMIT_DIFFERS);
  if (link.bond) badges.push(link.bond.mode);
  if (kind === 'macvtap' && link.macvlanMode) badges.push(link.macvlanMode);
  if ((kind === 'uplink' || kind === 'veth') && link.kind !== 'device' && link.kind !== 'veth')
    badges.push(link.kind);
  return badges;
}

function linkDetail(draft: Draft, link: Link, kind: NodeKind, pairing: Pairing): string {
  const addresses = shownAddresses(link);
  const parts: string[] = [];
  if (kind === 'vlan' && link.vlan)
    parts.push(`VLAN ${link.vlan.id}${link.lower?.name ? ` on ${link.lower.name}` : ''}`);
  if (kind === 'tunnel') {
    const id = link.tunnel?.id;
    parts.push(`${link.kind}${id === null || id === undefined ? '' : ` ${id}`}`);
    if (link.tunnel?.remote) parts.push(`to ${link.tunnel.remote}`);
    parts.push(`MTU ${link.mtu}`);
  }
  if (kind === 'macvtap' && link.lower?.name) parts.push(`on ${link.lower.name}`);
  if (kind === 'tap') parts.push(holderWords(draft, link));
  if (kind === 'veth' && pairing.ofHost.get(link.name) === undefined && link.kind === 'veth')
    parts.push(
      link.lower?.netnsId === null || link.lower === null
        ? 'other end unknown'
        : 'other end in a namespace without a name',
    );
  return [...parts, ...addresses].filter(Boolean).join(' · ');
}

function holderWords(draft: Draft, link: Link): string {
  const holders = draft.observed.tapHolders;
  if (!holders.known) return 'holder unknown';
  const held = holders.value[link.name]?.processes ?? [];
  const first = held[0];
  return first === undefined ? 'no process holds it' : `${first.command} (${first.pid})`;
}

/** All links of the host as nodes, with the cables between them. */
export function addLinks(draft: Draft, pairing: Pairing): void {
  const standing = new Set(draft.links.map((l) => l.lower?.name).filter(Boolean));
  const vlans = draft.observed.vlans.known ? draft.observed.vlans.value : {};
  for (const link of draft.links) {
    const kind = kindOf(draft, pairing, link);
    if (kind === null) continue;
    const master = link.master === null ? undefined : draft.linkOf.get(link.master);
    const limits = limitsOf(draft, link.name);
    const aware = link.kind === 'bridge' ? link.bridge?.vlanFiltering : master?.bridge?.vlanFiltering;
    addNode(draft, {
      id: linkId(draft.host, link.name),
      kind,
      band: bandOf(kind),
      label: link.name,
      detail: linkDetail(draft, link, kind, pairing),
      state: stateOf(link),
      order: link.index,
      anchor: anchorOf(draft, link, kind, standing),
      vlans:
        kind === 'vlan' && link.vlan
          ? [link.vlan.id]
          : aware && link.kind !== 'bridge'
            ? portVlans(vlans[link.name])
            : [],
      badges: linkBadges(draft, link, kind),
      ...(limits && { limits }),
      search: searchText(link, kind === 'vlan' && link.vlan ? `vlan ${link.vlan.id}` : null),
    });
  }
  for (const link of draft.links) addCables(draft, link, pairing);
}

const bandOf = (kind: NodeKind): TopologyNode['band'] => {
  if (kind === 'bridge' || kind === 'ovs-bridge') return 'bridge';
  if (kind === 'tap' || kind === 'veth' || kind === 'macvtap' || kind === 'ovs-port') return 'port';
  return 'uplink';
};

/** Where the layout hangs it: its bridge, the bond that has it, or nothing. */
function anchorOf(
  draft: Draft,
  link: Link,
  kind: NodeKind,
  standing: ReadonlySet<string | null | undefined>,
): string | null {
  if (link.master === null) return null;
  const master = draft.linkOf.get(link.master);
  if (master === undefined || master.name === 'ovs-system') return null;
  // a device that VLANs stand on keeps its place in the upper row even when it is plugged in as well
  if (kind === 'uplink' && standing.has(link.name) && master.kind === 'bridge') return null;
  return linkId(draft.host, link.master);
}

function addCables(draft: Draft, link: Link, pairing: Pairing): void {
  const id = linkId(draft.host, link.name);
  const node = draft.nodes.get(id);
  if (!node) return;
  const carrier = link.up && link.carrier;
  const common = { vlans: node.vlans, carrier, rate: rateOf(draft, link.name) };
  const master = link.master === null ? undefined : draft.nodes.get(linkId(draft.host, link.master));
  if (master) {
    const kind = node.band === 'port' ? 'port' : master.kind === 'bond' ? 'member' : 'uplink';
    addEdge(draft, {
      ...common,
      from: node.band === 'port' ? master.id : id,
      to: node.band === 'port' ? id : master.id,
      kind,
      mtu: node.kind === 'tunnel' ? link.mtu : null,
    });
  }
  const lower = link.lower?.name ? draft.nodes.get(linkId(draft.host, link.lower.name)) : undefined;
  if (lower && link.kind !== 'veth' && lower.id !== id)
    addEdge(draft, { ...common, from: lower.id, to: id, kind: 'stacked' });
  const peer = pairing.ofHost.get(link.name);
  if (peer?.in === 'host' && link.index < peer.index && draft.nodes.has(linkId(draft.host, peer.name)))
    addEdge(draft, { ...common, from: id, to: linkId(draft.host, peer.name), kind: 'peer' });
}
