import { digest } from '../canonical';
import type { Desired } from '../change';
import { familyOf } from '../ip';
import type { Network } from '../kinds/network';
import { compileDnsmasq, servesDhcp } from './dnsmasq';
import { compileNft } from './nft';
import type { BridgeGoal, Place, Realisation } from './realisation';

export const MARK = 'patchbay:';

/** The desired networks as bridge, addresses, nftables, dnsmasq and forwarding. Needs input that `checkNetwork` passed. */
export function compileNative(desired: Desired, place: Place): Realisation {
  // The order in which records list them must not show in the rules.
  const networks = [...desired.networks].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const leaving = networks.filter((n) => n.forward.mode !== 'none').flatMap((n) => n.subnets);
  return {
    bridges: networks.map(compileBridge),
    chains: compileNft(networks),
    dnsmasq: networks.flatMap((n) => compileDnsmasq(n, place) ?? []),
    forwarding: ([4, 6] as const).filter((f) => leaving.some((s) => familyOf(s.address) === f)),
  };
}

function compileBridge(network: Network): BridgeGoal {
  const { name, stp } = network.bridge;
  return {
    name,
    network: network.name,
    alias: `${MARK}${network.name}`,
    mac: `52:54:00:${(digest(`${network.name} ${name}`).slice(0, 6).match(/../g) ?? []).join(':')}`,
    stp,
    addresses: network.subnets.map(({ address, prefix }) => ({
      family: familyOf(address),
      address,
      prefix,
    })),
    checksums: network.subnets.some(servesDhcp),
  };
}
