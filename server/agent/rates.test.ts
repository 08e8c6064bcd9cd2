import { describe, expect, it } from 'vitest';
import type { QueueCounters } from './observe/queues';
import { flowBetween, limitRates, parseCounters, ratesBetween } from './rates';

const TEXT = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
a23456789012345: 9007199254740991 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0
`;

describe('rates', () => {
  it('reads counters, also where a long name leaves no blank', () => {
    expect(parseCounters(TEXT)).toEqual({
      lo: { rx: 100, tx: 100 },
      a23456789012345: { rx: 9007199254740991, tx: 7 },
    });
  });
  it('are bytes per second', () => {
    expect(ratesBetween({ a: { rx: 100, tx: 0 } }, { a: { rx: 300, tx: 50 } }, 2)).toEqual({
      a: { rx: 100, tx: 25 },
    });
  });
  it('are unknown for what is new, or was made anew, or went', () => {
    const before = { reset: { rx: 500, tx: 5 }, gone: { rx: 1, tx: 1 } };
    const after = { reset: { rx: 10, tx: 9 }, fresh: { rx: 9, tx: 9 }, constructor: { rx: 1, tx: 1 } };
    expect(ratesBetween(before, after, 2)).toEqual({});
    expect(ratesBetween(before, before, 0)).toEqual({});
  });
});

const counters = (bytes: number, packets: number, more: Partial<QueueCounters> = {}): QueueCounters => ({
  ...{ bytes, packets, drops: 0, overlimits: 0, backlog: 0 },
  ...more,
});
const SENT = { handle: '1:', otherwise: 1, classes: [] };

describe('what limits let through', () => {
  it('is what left the queue, with what was dropped and what waits', () => {
    const before = { p1: { root: counters(1000, 10, { drops: 1, overlimits: 5, backlog: 100 }) } };
    const after = { p1: { root: counters(5000, 14, { drops: 3, overlimits: 9, backlog: 700 }) } };
    expect(limitRates('p1', { sent: SENT, received: null }, [before, after, 2])).toEqual({
      sent: { bytes: 2000, drops: 1, overlimits: 2, backlog: 700, growth: 300 },
    });
  });
  it('of what comes in is counted where it is sent through', () => {
    const redirect = { sent: null, received: { by: 'redirect', to: 'pbin-p1' } } as const;
    const before = { p1: { ingress: counters(0, 0) }, 'pbin-p1': { root: counters(0, 0) } };
    const after = {
      p1: { ingress: counters(9000, 9) },
      'pbin-p1': { root: counters(4000, 4, { drops: 5 }) },
    };
    expect(limitRates('p1', redirect, [before, after, 1]).received).toMatchObject({ bytes: 4000, drops: 5 });
  });
  it('by a policer is what came less the share it dropped, and no more than its rate and one bucket', () => {
    const police = (rate: number) => ({ sent: null, received: { by: 'police', rate, burst: 400 } }) as const;
    const before = { p1: { ingress: counters(0, 0) } };
    const after = { p1: { ingress: counters(10_000, 100, { drops: 40 }) } };
    const rate = (most: number) => limitRates('p1', police(most), [before, after, 2]).received?.bytes;
    expect(rate(1e6)).toBe(3000);
    expect(rate(1000)).toBe(1200);
  });
  it('is not known where queues could not be read, or were made anew', () => {
    const queues = { p1: { root: counters(5000, 5) } };
    const limits = { sent: SENT, received: { by: 'redirect', to: 'pbin-p1' } } as const;
    expect(limitRates('p1', limits, [{}, queues, 1])).toEqual({});
    expect(limitRates('p1', limits, [queues, {}, 1])).toEqual({});
    expect(limitRates('p1', limits, [queues, { p1: { root: counters(7, 1) } }, 1])).toEqual({});
    expect(limitRates('p1', limits, [queues, queues, 0])).toEqual({});
    expect(limitRates('constructor', limits, [queues, queues, 1])).toEqual({});
  });
  it('stands beside what the interface counted, of devices with limits', () => {
    const sample = (at: number, tx: number) => ({
      ...{ at, counters: { p1: { rx: 0, tx }, eth0: { rx: 0, tx } } },
      queues: { p1: { root: counters(tx, 1) }, eth0: { root: counters(tx, 1) } },
    });
    const limits = { known: true, command: 'tc', value: { p1: { sent: SENT, received: null } } } as const;
    const rates = flowBetween(sample(0, 0), sample(2000, 8), limits);
    expect(rates.p1).toMatchObject({ tx: 4, sent: { bytes: 4 } });
    expect(rates.eth0).toEqual({ rx: 0, tx: 4 });
    expect(flowBetween(sample(0, 0), sample(2000, 8), { known: false, command: 'tc', why: '' }).p1).toEqual({
      ...{ rx: 0, tx: 4 },
    });
  });
});
