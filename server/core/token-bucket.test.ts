import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bucket, bucketOf, burstOf, secondsFor, sentAfter } from './token-bucket';

const bucket = (...of: Parameters<typeof bucketOf>): Bucket => {
  const made = bucketOf(...of);
  if (made === null) throw new Error('nothing is limited');
  return made;
};

test('inbound, the burst goes at the peak while the bucket fills at the average', () => {
  const limited = bucket('inbound', { average: 1000, peak: 3000, burst: 2000 });
  // 2048000 bytes, of which 2000000 a second are missing.
  expect(burstOf(limited)).toEqual({ seconds: 1.024, bytes: 3_072_000 });
  expect(secondsFor(limited, 3_000_000)).toBe(1);
  expect(secondsFor(limited, 3_072_000 + 5_000_000)).toBeCloseTo(6.024, 9);
});

test('inbound without a peak above the average there is no burst', () => {
  for (const peak of [undefined, 1000]) {
    const limited = bucket('inbound', { average: 1000, peak, burst: 2000 });
    expect(burstOf(limited).bytes).toBe(0);
    expect(secondsFor(limited, 10_000_000)).toBe(10);
  }
});

test('outbound, the burst goes at once, a second’s worth where nothing is said', () => {
  expect(burstOf(bucket('outbound', { average: 1000, peak: 9000, burst: 64 }))).toEqual({
    seconds: 0,
    bytes: 65_536,
  });
  expect(burstOf(bucket('outbound', { average: 1000 })).bytes).toBe(1_024_000);
  expect(burstOf(bucket('outbound', { average: 9_000_000 })).bytes).toBe(4_194_303 * 1024);
  expect(secondsFor(bucket('outbound', { average: 1000, burst: 64 }), 65_536)).toBe(0);
});

test('nothing is limited without an average', () => expect(bucketOf('inbound', { floor: 5 })).toBeNull());

describe('any limit', () => {
  const rate = fc.integer({ min: 1, max: 10_000_000 });
  const limit = fc.record(
    { average: rate, peak: rate, burst: fc.integer({ min: 1, max: 4_000_000 }) },
    { requiredKeys: ['average'] },
  );
  const limited = fc.tuple(fc.constantFrom('inbound' as const, 'outbound' as const), limit);

  test('lets through what a bucket does that is counted in small steps', () => {
    fc.assert(
      fc.property(limited, fc.double({ min: 0.01, max: 100, noNaN: true }), ([way, of], seconds) => {
        const b = bucket(way, of);
        const steps = 2000;
        const step = seconds / steps;
        let [tokens, sent] = [b.size, 0];
        for (let n = 0; n < steps; n++) {
          // As fast as is allowed, out of what is there and what comes meanwhile.
          const most = b.peak === null ? Number.POSITIVE_INFINITY : b.peak * step;
          const there = b.peak !== null && b.peak <= b.average ? b.average * step : tokens + b.average * step;
          const goes = Math.min(most, there);
          tokens = Math.min(b.size, tokens + b.average * step - goes);
          sent += goes;
        }
        const slack = (b.peak ?? b.average) * step;
        expect(Math.abs(sentAfter(b, seconds) - sent)).toBeLessThanOrEqual(slack + sent * 1e-9);
      }),
    );
  });

  test('takes as long for an amount as it lets that amount through', () => {
    fc.assert(
      fc.property(limited, fc.integer({ min: 1, max: 1e12 }), ([way, of], bytes) => {
        const b = bucket(way, of);
        const seconds = secondsFor(b, bytes);
        if (seconds > 0) expect(sentAfter(b, seconds) / bytes).toBeCloseTo(1, 6);
        expect(sentAfter(b, seconds)).toBeGreaterThanOrEqual(bytes * (1 - 1e-9));
        // Never less than the average, never more than the bucket beside it.
        expect(seconds).toBeLessThanOrEqual(bytes / b.average + 1e-9);
        expect(seconds).toBeGreaterThanOrEqual((bytes - b.size) / b.average - 1e-6);
      }),
    );
  });
});
