import { blockOf, blockText, contains, familyOf, parseBlock, toNumber } from './ip';
import type { Network } from './kinds/network';
import type { Problem } from './result';

/** Addresses that nobody outside could answer to. */
export const NOBODYS: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'means "no address"'],
  ['127.0.0.0/8', 'is loopback'],
  ['169.254.0.0/16', 'is link-local'],
  ['224.0.0.0/4', 'is multicast'],
  ['240.0.0.0/4', 'is reserved'],
  ['::/127', 'is unspecified or loopback'],
  ['fe80::/10', 'is link-local'],
  ['ff00::/8', 'is multicast'],
];

/** Why nobody can have this address; null when somebody can. */
export const nobodys = (address: string): string | null =>
  NOBODYS.find(([text]) => {
    const block = parseBlock(text);
    return block !== null && contains(block, address);
  })?.[1] ?? null;

/** Addresses and ports that guests appear with outside. */
export function checkNat({ forward, subnets }: Network): readonly Problem[] {
  const nat = forward.mode === 'nat' ? forward.nat : undefined;
  const at = (field: string, code: string, message: string): Problem => ({
    path: ['forward', 'nat', field],
    code,
    message,
  });
  const problems: Problem[] = [];
  if (nat?.port !== undefined && nat.port.start > nat.port.end)
    problems.push(
      at(
        'port',
        'NAT_PORTS_REVERSED',
        `NAT ports ${nat.port.start} – ${nat.port.end} are reversed: the start comes after the end.`,
      ),
    );
  if (nat?.address === undefined) return problems;
  const { start, end } = nat.address;
  const family = familyOf(start);
  const name = `NAT addresses ${start} – ${end}`;
  if (family !== familyOf(end))
    return [...problems, at('address', 'NAT_FAMILIES', `${name}: one is IPv4, the other IPv6.`)];
  if ((toNumber(start) ?? 0n) > (toNumber(end) ?? 0n))
    problems.push(at('address', 'NAT_REVERSED', `${name} are reversed: the start comes after the end.`));
  const unusable = [start, end].find((a) => nobodys(a) !== null);
  if (unusable !== undefined)
    problems.push(
      at('address', 'NAT_UNUSABLE', `${name}: ${unusable} ${nobodys(unusable)}: no answer would come back.`),
    );
  if (family === 6 && !nat.ipv6)
    problems.push(
      at('address', 'NAT_IPV6_OFF', `${name} are IPv6, which is routed here: turn on NAT for IPv6.`),
    );
  if (!subnets.some((s) => familyOf(s.address) === family))
    problems.push(
      at(
        'address',
        'NAT_FOR_NOBODY',
        `${name} are IPv${family}, and the network has no IPv${family} subnet.`,
      ),
    );
  for (const { address, prefix } of subnets) {
    const block = blockOf(address, prefix);
    const inside = [start, end].find((a) => block !== null && contains(block, a));
    if (block !== null && inside !== undefined)
      problems.push(
        at(
          'address',
          'NAT_INSIDE',
          `${name}: ${inside} lies in the network's own subnet ${blockText(block)}: what comes back would never leave the host.`,
        ),
      );
  }
  return problems;
}
