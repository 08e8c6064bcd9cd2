import { expect, test } from 'vitest';
import type { WayLimit } from '../limits-on-way';
import { blastFor, burstHolds, burstSeen, type Count, longTerm, overhead, rateHolds } from './limit-figures';

const limit = (more: Partial<WayLimit> = {}): WayLimit => ({
  ...{ device: 'p-web', of: 'sent', rate: 1_250_000, peak: 2_500_000, burst: 65_536 },
  ...{ by: 'queue', designed: true, ...more },
});

test('HTB counts frames, a policer what is left without Ethernet', () => {
  const tcp = { protocol: 'tcp', payload: 1448, v6: false } as const;
  expect(overhead('queue', tcp)).toBe(1514 / 1448);
  expect(overhead('police', tcp)).toBe(1500 / 1448);
  expect(overhead('redirect', { protocol: 'udp', payload: 1200, v6: false })).toBe(1242 / 1200);
  expect(overhead('queue', { protocol: 'udp', payload: 1200, v6: true })).toBe(1262 / 1200);
});

test('the average leaves out what came while the bucket was full, and after the end', () => {
  const second = (start: number, bytes: number) => ({ start, seconds: 1, bytes });
  const seen = [second(0, 900), second(1, 100), second(2, 110), second(3, 5000)];
  expect(longTerm(seen, 1, 3)).toBe(105);
  expect(longTerm([], 1)).toBe(0);
});

/** Of somebody else, before the blast. */
const stray = (at: number) => (at < 0.005 ? 0 : at < 0.02 ? 2 : 3);
/** Datagrams of 1,242 bytes past a bucket, from 37 ms after counting began, looked at every 4 ms and some. */
function past(bucket: number, { rate, speed }: { rate: number; speed: number }): Count[] {
  return Array.from({ length: 800 }, (_, n) => {
    const at = n * 0.004 + (n % 7) * 0.0003;
    const sent = Math.max(0, at - 0.037);
    return {
      at: 5 + at,
      datagrams: 17 + Math.floor(Math.min(sent * speed, bucket + sent * rate) / 1242) + stray(at),
    };
  });
}

test.each([32_768, 65_536, 1_250_000])('a burst of %i bytes is seen to within a packet or two', (bucket) => {
  const at = { rate: 1_250_000, speed: 2_500_000 };
  const empty = bucket / (at.speed - at.rate);
  const seen = burstSeen(past(bucket, at), { size: 1242, ...at, empty, seconds: 3 });
  expect(Math.abs((seen ?? 0) - bucket)).toBeLessThan(3 * 1242);
});

test('of nothing, or of one datagram, no burst is said', () => {
  const how = { size: 1242, speed: 2_500_000, rate: 1_250_000, empty: 0.1, seconds: 3 };
  expect(burstSeen([], how)).toBeNull();
  expect(
    burstSeen(
      [
        { at: 0, datagrams: 3 },
        { at: 1, datagrams: 4 },
      ],
      how,
    ),
  ).toBeNull();
});

test('a limit is blasted at faster than its peak, until its bucket is empty', () => {
  expect(blastFor(limit(), null)).toEqual({ speed: 3_125_000, empty: 65_536 / 1_250_000, provesBurst: true });
  expect(blastFor(limit({ peak: null, burst: 1_250_000 }), null)).toEqual({
    ...{ speed: 2_500_000, empty: 1, provesBurst: true },
  });
  // What else is in the way fills the bucket's time.
  expect(blastFor(limit({ peak: null }), 1_500_000)?.empty).toBeCloseTo(0.262, 3);
  expect(blastFor(limit({ peak: null, burst: null }), null)).toMatchObject({ empty: 0, provesBurst: false });
  expect(blastFor(limit({ burst: 50_000_000 }), null)?.provesBurst).toBe(false);
  expect(blastFor(limit({ rate: 500_000_000 }), null)).toBeNull();
});

test('a rate is close within 5 %, a burst within 10 % or a packet', () => {
  expect([951, 949, 1049, 1051].map((n) => rateHolds(n, 1000))).toEqual([true, false, true, false]);
  expect([91_000, 89_000, 109_000, 111_000].map((n) => burstHolds(n, 100_000))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(burstHolds(3000, 1600)).toBe(true);
});
