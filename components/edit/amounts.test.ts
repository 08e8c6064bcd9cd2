import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bandwidthProblems } from '@/server/core/bandwidth-check';
import { bucketOf, burstOf } from '@/server/core/token-bucket';
import { amountIn, burstFor, RATE, rateWords, SIZE, sizeWords, stopOf, textAtStop } from './amounts';

test.each([
  ['10 Mbit/s', '10 Mbit/s · 1.25 MB/s · 1,250 kB/s'],
  ['1.2 MB/s', '9.6 Mbit/s · 1.2 MB/s · 1,200 kB/s'],
  ['1200', '9.6 Mbit/s · 1.2 MB/s · 1,200 kB/s'],
  ['1', '0.008 Mbit/s · 0.001 MB/s · 1 kB/s'],
])('a rate of %s is %s', (typed, words) => expect(rateWords(amountIn(RATE, typed) ?? 0)).toBe(words));

test('a burst in all units', () => {
  expect(sizeWords(amountIn(SIZE, '512') ?? 0)).toBe('512 KiB · 0.5 MiB · 524,288 bytes');
  expect(sizeWords(amountIn(SIZE, '1 GiB') ?? 0)).toBe('1,048,576 KiB · 1,024 MiB · 1,073,741,824 bytes');
});

test.each(['', ' ', 'fast', '10 Mbits per s', '0', '1.5', '-3'])('"%s" means no amount', (typed) => {
  expect(amountIn(RATE, typed)).toBeUndefined();
  expect(amountIn(SIZE, typed)).toBeUndefined();
});

describe.each([
  ['rates', RATE],
  ['sizes', SIZE],
])('the slider of %s', (_, amount) => {
  test('has stops that are read as they are written, each further than the one before', () => {
    amount.stops.forEach((value, n) => {
      expect(amountIn(amount, textAtStop(amount, n + 1))).toBe(value);
      expect(stopOf(amount, value)).toBe(n + 1);
      expect(value / (amount.stops[n - 1] ?? value / 2)).toBeLessThanOrEqual(2);
    });
    expect(textAtStop(amount, 0)).toBe('');
    expect(stopOf(amount, undefined)).toBe(0);
  });

  test('stands further to the right for more, and between its ends', () => {
    const value = fc.integer({ min: 1, max: 4_294_967_295 });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [less, more] = [stopOf(amount, Math.min(a, b)), stopOf(amount, Math.max(a, b))];
        expect(less).toBeLessThanOrEqual(more);
        expect(less).toBeGreaterThan(0);
        expect(more).toBeLessThanOrEqual(amount.stops.length);
      }),
    );
  });
});

test('a burst of ten seconds lasts ten seconds, and can be counted', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400_000 }), (average) => {
      const inbound = { average, peak: average * 2, burst: burstFor(10, { average, peak: average * 2 }) };
      const bucket = bucketOf('inbound', inbound);
      // A burst is whole kibibytes.
      if (average > 100) expect(bucket && burstOf(bucket).seconds).toBeCloseTo(10, 1);
      const outbound = { average, burst: burstFor(10, { average }) };
      expect(bandwidthProblems({ inbound, outbound }, { of: 'network' })).toEqual([]);
    }),
  );
});
