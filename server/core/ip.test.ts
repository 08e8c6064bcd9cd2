import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blockOf,
  blockText,
  contains,
  countBetween,
  netmask,
  overlap,
  parseBlock,
  toAddress,
  toNumber,
} from './ip';

const four = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const six = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });

describe('addresses as numbers', () => {
  test('there and back, both families', () => {
    fc.assert(fc.property(four, (n) => toNumber(toAddress(n, 4)) === n));
    fc.assert(fc.property(six, (n) => toNumber(toAddress(n, 6)) === n));
  });

  test.each([
    ['192.168.100.77', 24, '192.168.100.0/24'],
    ['10.255.1.1', 8, '10.0.0.0/8'],
    ['10.0.0.1', 32, '10.0.0.1/32'],
    ['0.0.0.0', 0, '0.0.0.0/0'],
    ['fd00:1::5', 64, 'fd00:1::/64'],
    ['fd00::1', 128, 'fd00::1/128'],
  ])('%s/%i lies in %s', (address, prefix, text) => {
    const block = blockOf(address, prefix);
    expect(block && blockText(block)).toBe(text);
    expect(block && contains(block, address)).toBe(true);
  });

  test.each([
    'default',
    '',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/x',
    'fe80::1%eth0',
    '::/-1',
  ])('%j is no block', (text) => expect(parseBlock(text)).toBeNull());

  test('two blocks overlap exactly when one has the first address of the other', () => {
    const block = fc
      .tuple(four, fc.integer({ min: 0, max: 32 }))
      .map(([n, p]) => blockOf(toAddress(n, 4), p));
    fc.assert(
      fc.property(block, block, (a, b) => {
        if (a === null || b === null) return false;
        const nested = contains(a, toAddress(b.first, 4)) || contains(b, toAddress(a.first, 4));
        return overlap(a, b) === nested && overlap(b, a) === nested;
      }),
    );
  });

  test('families never overlap', () => {
    const [a, b] = [parseBlock('0.0.0.0/0'), parseBlock('::/0')];
    expect(a && b && overlap(a, b)).toBe(false);
  });

  test.each([
    [8, '255.0.0.0'],
    [24, '255.255.255.0'],
    [31, '255.255.255.254'],
    [32, '255.255.255.255'],
    [0, '0.0.0.0'],
  ])('/%i is %s', (prefix, mask) => expect(netmask(prefix)).toBe(mask));

  test('counting includes both ends, and nothing is between reversed ends', () => {
    expect(countBetween('192.168.122.2', '192.168.122.254')).toBe(253n);
    expect(countBetween('fd00::1', 'fd00::1')).toBe(1n);
    expect(countBetween('10.0.0.2', '10.0.0.1')).toBe(0n);
  });
});
