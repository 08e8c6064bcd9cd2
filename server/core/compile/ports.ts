import type { Desired } from '../change';
import { bridgeOf, hasOwnBridge, type Network } from '../kinds/network';
import type { Bandwidth, Vlan } from '../kinds/port';
import { limitText, parseLimitText } from '../limit-text';
import { NO_LIMITS, portLimits, toLimits } from './limits';
import type { Limits, PortsGoal, PortVlan } from './realisation';

/*
 * Which VLANs a guest's port is in, and the host. The bridge's own side is a port too: the host's addresses in the
 * network are in the network's own VLAN (its access tag, or the native one of its trunk), untagged for the host, so
 * that guests without a portgroup and the host reach each other as they would without VLANs. Where the network itself
 * has none, that is VLAN 1, which ports have that nobody told anything. A VLAN device of the host on top of the bridge
 * has its VLAN tagged. The bridge's default PVID stays the kernel's (1): it cannot be changed while VLANs are told apart.
 */

const PORT_MARK = 'patchbay:port:';
const UNTOLD: readonly PortVlan[] = [{ vid: 1, pvid: true, untagged: true }];

/**
 * The alias by which a port tells whose it is, and by which limits of its own; it outlives the agent. One without a
 * network may have limits, too.
 */
export function portMark(network: string | null, portgroup: string | null, bandwidth?: Bandwidth): string {
  const limit = bandwidth === undefined ? '' : limitText(bandwidth);
  if (network === null && limit === '') return '';
  return `${PORT_MARK}${network ?? ''}:${portgroup ?? ''}${limit === '' ? '' : `:${limit}`}`;
}

export type PortMark = {
  readonly network: string;
  readonly portgroup: string | null;
  /** Its own, instead of its portgroup's. */
  readonly bandwidth?: Bandwidth;
};

const partsOf = (alias: string | null): readonly string[] =>
  alias?.startsWith(PORT_MARK) ? alias.slice(PORT_MARK.length).split(':') : [];

/** Null for anything that is not such an alias, or names no network. */
export function parsePortMark(alias: string | null): PortMark | null {
  const [network = '', portgroup = ''] = partsOf(alias);
  if (network === '') return null;
  const bandwidth = ownBandwidth(alias);
  return {
    ...{ network, portgroup: portgroup === '' ? null : portgroup },
    ...(bandwidth === undefined ? {} : { bandwidth }),
  };
}

/** The limits that a port says are its own, whatever it is plugged into. */
export function ownBandwidth(alias: string | null): Bandwidth | undefined {
  const [, , limit] = partsOf(alias);
  return limit === undefined ? undefined : parseLimitText(limit);
}

/** What a port is limited to: by itself, or else as its portgroup says; `goal` absent: nobody else limits it. */
export function limitsOfPort(
  goal: Pick<PortsGoal, 'limits'> | undefined,
  { alias, portgroup }: { readonly alias: string | null; readonly portgroup: string | null },
): Limits {
  const own = ownBandwidth(alias);
  if (own !== undefined) return toLimits(own);
  return goal?.limits.get(portgroup ?? '') ?? goal?.limits.get('') ?? NO_LIMITS;
}

/** Those of the portgroup, or else the network's, as libvirt has it. No portgroup is the default one, if there is any. */
export function vlanFor(network: Network, portgroup: string | null): Vlan | undefined {
  const groups = network.portgroups ?? [];
  const group = portgroup === null ? groups.find((g) => g.default) : groups.find((g) => g.name === portgroup);
  return group?.vlan ?? network.vlan;
}

/** Does it tell VLANs apart? */
export const usesVlans = ({ vlan, portgroups = [] }: Network): boolean =>
  vlan !== undefined || portgroups.some((g) => g.vlan !== undefined);

/** Sorted; of a port that nobody told anything, VLAN 1. */
export function toPortVlans(vlan: Vlan | undefined): readonly PortVlan[] {
  if (vlan === undefined) return UNTOLD;
  const all = vlan.tags.map(({ id, nativeMode }) =>
    vlan.trunk
      ? { vid: id, pvid: nativeMode !== undefined, untagged: nativeMode === 'untagged' }
      : { vid: id, pvid: true, untagged: true },
  );
  return all.sort((a, b) => a.vid - b.vid);
}

/** What the ports of each network that has a bridge and this footing shall be like; by name of the network. */
export function compilePorts(desired: Desired, footing?: 'libvirt'): readonly PortsGoal[] {
  return desired.networks
    .filter((n) => n.footing === footing)
    .flatMap((n) => {
      const bridge = bridgeOf(n);
      return bridge === null ? [] : [compileOne(n, bridge, desired)];
    })
    .sort((a, b) => (a.network < b.network ? -1 : 1));
}

function compileOne(network: Network, bridge: PortsGoal['bridge'], { links }: Desired): PortsGoal {
  const onTop = links.flatMap((l) => (l.kind === 'vlan' && l.device === bridge ? [l.id] : []));
  return {
    network: network.name,
    bridge,
    own: hasOwnBridge(network),
    vlans: usesVlans(network) ? { host: hostVlans(network.vlan, onTop), ports: byPortgroup(network) } : null,
    groups: (network.portgroups ?? []).map((g) => g.name),
    isolated: network.isolated ?? false,
    told: tableManager(network) === 'libvirt',
    mtu: network.mtu ?? null,
    limits: portLimits(network),
  };
}

/** On a bridge of the host it is libvirt that tells: natively the bridge's design says how ports learn. */
const tableManager = ({ bridge, footing, forward }: Network) =>
  footing === 'libvirt' && forward.mode === 'bridge' ? forward.macTableManager : bridge?.macTableManager;

function byPortgroup(network: Network): ReadonlyMap<string, readonly PortVlan[]> {
  const names = ['', ...(network.portgroups ?? []).map((g) => g.name)];
  return new Map(names.map((name) => [name, toPortVlans(vlanFor(network, name === '' ? null : name))]));
}

function hostVlans(vlan: Vlan | undefined, onTop: readonly number[]): readonly PortVlan[] {
  const native = toPortVlans(vlan).find((v) => v.pvid)?.vid ?? 1;
  const tagged = [...new Set(onTop)].filter((vid) => vid !== native);
  return [
    { vid: native, pvid: true, untagged: true },
    ...tagged.map((vid) => ({ vid, pvid: false, untagged: false })),
  ].sort((a, b) => a.vid - b.vid);
}
