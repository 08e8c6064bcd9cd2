import { expect, it, test } from 'vitest';
import {
  burstText,
  leaseText,
  parseBurst,
  parseLease,
  parseRate,
  parseTags,
  rateText,
  splitCidr,
  tagsText,
} from './units';

test.each([
  ['12h', 12, 'hours'],
  ['90 min', 90, 'minutes'],
  ['90m', 90, 'minutes'],
  ['1 day', 24, 'hours'],
  ['1.5h', 90, 'minutes'],
  ['3600', 3600, 'seconds'],
  ['forever', 0, 'minutes'],
])('a lease of %s', (text, expiry, unit) => expect(parseLease(text)).toEqual({ expiry, unit }));
test.each(['soon', '5 apples', '-1h', 'mm', '0.0001 s'])('%s is no lease', (text) =>
  expect(parseLease(text)).toBeNull(),
);

test.each([
  ['10 Mbit/s', 1250],
  ['10mbit', 1250],
  ['1.2 MB/s', 1200],
  ['1,2 MB/s', 1200],
  ['1200', 1200],
  ['1200 kB/s', 1200],
  ['1 Gbit/s', 125_000],
  ['1 MiB/s', 1049],
  ['8000 kbps', 1000],
])('a rate of %s', (text, rate) => expect(parseRate(text)).toBe(rate));
test.each(['fast', '10 Mb per s', '10 m'])('%s is no rate', (text) => expect(parseRate(text)).toBeNull());

test.each([
  ['512', 512],
  ['512 KiB', 512],
  ['1 MiB', 1024],
  ['64 kB', 64],
])('a burst of %s', (text, burst) => expect(parseBurst(text)).toBe(burst));

it('reads what it writes', () => {
  for (const n of [1, 7, 125, 1250, 1200, 999_999, 125_000, 4_294_967_295]) {
    expect(parseRate(rateText(n))).toBe(n);
    expect(parseBurst(burstText(n))).toBe(n);
  }
  for (const unit of ['seconds', 'minutes', 'hours'] as const)
    for (const expiry of [0, 1, 90, 86_400])
      expect(parseLease(leaseText({ expiry, unit }))).toEqual({ expiry, unit });
});

it('reads and writes VLANs as switches do', () => {
  expect(parseTags('10, 20-22 40')).toEqual([10, 20, 21, 22, 40]);
  expect(tagsText([10, 20, 21, 22, 40, 41])).toBe('10, 20-22, 40, 41');
  for (const no of ['x', '20-10', '1-99999', '-5']) expect(parseTags(no)).toBeNull();
});

it('splits an address from its length', () => {
  expect(splitCidr('192.168.5.1/24')).toEqual(['192.168.5.1', '24']);
  expect(splitCidr(' 192.168.5.1 255.255.255.0 ')).toEqual(['192.168.5.1', '255.255.255.0']);
  expect(splitCidr('192.168.5.1')).toBeNull();
  expect(splitCidr('192.168.5.1/')).toBeNull();
});
