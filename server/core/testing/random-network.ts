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

/** Blocks that do not overlap; each in one or two sizes. */
const BLOCKS: readonly { readonly base: string; readonly sizes: readonly number[] }[] = [
  { base: '192.168.100.0', sizes: [24, 25] },
  { base: '192.168.101.0', sizes: [24] },
  { base: '10.7.0.0', sizes: [16] },
  { base: 'fd00:7::', sizes: [64, 80] },
  { base: 'fd00:8::', sizes: [64] },
];

/** Two digits a block, so that no MAC and no name is reserved twice. */
const reservation = (base: string, block: number) => (n: number) => ({
  mac: `52:54:00:00:0${block}:${n.toString(16).padStart(2, '0')}`,
  ip: plus(base, n),
  ...(n % 2 ? { name: `guest${block}-${n}` } : {}),
});

const range =
  (base: string) =>
  ([start, end]: readonly [number, number]) => ({ start: plus(base, start), end: plus(base, end) });

const RANGES: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[10, 20]],
  [[10, 99]],
  [
    [10, 20],
    [50, 60],
  ],
];

const owned = fc.tuple(
  ...BLOCKS.map(({ base, sizes }, block) =>
    fc.record({
      family: fc.constant(base.includes(':') ? 6 : 4),
      /** Which network has it; 3 is nobody. */
      owner: fc.integer({ min: 0, max: 3 }),
      address: fc.constantFrom(1, 1, 1, 110).map((n) => plus(base, n)),
      prefix: fc.constantFrom(...sizes),
      ranges: fc.constantFrom(...RANGES).map((all) => all.map(range(base))),
      hosts: fc
        .uniqueArray(fc.integer({ min: 2, max: 40 }), { maxLength: 3 })
        .map((all) => all.map(reservation(base, block))),
    }),
  ),
);

const shuffled = (...all: readonly string[]) => fc.shuffledSubarray([...all], { minLength: all.length });

export const randomDesired: fc.Arbitrary<Desired> = fc
  .record({
    count: fc.integer({ min: 0, max: 3 }),
    names: shuffled('demo', 'shop', 'a.long_name-that.is-nearly-as.long-as-they-may.be1'),
    bridges: shuffled('virbr1', 'virbr2', 'br.3'),
    stp: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    modes: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom('none', 'nat', 'route'))),
    devices: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(undefined, 'uplink0'))),
    owned,
  })
  .map(({ count, names, bridges, stp, modes, devices, owned: all }) => {
    const networks = Array.from({ length: count }, (_, i) => {
      const mine = all.filter((b) => b.owner === i);
      const mode = mine.length === 0 ? 'none' : modes[i];
      return {
        kind: 'network',
        name: names[i],
        forward: { mode, ...(mode === 'none' || !devices[i] ? {} : { dev: devices[i] }) },
        bridge: { name: bridges[i], stp: stp[i] },
        subnets: mine.map(({ address, prefix, family, ranges, hosts }) => ({
          ...{ address, prefix },
          // Only the first of each family can serve DHCP.
          ...(mine.find((b) => b.family === family)?.address === address ? { dhcp: { ranges, hosts } } : {}),
        })),
      };
    });
    return Desired.parse({ networks });
  })
  // A gateway that happens to lie in a range or to be reserved.
  .filter((d) => checkDesired(d, { observed: null, committed: { networks: [] } }).length === 0);
