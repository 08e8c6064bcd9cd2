import { isIP } from 'node:net';
import { blockOf, blockText } from '@/server/core/ip';
import { isLoopback } from './security';

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/**
 * Who asks, for counting wrong passwords: an IPv4 address, or the /64 of an IPv6 one, all of which one machine has.
 * `forwarded` is X-Forwarded-For, where a proxy was announced: its last entry is what the proxy itself saw, and it is
 * believed from this machine alone.
 */
export function clientOf(remote: string | undefined, forwarded: string | undefined): string {
  const peer = plain(remote ?? '');
  const last = plain(forwarded?.split(',').at(-1)?.trim() ?? '');
  const address = isLoopback(peer) && isIP(last) !== 0 ? last : peer;
  const block = isIP(address) === 6 ? blockOf(address, 64) : null;
  return block === null ? address : blockText(block);
}
