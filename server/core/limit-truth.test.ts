import { describe, expect, test } from 'vitest';
import { Desired } from './change';
import { limitTruths } from './limit-truth';
import { differsFromKept, isAtLimit, limitWords, narrowest, withFlow } from './limited';
import { observedOf } from './testing/observed';

const net1 = (more: object) => ({
  ...{ kind: 'network', name: 'net1', forward: { mode: 'nat' }, bridge: { name: 'virbr1', stp: false } },
  subnets: [{ address: '192.168.5.1', prefix: 24 }],
  ...more,
});
const desiredOf = (more: object): Desired => Desired.parse({ networks: [net1(more)], links: [] });
const limited = desiredOf({ bandwidth: { inbound: { average: 1250 } } });

const ROOT = {
  'virbr1 1: root': {
    device: 'virbr1',
    kind: 'htb',
    handle: '1:',
    parent: 'root',
    options: { default: '0x2' },
  },
};
const classes = (rate: number) => [
  { id: '1:1', parent: 'root', rate, ceil: rate, burst: 1600 },
  { id: '1:2', parent: '1:1', rate, ceil: rate, burst: 1600 },
];
const links = { virbr1: { name: 'virbr1', kind: 'bridge', alias: 'patchbay:net1' } };
const seen = (rate: number) =>
  observedOf({
    links,
    qdiscs: ROOT,
    limits: { virbr1: { sent: { handle: '1:', otherwise: 2, classes: classes(rate) }, received: null } },
  });
const bare = observedOf({ links });

const of = (observed: Parameters<typeof limitTruths>[0], desired: Desired, moving = false) =>
  limitTruths(observed, { desired, moving }).get('virbr1');

describe('limits', () => {
  test('are in the kernel as they are kept', () => {
    const amount = { rate: 10e6, peak: null, burst: 1600 };
    expect(of(seen(1_250_000), limited)).toEqual({
      ...{ device: 'virbr1', network: 'net1', outbound: null },
      inbound: {
        configured: { ...amount, burst: null },
        kernel: { is: 'limit', by: 'htb', ...amount },
        ...{ drift: null, full: false },
      },
    });
  });
  test('that vanished are said to be gone, unless a change is under way', () => {
    expect(of(bare, limited)?.inbound).toMatchObject({
      kernel: { is: 'none' },
      drift:
        'Towards the guest 10 Mbit/s is configured, but the kernel has no limit on virbr1: it was taken away.',
    });
    expect(of(bare, limited, true)?.inbound?.drift).toBeNull();
  });
  test('that somebody changed, or added on the other way, differ', () => {
    expect(of(seen(250_000), limited)?.inbound?.drift).toBe(
      'Towards the guest 10 Mbit/s is configured, but the kernel has 2 Mbit/s, burst 2 KiB on virbr1.',
    );
    const outbound = desiredOf({ bandwidth: { outbound: { average: 500 } } });
    const both = of(seen(250_000), outbound);
    expect(both?.inbound?.drift).toBe(
      'Towards the guest no limit is configured, but the kernel has 2 Mbit/s, burst 2 KiB on virbr1.',
    );
    expect(both?.outbound?.drift).toContain('From the guest 4 Mbit/s, burst 500 KiB is configured');
  });
  test('beside which somebody else queues are not put back, but told', () => {
    const queues = { 'virbr1 8001: root': { ...ROOT['virbr1 1: root'], kind: 'tbf', handle: '8001:' } };
    const foreign = observedOf({ links, qdiscs: queues });
    expect(of(foreign, limited)?.inbound).toMatchObject({ kernel: { is: 'foreign', kind: 'tbf' } });
    expect(of(foreign, limited)?.inbound?.drift).toContain('`tc qdisc del dev virbr1 root` takes that away');
    expect(of(foreign, desiredOf({}))).toBeUndefined();
  });
  test('that cannot be read are unknown, not gone', () => {
    const unread = observedOf({ links, limits: 'reading limits needs root' });
    expect(of(unread, limited)?.inbound).toMatchObject({
      kernel: { is: 'unknown', why: 'reading limits needs root' },
      drift: null,
    });
  });
  test('that others set are shown, and are theirs', () => {
    const theirs = of(seen(250_000), desiredOf({}));
    expect(theirs).toMatchObject({ network: null, inbound: { configured: null, drift: null } });
    expect(theirs && limitWords(theirs)).toBe('≤ 2 Mbit/s inbound');
  });
});

describe('what flows', () => {
  const truth = of(seen(1_250_000), limited);
  const queue = { bytes: 0, drops: 0, overlimits: 0, backlog: 0, growth: 0 };
  const full = (rate: Parameters<typeof withFlow>[1]) =>
    truth !== undefined && isAtLimit(withFlow(truth, rate));
  test.each([
    ['nothing that is known', undefined, false],
    ['less', { rx: 0, tx: 1_180_000 }, false],
    ['nearly all', { rx: 0, tx: 1_190_000 }, true],
    ['much the other way', { rx: 9_000_000, tx: 0 }, false],
    ['little, as the queue says', { rx: 0, tx: 1_250_000, sent: { ...queue, bytes: 1000 } }, false],
    ['little, and something is dropped', { rx: 0, tx: 0, sent: { ...queue, drops: 0.5 } }, true],
    ['little, and more and more waits', { rx: 0, tx: 0, sent: { ...queue, growth: 9 } }, true],
  ])('%s', (_, rate, is) => expect(full(rate)).toBe(is));

  test('is said beside the limit', () => {
    const hit = truth && withFlow(truth, { rx: 0, tx: 1_250_000 });
    expect(hit && limitWords(hit)).toBe('≤ 10 Mbit/s inbound, at its limit');
    expect(hit && [narrowest(hit), differsFromKept(hit)]).toEqual([10e6, false]);
    const gone = of(bare, limited);
    expect(gone && [limitWords(gone), narrowest(gone)]).toEqual(['limit differs', null]);
  });
});
