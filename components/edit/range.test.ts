import { expect, test } from 'vitest';
import { wholeRange } from './range';

test.each([
  ['192.168.5.1', '24', '192.168.5.2', '192.168.5.254'],
  ['192.168.5.254', '255.255.255.0', '192.168.5.1', '192.168.5.253'],
  ['192.168.5.1', '30', '192.168.5.2', '192.168.5.2'],
  ['fd00::1', '64', 'fd00::100', 'fd00::1ff'],
])('%s/%s gives %s to %s', (address, prefix, start, end) =>
  expect(wholeRange(address, prefix)).toEqual({ start, end }),
);

test.each([
  ['192.168.5', '24'],
  ['192.168.5.1', 'x'],
  ['192.168.5.1', '32'],
])('%s/%s has no range', (address, prefix) => expect(wholeRange(address, prefix)).toBeNull());
