import { digest } from '../canonical';
import type { Desired } from '../change';
import { blockOf, blockText, familyOf } from '../ip';
import { hasOwnBridge, isMade, isNative, isOvs, type OwnNetwork, type StaticRoute } from '../kinds/network';
import { compileDnsmasq, servesDhcp } from './dnsmasq';
import { compileLimits, toLimits } from './limits';
import { compileNft } from './nft';
import { compileOvsPorts, hostVlan } from './ovs';
import { compilePorts } from './ports';
import type { BridgeGoal, Place, Realisation, RouteGoal } from './realisation';

export const MARK = 'patchbay:';

/** The desired networks as bridge (Linux or Open vSwitch), addresses, nftables, dnsmasq and forwarding. Needs input that `checkNetwork` passed. */
export function compileNative(desired: Desired, place: Place): Realisation {
  // The order in which records list them must not show in the rules.
  const networks = desired.networks
    .filter(isMade)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  // libvirt turns it on as well, but does not say so, and never turns it off.
  const leaving = desired.networks
    .filter((n) => hasOwnBridge(n) && n.forward.mode !== 'none')
    .flatMap((n) => n.subnets);
  return {
    bridges: networks.filter(isNative).map(compileBridge),
    ports: compilePorts(desired),
    limits: compileLimits(desired),
    ovs: networks
      .filter(isOvs)
      .map((n) => ({ ...compileBridge(n), vlan: hostVlan(n), limits: toLimits(n.bandwidth) })),
    ovsPorts: compileOvsPorts(desired),
    chains: compileNft(networks),
    dnsmasq: networks.flatMap((n) => compileDnsmasq(n, place) ?? []),
    forwarding: ([4, 6] as const).filter((f) => leaving.some((s) => familyOf(s.address) === f)),
  };
}

function compileBridge(network: OwnNetwork): BridgeGoal {
  const { name, stp } = network.bridge;
  return {
    name,
    network: network.name,
    alias: `${MARK}${network.name}`,
    mac:
      network.mac ??
      `52:54:00:${(digest(`${network.name} ${name}`).slice(0, 6).match(/../g) ?? []).join(':')}`,
    macChosen: network.mac !== undefined,
    mtu: network.mtu ?? null,
    stp,
    forwardDelay: forwardDelay(network),
    addresses: network.subnets.map(({ address, prefix }) => ({
      family: familyOf(address),
      address,
      prefix,
    })),
    routes: (network.routes ?? []).map(compileRoute),
    checksums: network.subnets.some(servesDhcp),
    adopted: network.adopted === true,
  };
}

/** With STP a port must listen and learn before it forwards, 15 s each by default; 2 s is the least the kernel takes. */
function forwardDelay({ bridge: { stp, delay } }: OwnNetwork): number | null {
  if (stp) return Math.max(200, (delay ?? 0) * 100);
  return delay === undefined ? null : delay * 100;
}

function compileRoute({ address, prefix, gateway, metric }: StaticRoute): RouteGoal {
  const block = blockOf(address, prefix);
  if (block === null) throw new Error(`route: ${address}/${prefix} was not checked`);
  return {
    family: block.family,
    destination: prefix === 0 ? 'default' : blockText(block),
    gateway,
    // libvirt's, where none is given.
    metric: metric ?? 1,
  };
}
