import { blockOf, blockText, familyOf } from '../ip';
import { forwardDevice, type Network } from '../kinds/network';
import type { Subnet } from '../kinds/subnet';

/** What a rule does, in words, and its text. */
export type Worded = { readonly words: string; readonly text: string };

/** A subnet as rules speak of it. */
export function inRules(subnet: Subnet): { readonly ip: 'ip' | 'ip6'; readonly cidr: string } {
  const block = blockOf(subnet.address, subnet.prefix);
  if (block === null) throw new Error(`nft: ${subnet.address}/${subnet.prefix} was not checked`);
  return { ip: familyOf(subnet.address) === 4 ? 'ip' : 'ip6', cidr: blockText(block) };
}

/** Are the addresses of this subnet translated? IPv6 only where it is asked for: otherwise it is routed. */
export const isTranslated = ({ forward }: Network, { address }: Subnet): boolean =>
  forward.mode === 'nat' && (familyOf(address) === 4 || forward.nat?.ipv6 === true);

/** Never translated: it stays on the link. */
const ON_LINK = { ip: ['224.0.0.0/24', '255.255.255.255'], ip6: ['ff02::/16'] } as const;

/** What leaves a translated subnet gets an address of the device it leaves by, or one of those given. */
export function natRules(network: Network, subnet: Subnet): readonly Worded[] {
  if (!isTranslated(network, subnet)) return [];
  const { ip, cidr } = inRules(subnet);
  const dev = forwardDevice(network);
  const leaving = dev === undefined ? '' : `oifname "${dev}" `;
  const outside = `${leaving}${ip} saddr ${cidr} ${ip} daddr != ${cidr}`;
  const { verb, addresses, ports } = natTo(network, ip);
  const to = (where: string) => (where === '' ? '' : ` to ${where}`);
  return [
    ...ON_LINK[ip].map((group) => ({
      words: `keep ${group}`,
      text: `${leaving}${ip} saddr ${cidr} ${ip} daddr ${group} counter return`,
    })),
    // Not below 1024: some servers take who calls from there for root.
    ...(['tcp', 'udp'] as const).map((l4) => ({
      words: `${verb} ${l4}`,
      text: `meta l4proto ${l4} ${outside} counter ${verb}${addresses === '' ? '' : ` ${ip}`}${to(`${addresses}:${ports}`)}`,
    })),
    {
      words: verb,
      text: `${outside} counter ${verb}${addresses === '' ? '' : ` ${ip}`}${to(bare(addresses))}`,
    },
  ];
}

function natTo({ forward }: Network, ip: 'ip' | 'ip6') {
  const nat = forward.mode === 'nat' ? forward.nat : undefined;
  const { start, end } = nat?.port ?? { start: 1024, end: 65535 };
  const ports = start === end ? String(start) : `${start}-${end}`;
  const range = nat?.address;
  if (range === undefined || (familyOf(range.start) === 4) !== (ip === 'ip'))
    return { verb: 'masquerade', addresses: '', ports } as const;
  // Brackets, because a port may follow.
  const both = [...new Set([range.start, range.end])].map((a) => (ip === 'ip' ? a : `[${a}]`));
  return { verb: 'snat', addresses: both.join('-'), ports } as const;
}

const bare = (addresses: string) => addresses.replaceAll(/[[\]]/g, '');
