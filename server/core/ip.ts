import ipaddr from 'ipaddr.js';

/*
 * Arithmetic on addresses, both families, as one number each. Text goes in and comes out in canonical form.
 */

export type Family = 4 | 6;

/** A block of addresses: first and last belong to it. */
export type Block = {
  readonly family: Family;
  readonly prefix: number;
  readonly first: bigint;
  readonly last: bigint;
};

export const bits = (family: Family): number => (family === 4 ? 32 : 128);

/** The family of an address that is known to be one. */
export const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4);

/** Null when it is no address. A zone (`%eth0`) is none. */
export function toNumber(address: string): bigint | null {
  if (!ipaddr.isValid(address) || address.includes('%')) return null;
  return ipaddr
    .parse(address)
    .toByteArray()
    .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

export function toAddress(value: bigint, family: Family): string {
  const bytes = Array.from({ length: bits(family) / 8 }, (_, i) =>
    Number((value >> BigInt(bits(family) - 8 * (i + 1))) & 255n),
  );
  return ipaddr.fromByteArray(bytes).toString();
}

/** The block an address with this prefix length lies in; null when either makes no sense. */
export function blockOf(address: string, prefix: number): Block | null {
  const family = familyOf(address);
  const value = toNumber(address);
  if (value === null || !Number.isInteger(prefix) || prefix < 0 || prefix > bits(family)) return null;
  const host = (1n << BigInt(bits(family) - prefix)) - 1n;
  const first = value - (value & host);
  return { family, prefix, first, last: first + host };
}

/** `192.168.0.0/16`, `192.168.0.1`; null for anything else (`default`). */
export function parseBlock(text: string): Block | null {
  const [address = '', length, ...more] = text.split('/');
  if (more.length > 0 || toNumber(address) === null) return null;
  return blockOf(address, length === undefined ? bits(familyOf(address)) : Number(length));
}

export const overlap = (a: Block, b: Block): boolean =>
  a.family === b.family && a.first <= b.last && b.first <= a.last;

export const contains = (block: Block, address: string): boolean => {
  const value = toNumber(address);
  return value !== null && familyOf(address) === block.family && value >= block.first && value <= block.last;
};

/** `192.168.100.0/24` */
export const blockText = (block: Block): string => `${toAddress(block.first, block.family)}/${block.prefix}`;

/** `255.255.255.0` */
export const netmask = (prefix: number): string =>
  toAddress(((1n << BigInt(prefix)) - 1n) << BigInt(32 - prefix), 4);

/** How many addresses from start to end, both included. */
export function countBetween(start: string, end: string): bigint {
  const from = toNumber(start);
  const to = toNumber(end);
  return from === null || to === null || from > to ? 0n : to - from + 1n;
}
