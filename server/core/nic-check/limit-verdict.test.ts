import { expect, test } from 'vitest';
import type { WayLimit } from '../limits-on-way';
import { limitVerdict, type WayFigures } from './limit-verdict';

const limit: WayLimit = {
  ...{ device: 'p-web', of: 'sent', rate: 1_250_000, peak: 2_500_000, burst: 65_536 },
  ...{ by: 'queue', designed: true },
};
const inbound = (more: Partial<WayFigures> = {}): WayFigures => ({
  ...{ way: 'inbound', limits: [limit], tcp: 1_190_000, again: 3, burst: 64_000 },
  udp: { rate: 1_200_000, sent: 4000, lost: 1500 },
  ...more,
});
const policed: WayLimit = { ...limit, of: 'received', peak: null, by: 'police' };
const outbound = (more: Partial<WayFigures> = {}): WayFigures =>
  inbound({ way: 'outbound', limits: [policed], ...more });
const free = inbound({ way: 'outbound', limits: [], udp: null, burst: null, tcp: 125e6 });
const said = (...ways: WayFigures[]) => {
  const { verdict, sentence } = limitVerdict('web', ways);
  return `${verdict}: ${sentence}`;
};

test('a limit that holds', () => {
  expect(said(inbound(), free)).toBe(
    'ok: web gets 9.6 Mbit/s of 10 Mbit/s and sends 1 Gbit/s without a limit: the limit holds.',
  );
  expect(said(inbound(), outbound())).toBe(
    'ok: web gets 9.6 Mbit/s of 10 Mbit/s and sends 9.6 Mbit/s of 10 Mbit/s: the limits hold.',
  );
  expect(limitVerdict('web', [inbound()]).details).toEqual([
    'inbound over UDP: 9.6 Mbit/s, 1500 of 4000 datagrams did not arrive',
    'inbound over TCP: 9.52 Mbit/s, 3 segments sent again',
    'inbound burst: 63 KiB of 64 KiB went through beyond the average',
    'inbound limit: p-web sends at most 10 Mbit/s, peak 20 Mbit/s (by a queue)',
  ]);
});

test('no limit at all', () => {
  expect(said({ ...free, way: 'inbound' }, free)).toBe(
    'ok: web gets 1 Gbit/s and sends 1 Gbit/s: nothing limits it.',
  );
});

test('limits that do not hold, or are not reached', () => {
  expect(said(inbound({ udp: { rate: 4_000_000, sent: 1, lost: 0 } }), free)).toBe(
    'fault: web gets 32 Mbit/s of 10 Mbit/s and sends 1 Gbit/s without a limit: the limit does not hold.',
  );
  expect(said(inbound(), outbound({ tcp: 700_000, udp: { rate: 800_000, sent: 1, lost: 0 } }))).toBe(
    'fault: web gets 9.6 Mbit/s of 10 Mbit/s and sends 6.4 Mbit/s of 10 Mbit/s: the outbound limit is not reached, something else is slower.',
  );
  expect(said(inbound({ burst: 20_480 }), outbound())).toBe(
    'fault: web gets 9.6 Mbit/s of 10 Mbit/s, though with a burst of 20 KiB instead of 64 KiB and sends 9.6 Mbit/s of 10 Mbit/s: the inbound limit holds, its burst does not.',
  );
});

test('TCP that a policer keeps slow is told, and is no fault of the limit', () => {
  const slow = limitVerdict('web', [outbound({ tcp: 1_000_000 })]);
  expect(slow.verdict).toBe('ok');
  expect(slow.details.at(-1)).toBe(
    'outbound: TCP reaches only 80 % of it: a policer drops what does not fit its bucket',
  );
});

test('what only the kernel has is said to be that, and a burst that could not be tried', () => {
  const { details } = limitVerdict('web', [
    inbound({ limits: [{ ...limit, designed: false }], burst: null }),
  ]);
  expect(details.slice(2)).toEqual([
    'inbound burst: 64 KiB could not be tried, it takes too long to fill and to empty',
    'inbound limit: p-web sends at most 10 Mbit/s, peak 20 Mbit/s (by a queue), which no design of Patchbay says',
  ]);
});
