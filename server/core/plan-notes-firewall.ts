import { servesDhcp } from './compile/dnsmasq';
import { servesDns } from './compile/dnsmasq-dns';
import { familyOf, toNumber } from './ip';
import { isNative, type Network } from './kinds/network';
import { items } from './observed';
import { droppingChains } from './plan-nft';
import type { Situation } from './plan-situation';

/** What the firewall of the host, and what is around it, make of the networks that change. */
export function firewallNotes(s: Situation, changed: readonly Network[]): readonly string[] {
  return [...foreignInput(s, changed), ...changed.flatMap((n) => natAddresses(s, n))];
}

/** Our own table says nothing about what comes to the host: an `accept` there would not overrule another's drop. */
function foreignInput({ observed }: Situation, changed: readonly Network[]): readonly string[] {
  const native = changed.filter(isNative);
  const dhcp = (family: 4 | 6) =>
    native.some((n) => n.subnets.some((s) => servesDhcp(s) && familyOf(s.address) === family));
  const ports = [
    ...(dhcp(4) ? ['udp 67 (DHCP)'] : []),
    ...(dhcp(6) ? ['udp 547 (DHCPv6)'] : []),
    ...(native.some((n) => n.subnets.length > 0 && servesDns(n)) ? ['udp and tcp 53 (DNS)'] : []),
    ...(native.some((n) => n.subnets.some((s) => s.tftp !== undefined)) ? ['udp 69 (TFTP)'] : []),
  ];
  if (ports.length === 0) return [];
  const bridges = native.map((n) => n.bridge.name).join(', ');
  return droppingChains(observed, 'input').map(
    (chain) =>
      `Somebody else's firewall drops what comes to this host by default (${chain}): guests are answered only if it accepts ${ports.join(', ')} from ${bridges}.`,
  );
}

function natAddresses({ observed }: Situation, { name, forward }: Network): readonly string[] {
  const range = forward.mode === 'nat' ? forward.nat?.address : undefined;
  if (range === undefined || !observed.links.known) return [];
  const { start, end } = range;
  const here = (address: string) =>
    items(observed.links).some((l) => l.addresses.some((a) => toNumber(a.address) === toNumber(address)));
  if (here(start) && here(end)) return [];
  const what = start === end ? `${start} is` : `${start} – ${end} are`;
  return [
    `Outside, guests of ${name} appear with addresses that this host does not have itself (${what} not all on its interfaces): answers come back only if the network outside sends them to this host.`,
  ];
}
