import { expect, test } from 'vitest';
import { NOTHING } from './change';
import { hopsBetween, limitsOn } from './limits-on-way';
import { observedOf } from './testing/observed';
import { desired, network } from './testing/sample-network';

const observed = observedOf({
  agent: { polices: false },
  links: {
    virbr5: { name: 'virbr5', kind: 'bridge', alias: 'patchbay:net5' },
    virbr6: { name: 'virbr6', kind: 'bridge', alias: 'patchbay:net6' },
    'p-a': { name: 'p-a', kind: 'veth', master: 'virbr5' },
    'p-b': { name: 'p-b', kind: 'veth', master: 'virbr5' },
    'p-c': { name: 'p-c', kind: 'veth', master: 'virbr6' },
    'p-x': { name: 'p-x', kind: 'veth' },
  },
  qdiscs: { 1: { device: 'p-c', kind: 'htb', handle: '1:', parent: 'root', options: {} } },
  limits: {
    'p-c': {
      sent: {
        handle: '1:',
        otherwise: 1,
        classes: [{ id: '1:1', parent: 'root', rate: 5000, ceil: 5000, burst: 1600 }],
      },
      received: null,
    },
  },
});
const words = (from: string, to: string) =>
  hopsBetween(
    observed,
    from.startsWith('p-') ? { port: from } : { bridge: from },
    to.startsWith('p-') ? { port: to } : { bridge: to },
  ).map(({ device, of }) => `${device} ${of}`);

test('on one bridge only ports are passed, from elsewhere the bridges as well', () => {
  expect(words('p-a', 'p-b')).toEqual(['p-a received', 'p-b sent']);
  expect(words('p-a', 'virbr5')).toEqual(['p-a received', 'virbr5 received']);
  expect(words('virbr5', 'p-a')).toEqual(['virbr5 sent', 'p-a sent']);
  expect(words('p-a', 'p-c')).toEqual(['p-a received', 'virbr5 received', 'virbr6 sent', 'p-c sent']);
  expect(words('p-x', 'virbr5')).toEqual(['p-x received']);
});

test('limits are those of the design, and what only the kernel has; the narrowest first', () => {
  const design = desired(
    network(5, {
      bandwidth: { inbound: { average: 1000 }, outbound: { average: 500 } },
      portgroups: [
        { name: 'all', default: true, bandwidth: { inbound: { average: 200, peak: 400, burst: 64 } } },
      ],
    }),
    network(6),
  );
  const on = (from: string, to: string) =>
    limitsOn(
      observed,
      design,
      hopsBetween(observed, from === 'virbr5' ? { bridge: from } : { port: from }, { port: to }),
    );
  expect(on('virbr5', 'p-a')).toEqual([
    { device: 'p-a', of: 'sent', rate: 200e3, peak: 400e3, burst: 65_536, by: 'queue', designed: true },
    { device: 'virbr5', of: 'sent', rate: 1e6, peak: 1e6, burst: null, by: 'queue', designed: true },
  ]);
  expect(on('p-a', 'p-c')).toEqual([
    { device: 'p-c', of: 'sent', rate: 5000, peak: 5000, burst: null, by: 'queue', designed: false },
    {
      device: 'virbr5',
      of: 'received',
      rate: 500e3,
      peak: null,
      burst: 512_000,
      by: 'redirect',
      designed: true,
    },
  ]);
  expect(limitsOn(observed, NOTHING, hopsBetween(observed, { port: 'p-a' }, { port: 'p-b' }))).toEqual([]);
});
