import { IpAddress } from '@/server/core/ids';
import { blockOf, familyOf, toAddress, toNumber } from '@/server/core/ip';
import { prefix as prefixLeaf } from './codecs';

type Range = { readonly start: string; readonly end: string };

/** How many addresses an IPv6 range gets: nobody wants all of a /64. */
const SIX = 0x100n;

/** The widest range on the side of the gateway that has more room; null while the subnet cannot be read. */
export function wholeRange(address: string, length: string): Range | null {
  const read = prefixLeaf().read(length);
  const host = IpAddress.safeParse(address);
  if (!host.success) return null;
  const block = 'value' in read ? blockOf(host.data, Number(read.value)) : null;
  const gateway = toNumber(host.data);
  if (block === null || gateway === null) return null;
  const family = familyOf(host.data);
  const first = block.first + 1n;
  const last = family === 4 ? block.last - 1n : block.last;
  const above = { from: gateway + 1n, to: last };
  const below = { from: first, to: gateway - 1n };
  const { from, to } = above.to - above.from >= below.to - below.from ? above : below;
  if (from > to) return null;
  if (family === 4 || to - from < SIX * 2n)
    return { start: toAddress(from, family), end: toAddress(to, family) };
  const start = block.first + SIX > gateway ? block.first + SIX : from;
  return { start: toAddress(start, family), end: toAddress(start + SIX - 1n, family) };
}
