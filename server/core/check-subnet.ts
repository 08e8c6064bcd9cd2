import {
  type Block,
  bits,
  blockOf,
  blockText,
  contains,
  familyOf,
  overlap,
  parseBlock,
  toNumber,
} from './ip';
import type { Subnet } from './kinds/subnet';
import type { Problem } from './result';

type Path = Problem['path'];

/** Blocks a guest network cannot be in, and why. */
const UNUSABLE: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'means "no address"'],
  ['127.0.0.0/8', 'is loopback'],
  ['169.254.0.0/16', 'is link-local'],
  ['224.0.0.0/4', 'is multicast'],
  ['240.0.0.0/4', 'is reserved'],
  ['::ffff:0:0/96', 'is an IPv4 address written as IPv6'],
  ['::/96', 'holds the unspecified and loopback addresses'],
  ['fe80::/10', 'is link-local'],
  ['ff00::/8', 'is multicast'],
];

/** An address for each guest beside the host's own needs this much room; more than that is a typing error. */
const PREFIXES = { 4: { min: 8, max: 31 }, 6: { min: 32, max: 127 } } as const;

/** One subnet by itself: its address, its ranges, its reservations. */
export function checkSubnet(subnet: Subnet, path: Path): readonly Problem[] {
  const { address, prefix } = subnet;
  const family = familyOf(address);
  const at = (field: string, code: string, message: string): readonly Problem[] => [
    { path: [...path, field], code, message },
  ];
  if (prefix > bits(family))
    return at(
      'prefix',
      'PREFIX_TOO_LONG',
      `Prefix /${prefix} is too long for IPv${family}: at most /${PREFIXES[family].max}.`,
    );
  const block = blockOf(address, prefix);
  if (block === null) return at('address', 'ADDRESS_MALFORMED', `${address} is no address of a subnet.`);
  const unusable = UNUSABLE.find(([text]) => {
    const other = parseBlock(text);
    return other !== null && contains(other, address);
  });
  if (unusable !== undefined)
    return at(
      'address',
      'ADDRESS_UNUSABLE',
      `${address} ${unusable[1]} (${unusable[0]}): a network cannot have it.`,
    );
  const { min, max } = PREFIXES[family];
  if (prefix < min || prefix > max)
    return at(
      'prefix',
      prefix < min ? 'PREFIX_TOO_SHORT' : 'PREFIX_TOO_LONG',
      `Prefix /${prefix} ${prefix < min ? 'is far too wide' : 'leaves no room for guests'}: use /${min} to /${max} for IPv${family}.`,
    );
  const special = specialAddress(address, block);
  if (special !== null)
    return at(
      'address',
      'ADDRESS_SPECIAL',
      `${address} is the ${special} of ${blockText(block)}: the host needs an address of its own.`,
    );
  return subnet.dhcp === undefined ? [] : checkDhcp(subnet, block, [...path, 'dhcp']);
}

/** The first address of a block names the block (IPv4) or any router (IPv6); the last one in IPv4 is broadcast. */
export function specialAddress(address: string, block: Block): string | null {
  const value = toNumber(address);
  if (block.prefix >= bits(block.family) - 1) return null;
  if (value === block.first) return block.family === 4 ? 'network address' : 'subnet-router anycast address';
  if (block.family === 4 && value === block.last) return 'broadcast address';
  return null;
}

function checkDhcp(subnet: Subnet, block: Block, path: Path): readonly Problem[] {
  const { dhcp } = subnet;
  if (dhcp === undefined) return [];
  const problems: Problem[] = [];
  if (block.family === 6 && block.prefix < 64 && dhcp.ranges.length + dhcp.hosts.length > 0)
    problems.push({
      path: [...path.slice(0, -1), 'prefix'],
      code: 'DHCP6_PREFIX',
      message: `DHCP over IPv6 needs a subnet of /64 or smaller, not /${block.prefix}: dnsmasq serves no wider one.`,
    });
  return [...problems, ...checkRanges(subnet, block, path), ...checkHosts(subnet, block, path)];
}

function checkRanges(subnet: Subnet, block: Block, path: Path): readonly Problem[] {
  const ranges = subnet.dhcp?.ranges ?? [];
  const seen: { readonly n: number; readonly block: Block }[] = [];
  return ranges.flatMap(({ start, end }, i): readonly Problem[] => {
    const name = `DHCP range ${i + 1} (${start} – ${end})`;
    const at = (code: string, message: string, field?: 'start' | 'end'): readonly Problem[] => [
      { path: [...path, 'ranges', i, ...(field === undefined ? [] : [field])], code, message },
    ];
    for (const field of ['start', 'end'] as const) {
      const address = field === 'start' ? start : end;
      if (familyOf(address) !== block.family)
        return at(
          'RANGE_FAMILY',
          `${name}: ${address} is IPv${familyOf(address)}, the subnet is IPv${block.family}.`,
          field,
        );
      if (!contains(block, address))
        return at('RANGE_OUTSIDE', `${name}: ${address} lies outside the subnet ${blockText(block)}.`, field);
    }
    const first = toNumber(start);
    const last = toNumber(end);
    if (first === null || last === null) return [];
    if (first > last) return at('RANGE_REVERSED', `${name} is reversed: its start comes after its end.`);
    const own: Block = { family: block.family, prefix: block.prefix, first, last };
    if (contains(own, subnet.address))
      return at(
        'RANGE_HAS_GATEWAY',
        `${name} contains the gateway ${subnet.address}: a guest would be given the host's own address.`,
      );
    for (const field of ['start', 'end'] as const) {
      const address = field === 'start' ? start : end;
      const special = specialAddress(address, block);
      if (special !== null) return at('RANGE_SPECIAL', `${name} contains the ${special} ${address}.`, field);
    }
    const other = seen.find((s) => overlap(s.block, own));
    seen.push({ n: i + 1, block: own });
    return other === undefined ? [] : at('RANGES_OVERLAP', `${name} overlaps with DHCP range ${other.n}.`);
  });
}

function checkHosts(subnet: Subnet, block: Block, path: Path): readonly Problem[] {
  return (subnet.dhcp?.hosts ?? []).flatMap(({ ip }, i): readonly Problem[] => {
    const which = `Reservation ${i + 1}`;
    const at = (field: string, code: string, message: string): Problem => ({
      path: [...path, 'hosts', i, field],
      code,
      message: `${which}: ${message}`,
    });
    const problems: Problem[] = [];
    if (familyOf(ip) !== block.family)
      problems.push(
        at('ip', 'RESERVATION_FAMILY', `${ip} is IPv${familyOf(ip)}, the subnet is IPv${block.family}.`),
      );
    else if (!contains(block, ip))
      problems.push(at('ip', 'RESERVATION_OUTSIDE', `${ip} lies outside the subnet ${blockText(block)}.`));
    else if (ip === subnet.address)
      problems.push(at('ip', 'RESERVATION_IS_GATEWAY', `${ip} is the gateway, the host's own address.`));
    else {
      const special = specialAddress(ip, block);
      if (special !== null)
        problems.push(at('ip', 'RESERVATION_SPECIAL', `${ip} is the ${special} of the subnet.`));
    }
    return problems;
  });
}
