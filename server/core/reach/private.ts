import { contains, parseBlock } from '../ip';

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

/** Addresses that nobody outside has a route to, unless somebody gave it one. */
export const isPrivate = (address: string): boolean =>
  PRIVATE.some((text) => {
    const block = parseBlock(text);
    return block !== null && contains(block, address);
  });
