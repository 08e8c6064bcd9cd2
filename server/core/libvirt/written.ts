import { netmask, toNumber } from '../ip';

/*
 * How an address says how long its prefix is: as netmask (usual for IPv4), as prefix (usual for IPv6), or not at all.
 */

/** What libvirt takes when nothing is said: the class of an IPv4 address, 64 for IPv6. Null for multicast and beyond. */
export function defaultPrefix(address: string): number | null {
  if (address.includes(':')) return 64;
  const first = Number(address.split('.')[0]);
  if (first < 128) return 8;
  if (first < 192) return 16;
  return first < 224 ? 24 : null;
}

/** `255.255.255.0` → 24; null when the ones are not all in front. */
export function prefixOfNetmask(mask: string): number | null {
  const value = mask.includes(':') ? null : toNumber(mask);
  if (value === null) return null;
  const prefix = value.toString(2).replaceAll('0', '').length;
  return toNumber(netmask(prefix)) === value ? prefix : null;
}

/** A bridge name that nobody has: `virbr0`, `virbr1`, …, or after a pattern with `%d` in it. Null when there is none. */
export function freeBridge(taken: readonly string[], pattern = 'virbr%d'): string | null {
  const names = Array.from({ length: 257 }, (_, n) => pattern.replace('%d', String(n)));
  return names.find((name) => !taken.includes(name)) ?? null;
}
