import type { Desired } from '../change';
import { bridgeOf, isOvs, type Network } from '../kinds/network';
import type { VirtualPort, Vlan } from '../kinds/port';
import { portLimits } from './limits';
import { usesVlans, vlanFor } from './ports';
import type { OvsPortGoal, OvsPortsGoal, OvsVlan } from './realisation';

/*
 * Facts of Open vSwitch: a port without tag and trunks carries every VLAN, and what is untagged there is in VLAN 0. A
 * port of a network that tells VLANs apart and has none itself is therefore put into VLAN 0 alone (`tag=0`). The
 * host's side, the bridge's own internal port, is in the network's VLAN as guests without a portgroup are; the other
 * VLANs come to it tagged, for VLAN devices on top of the bridge.
 */

/** Key in `external_ids` of a bridge by which we know our own; its value is the network. */
export const OVS_MARK = 'patchbay-network';

/** A port that nobody told anything. */
export const EVERY_VLAN: OvsVlan = { tag: null, trunks: [], mode: 'trunk' };

export function toOvsVlan(vlan: Vlan): OvsVlan {
  const ids = vlan.tags.map((t) => t.id).sort((a, b) => a - b);
  if (!vlan.trunk) return { tag: ids[0] ?? 0, trunks: [], mode: 'access' };
  const native = vlan.tags.find((t) => t.nativeMode !== undefined);
  if (native === undefined) return { tag: null, trunks: ids, mode: 'trunk' };
  return { tag: native.id, trunks: ids, mode: `native-${native.nativeMode ?? 'untagged'}` };
}

/** The host's own port: untagged in the network's VLAN. */
export function hostVlan({ vlan }: Network): OvsVlan {
  const native = vlan?.trunk ? vlan.tags.find((t) => t.nativeMode !== undefined) : vlan?.tags[0];
  return native === undefined ? EVERY_VLAN : { tag: native.id, trunks: [], mode: 'native-untagged' };
}

/**
 * What the ports of guests shall be like in each network that may be on Open vSwitch and is ours, or libvirt's; by name
 * of the network. libvirt leaves a guest that has no VLAN in every VLAN.
 */
export function compileOvsPorts(desired: Desired, by: 'us' | 'libvirt' = 'us'): readonly OvsPortsGoal[] {
  const ours = by === 'us';
  return desired.networks
    .filter((n) => (ours && isOvs(n)) || (n.footing === (ours ? undefined : by) && n.bridge === undefined))
    .flatMap((n) => {
      const bridge = bridgeOf(n);
      if (bridge === null) return [];
      const groups = ['', ...(n.portgroups ?? []).map((g) => g.name)];
      return [
        {
          network: n.name,
          bridge,
          own: isOvs(n),
          tells: ours && usesVlans(n),
          groups: new Map(groups.map((name) => [name, compilePort(n, name === '' ? null : name, ours)])),
          isolated: n.isolated ?? false,
          mtu: n.mtu ?? null,
          limits: portLimits(n),
        },
      ];
    })
    .sort((a, b) => (a.network < b.network ? -1 : 1));
}

function compilePort(network: Network, portgroup: string | null, ours: boolean): OvsPortGoal {
  const groups = network.portgroups ?? [];
  const tells = ours && usesVlans(network);
  const vlan = vlanFor(network, portgroup);
  const group = portgroup === null ? groups.find((g) => g.default) : groups.find((g) => g.name === portgroup);
  const port: VirtualPort = { ...network.virtualPort, ...group?.virtualPort };
  return {
    vlan:
      vlan === undefined ? (tells ? { tag: 0, trunks: [], mode: 'access' } : EVERY_VLAN) : toOvsVlan(vlan),
    profileId: port.profileId ?? null,
    interfaceId: port.interfaceId ?? null,
  };
}
