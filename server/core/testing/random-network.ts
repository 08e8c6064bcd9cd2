import fc from 'fast-check';
import { Desired } from '../change';
import { checkDesired } from '../check';
import { toAddress, toNumber } from '../ip';

/*
 * Random desired states that pass the checks. Few names, bridges and blocks, so that states overlap and a walk from
 * one to the next is change as often as it is coming and going.
 */

const plus = (address: string, n: number): string =>
  toAddress((toNumber(address) ?? 0n) + BigInt(n), address.includes(':') ? 6 : 4);

const mac = (n: number) => `52:54:00:00:00:${n.toString(16).padStart(2, '0')}`;

const subnet = (base: string, prefix: number) =>
  fc.record(
    {
      address: fc.constantFrom(1, 1, 1, 200).map((n) => plus(base, n)),
      prefix: fc.constant(prefix),
      dhcp: fc.record({
        ranges: fc
          .constantFrom(
            [],
            [[10, 20]],
            [[10, 99]],
            [
              [10, 20],
              [50, 60],
            ],
          )
          .map((all) =>
            all.map(([start = 0, end = 0]) => ({ start: plus(base, start), end: plus(base, end) })),
          ),
        hosts: fc
          .uniqueArray(fc.integer({ min: 2, max: 40 }), { maxLength: 3 })
          .map((all) =>
            all.map((n) => ({
              mac: mac(n + (base.includes(':') ? 100 : 0)),
              ip: plus(base, n),
              ...(n % 2 ? { name: `g${n}${base.includes(':') ? 'v6' : ''}` } : {}),
            })),
          ),
      }),
    },
    { requiredKeys: ['address', 'prefix'] },
  );

const BLOCKS: readonly (readonly [string, number])[] = [
  ['192.168.100.0', 24],
  ['192.168.100.0', 25],
  ['192.168.101.0', 24],
  ['10.7.0.0', 16],
  ['fd00:7::', 64],
  ['fd00:7::', 80],
  ['fd00:8::', 64],
];

const network = fc.record({
  kind: fc.constant('network'),
  name: fc.constantFrom('demo', 'shop', 'a.long_name-that.is-nearly-as.long-as-they-may.be1'),
  forward: fc.oneof(
    fc.constant({ mode: 'none' }),
    fc.record(
      { mode: fc.constantFrom('nat', 'route'), dev: fc.constant('uplink0') },
      { requiredKeys: ['mode'] },
    ),
  ),
  bridge: fc.record({ name: fc.constantFrom('virbr1', 'virbr2', 'br.3'), stp: fc.boolean() }),
  subnets: fc
    .uniqueArray(fc.constantFrom(...BLOCKS), { maxLength: 3, selector: ([base]) => base })
    .chain((blocks) => fc.tuple(...blocks.map(([base, prefix]) => subnet(base, prefix)))),
});

export const randomDesired: fc.Arbitrary<Desired> = fc
  .array(network, { maxLength: 3 })
  .map((networks) => Desired.safeParse({ networks }))
  .filter(
    (d) => d.success && checkDesired(d.data, { observed: null, committed: { networks: [] } }).length === 0,
  )
  .map((d) => d.data ?? { networks: [] });
