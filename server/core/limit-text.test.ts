import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ownBandwidth, parsePortMark, portMark } from './compile/ports';
import type { Bandwidth } from './kinds/port';
import { bandwidthOf, limitText, limitWords, parseLimitText, parseLimitWords } from './limit-text';

const number = fc.integer({ min: 1, max: 4_294_967_295 });
const limit = { average: number, peak: number, burst: number };
const some: { requiredKeys: [] } = { requiredKeys: [] };
const bandwidths: fc.Arbitrary<Bandwidth> = fc.record(
  {
    inbound: fc.record({ ...limit, floor: number }, some).filter((l) => Object.keys(l).length > 0),
    outbound: fc.record(limit, some).filter((l) => Object.keys(l).length > 0),
  },
  some,
);

test('what a port says of its limits is read as it was written, and fits into an alias', () => {
  fc.assert(
    fc.property(bandwidths, (bandwidth) => {
      const said = Object.keys(bandwidth).length > 0;
      expect(parseLimitText(limitText(bandwidth))).toEqual(said ? bandwidth : undefined);
      const mark = portMark('n'.repeat(50), 'g'.repeat(50), bandwidth);
      expect(mark.length).toBeLessThan(256);
      expect(parsePortMark(mark)).toEqual({
        ...{ network: 'n'.repeat(50), portgroup: 'g'.repeat(50) },
        ...(said ? { bandwidth } : {}),
      });
      expect(ownBandwidth(portMark(null, null, bandwidth))).toEqual(said ? bandwidth : undefined);
    }),
  );
});

test.each([
  ['patchbay:port:demo:', undefined],
  ['patchbay:port:demo::', undefined],
  ['patchbay:port:demo::fast', undefined],
  ['patchbay:port:demo::in=', undefined],
  ['patchbay:port:demo::in=0', undefined],
  ['patchbay:port:demo::out=1,2,3,4', undefined],
  ['patchbay:port:demo::in=1;up=2', undefined],
  ['somebody:in=1', undefined],
  [null, undefined],
  ['patchbay:port:::out=7', { outbound: { average: 7 } }],
])('%s', (alias, bandwidth) => {
  expect(ownBandwidth(alias)).toEqual(bandwidth);
});

test('limits are typed as virsh takes them', () => {
  const typed = (text: string) => {
    const read = parseLimitWords(text);
    return read.ok ? read.value : read.error.message;
  };
  expect(typed('1250')).toEqual({ average: 1250 });
  expect(typed('1250,2500,64')).toEqual({ average: 1250, peak: 2500, burst: 64 });
  expect(typed('1250,,64')).toEqual({ average: 1250, burst: 64 });
  expect(typed('0')).toBe('A rate is at least 1 kilobyte per second.');
  const how = 'A limit is AVERAGE[,PEAK[,BURST]] in whole numbers: kilobytes per second, and KiB of a burst.';
  expect(['10Mbit', '', ',5', '1,2,3,4', '1.5'].map(typed)).toEqual(Array(5).fill(how));
  expect(bandwidthOf({})).toBeNull();
  expect(bandwidthOf({ floor: 5 })).toEqual({ inbound: { floor: 5 } });
  expect(bandwidthOf({ inbound: { average: 9 }, floor: 5, outbound: { average: 3 } })).toEqual({
    ...{ inbound: { average: 9, floor: 5 }, outbound: { average: 3 } },
  });
  expect(limitWords({ inbound: { average: 1250, floor: 125 }, outbound: { average: 25 } })).toBe(
    'gets at most 10 Mbit/s, at least 1 Mbit/s; sends at most 200 kbit/s',
  );
});
