import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bandwidthProblems, bandwidthWarnings, floorProblems, type LimitPlace } from './bandwidth-check';
import { problemsOf } from './check-parse';
import { Bandwidth } from './kinds/port';

/** As people get it: of the schema, or of what it cannot see. */
function said(input: unknown, place: LimitPlace = { of: 'network' }): string {
  const parsed = Bandwidth.safeParse(input);
  const problems = parsed.success
    ? bandwidthProblems(parsed.data, place)
    : problemsOf(parsed.error, 'bandwidth');
  return problems.map((p) => `${p.path.join('.')} ${p.code} ${p.message}`).join('\n');
}

test('all that limits cannot be, each in a sentence and at its field', () => {
  const nic: LimitPlace = { of: 'NIC of a network' };
  expect(
    [
      said({ inbound: {} }),
      said({ inbound: { peak: 5 }, outbound: { burst: 5 } }),
      said({ inbound: { floor: 5, burst: 5 } }, nic),
      said({ inbound: { average: 100, peak: 99 } }),
      said({ inbound: { average: 5, floor: 3 } }),
      said({ inbound: { floor: 3 } }, { of: 'NIC' }),
      said({ outbound: { average: 5, floor: 3 } }, nic),
      said({ outbound: { average: 125_000, burst: 4_194_304 } }),
      said({ inbound: { average: 1, burst: 269 } }),
      said({ outbound: { average: 1000, burst: 300_000 } }),
      said({ inbound: { average: 536_870_912, peak: 536_870_913 } }, { of: 'NIC', by: 'ovs' }),
      said({ outbound: { average: 125_000, burst: 536_870_912 } }, { of: 'NIC', by: 'ovs' }),
      said({ inbound: { average: 0, peak: 4_294_967_296, burst: 0 } }),
      said({ inbound: { average: 1.5, burst: 1.5 }, outbound: { average: 1, burst: 4_294_967_296 } }),
      said({ inbound: { average: '10 Mbit/s' }, outbound: { rate: 1 }, sideways: {} }),
    ].join('\n'),
  ).toMatchInlineSnapshot(`
    "inbound.average AVERAGE_NEEDED The inbound limit needs an average.
    inbound.average AVERAGE_NEEDED The inbound limit needs an average: a peak or a burst alone limits nothing.
    outbound.average AVERAGE_NEEDED The outbound limit needs an average: a peak or a burst alone limits nothing.
    inbound.average AVERAGE_NEEDED The inbound limit needs an average: a peak or a burst alone limits nothing.
    inbound.peak PEAK_BELOW_AVERAGE The inbound limit has a peak of 99 kB/s, below its average of 100 kB/s.
    inbound.floor FLOOR A guaranteed rate (floor) belongs to the NIC of a guest, not to a network.
    inbound.floor FLOOR A guaranteed rate (floor) is kept by a network: this NIC is not in one.
    outbound MALFORMED Outbound: only what guests get (inbound) has a guaranteed rate (floor).
    outbound.burst TOO_MUCH The outbound limit has a burst of 4194304 KiB: at most 4194303 KiB can be counted.
    inbound.burst TOO_LONG The inbound limit has a burst of 269 KiB: the kernel counts at most 274 s of the average, which are 268 KiB.
    outbound.burst TOO_LONG The outbound limit has a burst of 300000 KiB: the kernel counts at most 274 s of the average, which are 268435 KiB.
    inbound.average TOO_MUCH The inbound limit has an average of 536870912 kB/s: at most 536870911 kB/s can be counted.
    inbound.peak TOO_MUCH The inbound limit has a peak of 536870913 kB/s: at most 536870911 kB/s can be counted.
    outbound.burst TOO_MUCH The outbound limit has a burst of 536870912 KiB: at most 536870911 KiB can be counted.
    inbound.average MALFORMED Average: A rate is at least 1 kilobyte per second.
    inbound.peak MALFORMED Peak: A rate is at most 4294967295 kilobytes per second.
    inbound.burst MALFORMED Burst: A burst is at least 1 kibibyte.
    inbound.average MALFORMED Average: a whole number is needed.
    inbound.burst MALFORMED Burst: a whole number is needed.
    outbound.burst MALFORMED Burst: A burst is at most 4294967295 kibibytes.
    inbound.average MALFORMED Average: a number is needed.
    outbound MALFORMED Outbound: there is no field "rate".
     MALFORMED Bandwidth: there is no field "sideways"."
  `);
});

test('floors of NICs fit into their network', () => {
  const floors = [
    { nic: 'web/net0', floor: 700 },
    { nic: 'db/net0', floor: 600 },
  ];
  const problems = (bandwidth?: Bandwidth) =>
    floorProblems(floors, { name: 'net1', bandwidth }).map((p) => p.message);
  expect(floorProblems([], { name: 'net1' })).toEqual([]);
  expect(problems({ inbound: { average: 1300 } })).toEqual([]);
  expect(problems({ inbound: { average: 1000, peak: 1300 } })).toEqual([]);
  expect([
    ...problems(),
    ...problems({ outbound: { average: 9000 } }),
    ...problems({ inbound: { average: 1299 } }),
    ...problems({ inbound: { average: 100, peak: 1299 } }),
  ]).toMatchInlineSnapshot(`
    [
      "Network net1 has no inbound average: without one it cannot keep a guaranteed rate (floor).",
      "Network net1 has no inbound average: without one it cannot keep a guaranteed rate (floor).",
      "The guaranteed rates (floors) in network net1 are 1300 kB/s together (web/net0, db/net0), above its inbound average of 1299 kB/s.",
      "The guaranteed rates (floors) in network net1 are 1300 kB/s together (web/net0, db/net0), above its inbound peak of 1299 kB/s.",
    ]
  `);
});

test('what is possible and not as people expect', () => {
  const warnings = (bandwidth: Bandwidth) => bandwidthWarnings(bandwidth);
  expect(warnings({ inbound: { average: 1250 }, outbound: { average: 1250, burst: 64 } })).toEqual([]);
  expect(warnings({ inbound: { average: 1250, peak: 2500, burst: 64 } })).toEqual([]);
  expect([
    ...warnings({ outbound: { average: 1250, peak: 2500, burst: 63 } }),
    ...warnings({ outbound: { average: 63 } }),
    ...warnings({ inbound: { average: 1250, burst: 64 } }),
    ...warnings({ inbound: { average: 1250, peak: 2500 } }),
    ...warnings({ inbound: { average: 125_000, peak: 250_000, burst: 4 } }),
  ]).toMatchInlineSnapshot(`
    [
      "An outbound peak has no effect: what exceeds the average and the burst is dropped.",
      "The outbound burst is less than 64 KiB, which guests send at once: TCP stays far below the average, give it 64 KiB or more.",
      "The outbound burst is less than 64 KiB, which guests send at once: TCP stays far below the average, give it 64 KiB or more.",
      "An inbound burst has no effect without a peak above the average.",
      "An inbound peak has no effect without a burst, which is what may be sent at the peak.",
      "The inbound burst is small for this rate: the kernel may stay below the average, give it 13 KiB or more.",
    ]
  `);
});

describe('any limits', () => {
  const rate = fc.option(fc.integer({ min: 1, max: 4_294_967_295 }), { nil: undefined });
  const limit = fc.record({ average: rate, peak: rate, burst: rate });
  test('are refused in sentences that name the direction, or are what tc can count', () => {
    fc.assert(
      fc.property(limit, limit, (inbound, outbound) => {
        const problems = bandwidthProblems(
          JSON.parse(JSON.stringify({ inbound, outbound })), // absent is absent
          { of: 'network' },
        );
        for (const { path, message } of problems) {
          expect(message).toMatch(new RegExp(`^The ${String(path[0])} limit .*\\.$`));
          expect(path).toHaveLength(2);
        }
        for (const [way, { average, peak, burst }] of Object.entries({ inbound, outbound }))
          if (!problems.some((p) => p.path[0] === way)) {
            expect(average).toBeDefined();
            expect(peak ?? average).toBeGreaterThanOrEqual(average ?? 0);
            const ticks = ((burst ?? 0) * 1024) / ((average ?? 1) * 1000) / 64e-9;
            expect(ticks).toBeLessThan(2 ** 32);
          }
      }),
    );
  });
});
