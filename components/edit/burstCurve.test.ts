import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketOf, type Limit, type Way } from '@/server/core/token-bucket';
import { bytesText, curveOf, curveWords, downloadWords, durationText } from './burstCurve';

const told = (way: Way, limit: Limit, mebibytes: number) => {
  const bucket = bucketOf(way, limit);
  return bucket === null ? [] : [curveWords(bucket), downloadWords(bucket, mebibytes * 1024 ** 2)];
};

test('what limits mean, in words', () => {
  expect([
    ...told('inbound', { average: 1250 }, 100),
    ...told('inbound', { average: 1250, peak: 2500, burst: 12_207 }, 100),
    ...told('inbound', { average: 1250, peak: 2500, burst: 12_207 }, 1),
    ...told('outbound', { average: 1250, peak: 2500, burst: 512 }, 1024),
    ...told('outbound', { average: 125_000 }, 1),
  ]).toMatchInlineSnapshot(`
    [
      "10 Mbit/s all the time, without a burst.",
      "84 s at best",
      "20 Mbit/s for 10 s, which are 23.8 MiB; then 10 Mbit/s.",
      "74 s at best",
      "20 Mbit/s for 10 s, which are 23.8 MiB; then 10 Mbit/s.",
      "420 ms at best",
      "512 KiB at once, as fast as the line is; then 10 Mbit/s, and what exceeds that is dropped.",
      "14 min 19 s at best",
      "122 MiB at once, as fast as the line is; then 1 Gbit/s, and what exceeds that is dropped.",
      "no longer than the line needs",
    ]
  `);
});

test('times and sizes in words', () => {
  expect(
    [0.0004, 0.02, 0.5, 1, 9.94, 84.2, 99.6, 120, 725, 3599.9, 3600, 12_000, 200_000, 1e9].map(durationText),
  ).toMatchInlineSnapshot(`
    [
      "0.4 ms",
      "20 ms",
      "500 ms",
      "1 s",
      "9.9 s",
      "84 s",
      "1 min 40 s",
      "2 min",
      "12 min 5 s",
      "1 h",
      "1 h",
      "3 h 20 min",
      "2 days",
      "11,574 days",
    ]
  `);
  expect([1, 1000, 1024, 3_072_000, 1024 ** 3, 5 * 1024 ** 4, 1e17].map(bytesText)).toMatchInlineSnapshot(`
    [
      "1 bytes",
      "1000 bytes",
      "1 KiB",
      "2.93 MiB",
      "1 GiB",
      "5 TiB",
      "90900 TiB",
    ]
  `);
});

test('any curve rises in time, begins above or at the average and ends at it', () => {
  const rate = fc.integer({ min: 1, max: 4_294_967_295 });
  const limit = fc.record({ average: rate, peak: rate, burst: rate }, { requiredKeys: ['average'] });
  fc.assert(
    fc.property(fc.constantFrom<Way>('inbound', 'outbound'), limit, (way, of) => {
      const bucket = bucketOf(way, of);
      if (bucket === null) throw new Error('there is an average');
      const { x, values, span } = curveOf(bucket);
      expect(x.every((at, n) => n === 0 || at > (x[n - 1] ?? 0))).toBe(true);
      expect([x[0], x.at(-1)]).toEqual(span);
      expect(x).toHaveLength(values.length);
      expect(values.at(-1)).toBe(bucket.average * 8);
      expect(values.every((v) => v >= bucket.average * 8)).toBe(true);
    }),
  );
});
