import { expect, test } from 'vitest';
import { MACHINE } from '@/server/core/ids';
import { KEPT, RateHistory } from '../live/rateHistory';
import { agoWords, trafficOf } from './trafficLines';

test('what flowed, in bit/s, up to now; what is not named did not flow', () => {
  const flowed = new RateHistory();
  flowed.add(MACHINE, { br0: { rx: 1, tx: 1000 } }, 10_000);
  flowed.add(MACHINE, {}, 12_000);
  expect(trafficOf(flowed.of(MACHINE), 'br0', 13_000)).toEqual({
    x: [-3, -1, 0],
    sent: [8000, 0, 0],
    received: [8, 0, 0],
  });
});

test('silence means that nothing changed until the sample before the next', () => {
  const flowed = new RateHistory();
  flowed.add(MACHINE, { br0: { rx: 0, tx: 5 } }, 10_000);
  flowed.add(MACHINE, { br0: { rx: 0, tx: 9 } }, 40_000);
  const { x, sent } = trafficOf(flowed.of(MACHINE), 'br0', 40_000);
  expect(x).toEqual([-30, -2, 0]);
  expect(sent).toEqual([40, 40, 72]);
});

test('where the stream was lost nothing is known, and a host that is not heard has no now', () => {
  const flowed = new RateHistory();
  flowed.add(MACHINE, { br0: { rx: 0, tx: 5 } }, 10_000);
  flowed.lost(11_000);
  flowed.add(MACHINE, { br0: { rx: 0, tx: 6 } }, 20_000);
  const { x, sent } = trafficOf(flowed.of(MACHINE), 'br0', null);
  expect(x).toEqual([-10, -9, 0]);
  expect(sent).toEqual([40, null, 48]);
  expect(trafficOf([], 'br0', 5)).toEqual({ x: [], sent: [], received: [] });
});

test('no more is kept than what fills the plot, and one sample before it', () => {
  const flowed = new RateHistory();
  for (let at = 0; at <= 2 * KEPT; at += 2000) flowed.add(MACHINE, {}, at);
  expect(flowed.of(MACHINE)[0]?.at).toBe(KEPT - 2000);
});

test('who listens is told', () => {
  const flowed = new RateHistory();
  let told = 0;
  const stop = flowed.listen(() => {
    told += 1;
  });
  flowed.add(MACHINE, {});
  stop();
  flowed.add(MACHINE, {});
  expect(told).toBe(1);
});

test('times of the axis', () => {
  expect([-120, -90, -60, -30, 0].map(agoWords)).toEqual(['2 min', '90 s', '1 min', '30 s', 'now']);
});
