import type { CheckContext } from './check-context';
import { usesVlans } from './compile/ports';
import type { Tap } from './kinds/link';
import type { Network } from './kinds/network';
import type { Link, Observed } from './observed';
import { ovsAt } from './plan-ovs-situation';
import type { Problem } from './result';

/** What a tap can be plugged into, and which VLANs it can have there. */
export function checkTap(tap: Tap, context: CheckContext): readonly Problem[] {
  const { name, bridge, vlan, addresses } = tap;
  const at = (field: string, code: string, message: string): readonly Problem[] => [
    { path: [field], code, message },
  ];
  if (tap.keepVlans && vlan !== undefined)
    return at('vlan', 'TAP_VLAN', `The VLANs of ${name} are left to somebody else: leave these out.`);
  if (bridge === undefined)
    return vlan === undefined
      ? []
      : at('vlan', 'TAP_VLAN', `VLANs are those of a port: say which bridge ${name} is plugged into.`);
  if (addresses !== undefined)
    return at(
      'addresses',
      'TAP_ADDRESSES',
      `${name} is plugged into ${bridge}, and a port has no addresses: give them to ${bridge}.`,
    );
  const network = context.others.find((n) => n.bridge?.name === bridge);
  if (network !== undefined) return checkInNetwork(tap, network);
  const design = (context.links ?? []).find((l) => l.name === bridge);
  if (design !== undefined && design.kind !== 'bridge')
    return at('bridge', 'NO_BRIDGE', `${bridge} is no bridge: ${name} cannot be plugged into it.`);
  if (design === undefined && context.observed !== null) {
    const seen = linkAt(context.observed, bridge);
    if (ovsAt(context.observed, bridge) !== undefined) return checkVlans(tap, true);
    const { ovsBridges } = context.observed;
    if (!ovsBridges.known && seen?.kind === 'openvswitch')
      return at(
        'bridge',
        'UNKNOWN',
        `${bridge} belongs to Open vSwitch, which cannot be asked: ${ovsBridges.why.replace(/\.?$/, '.')}`,
      );
    if (context.observed.links.known && seen?.kind !== 'bridge')
      return at('bridge', 'NO_BRIDGE', `There is no bridge ${bridge} on this host.`);
  }
  const aware =
    design?.kind === 'bridge'
      ? design.vlanAware !== undefined
      : context.observed === null || (linkAt(context.observed, bridge)?.bridge?.vlanFiltering ?? false);
  return checkVlans(tap, aware);
}

/** @param aware what it is plugged into tells VLANs apart */
function checkVlans({ name, bridge, vlan }: Tap, aware: boolean): readonly Problem[] {
  const at = (message: string): readonly Problem[] => [{ path: ['vlan'], code: 'TAP_VLAN', message }];
  if (vlan !== undefined && !aware)
    return at(`Bridge ${bridge} tells no VLANs apart: leave those of ${name} out.`);
  return vlan === undefined || vlan.trunk || vlan.tags.length === 1
    ? []
    : at(`Without a trunk, ${name} is in one VLAN.`);
}

const linkAt = (observed: Observed, name: string): Link | undefined =>
  observed.links.known ? observed.links.value[name] : undefined;

/** A network says itself what its ports are like; on Open vSwitch, one that says nothing of VLANs leaves them to the tap. */
function checkInNetwork(tap: Tap, network: Network): readonly Problem[] {
  const at = (field: string, message: string): readonly Problem[] => [
    { path: [field], code: 'TAP_NETWORK', message },
  ];
  const { name, vlan, mtu, keepVlans } = tap;
  if (keepVlans && usesVlans(network))
    return at(
      'keepVlans',
      `Network ${network.name} says which VLANs its ports have: those of ${name} cannot be left to somebody else.`,
    );
  const own = network.footing === 'ovs' && !usesVlans(network);
  if (own && vlan !== undefined) return checkVlans(tap, true);
  if (vlan !== undefined)
    return at('vlan', `Network ${network.name} says which VLANs its ports have: leave those of ${name} out.`);
  if (mtu === undefined || network.mtu === undefined || mtu === network.mtu) return [];
  return at(
    'mtu',
    `Network ${network.name} gives its ports an MTU of ${network.mtu}: leave that of ${name} out.`,
  );
}
