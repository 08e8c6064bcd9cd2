import { describe, expect, it } from 'vitest';
import { parseCounters, ratesBetween } from './rates';

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
