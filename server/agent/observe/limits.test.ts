import { expect, test } from 'vitest';
import type { Qdisc } from '@/server/core/observed';
import { tcRate, tcSize, toLimits } from './limits';

const qdisc = (kind: string, handle: string, parent: string, options = {}): Qdisc => ({
  ...{ device: 'br0', kind, handle, parent, options },
});
const ROOT = qdisc('htb', '1:', 'root', { default: '0x2' });
const INGRESS = qdisc('ingress', 'ffff:', 'ffff:fff1');
const FILTER = [
  'filter protocol all pref 49152 u32 chain 0 ',
  'filter protocol all pref 49152 u32 chain 0 fh 800: ht divisor 1 ',
  'filter protocol all pref 49152 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 *flowid :1 not_in_hw ',
  '  match 00000000/00000000 at 0',
];

test('rates and sizes are read as tc prints them', () => {
  expect(['8Mbit', '1024Kbit', '800bit', '9876Mbit', '12.5Kbit', '2Gbit'].map(tcRate)).toEqual([
    ...[1e6, 128_000, 100, 1_234_500_000, 1562.5, 250e6],
  ]);
  expect(['1600b', '10Kb', '1Mb', '1.5Mb'].map(tcSize)).toEqual([1600, 10_240, 1_048_576, 1_572_864]);
  expect([tcRate('8'), tcRate('fast'), tcSize('1600'), tcSize('')]).toEqual(Array(4).fill(Number.NaN));
});

test('classes of HTB and a policer are read', () => {
  expect(
    toLimits(
      [ROOT, qdisc('sfq', '2:', '1:2'), INGRESS],
      [
        'class htb 1:2 parent 1:1 leaf 2: prio 0 rate 8Mbit ceil 40Mbit burst 1Mb cburst 1600b ',
        'class htb 1:1 root rate 8Mbit ceil 40Mbit burst 1600b cburst 1600b ',
        ...FILTER,
        ' police 0x1 rate 1024Kbit burst 256Kb mtu 64Kb action drop overhead 0b ',
        '\tref 1 bind 1 ',
      ],
    ),
  ).toEqual({
    sent: {
      ...{ handle: '1:', otherwise: 2 },
      classes: [
        { id: '1:1', parent: 'root', rate: 1e6, ceil: 5e6, burst: 1600 },
        { id: '1:2', parent: '1:1', rate: 1e6, ceil: 5e6, burst: 1_048_576 },
      ],
    },
    received: { by: 'police', rate: 128_000, burst: 262_144 },
  });
});

test('what comes in may go through another device, or through something that we do not know', () => {
  const received = (...more: readonly string[]) => toLimits([INGRESS], [...FILTER, ...more]).received;
  expect(received('\taction order 1: mirred (Egress Redirect to device ifb0) stolen')).toEqual({
    ...{ by: 'redirect', to: 'ifb0' },
  });
  expect(received('\taction order 1: gact action drop')).toEqual({ by: 'something else' });
  expect(received(FILTER[2] ?? '', ' police 0x1 rate 8bit burst 1b mtu 1b action drop')).toEqual({
    by: 'something else',
  });
  expect(toLimits([INGRESS], []).received).toBeNull();
  expect(toLimits([qdisc('tbf', '1:', 'root')], [])).toEqual({ sent: null, received: null });
});
