import { BUILT_IN, firstNumber, MacDriver, MacPrefix, numberIn, sizeOf } from '@/server/core/mac-pool';
import type { Sightings } from '@/server/core/mac-sightings';
import { fail, ok, type Result } from '@/server/core/result';
import type { Store } from './open';
import { refusingDuplicates } from './unique';

/** A pool of MAC addresses: what begins so is given to guests of one driver. */
export type MacPool = {
  readonly prefix: MacPrefix;
  readonly driver: MacDriver;
  /** By convention, there from the start; it cannot be removed. */
  readonly builtIn: boolean;
  /** The one that addresses of this driver come from while it has some. */
  readonly first: boolean;
  readonly size: number;
  /** Neither given nor seen on any host. */
  readonly free: number;
};

const GONE = 'This pool is not there any more.';
const isBuiltIn = (prefix: string): boolean => Object.values(BUILT_IN).includes(prefix);

/** Prefixes for guests of this driver, in the order in which they are tried. */
export async function poolsOf(store: Store, driver: MacDriver): Promise<readonly MacPrefix[]> {
  const rows = await store.prisma.macPool.findMany({ where: { driver }, orderBy: order });
  return rows.map((row) => MacPrefix.parse(row.prefix));
}
const order = [{ usedAt: 'desc' as const }, { prefix: 'asc' as const }];

/** All pools, by driver and in the order in which they are tried, with what is left of each. */
export async function listMacPools(store: Store, sightings: Sightings): Promise<readonly MacPool[]> {
  const rows = await store.prisma.macPool.findMany({ orderBy: [{ driver: 'asc' }, ...order] });
  const pools: MacPool[] = [];
  for (const row of rows) {
    const prefix = MacPrefix.parse(row.prefix);
    const driver = MacDriver.parse(row.driver);
    const size = sizeOf(prefix);
    const seen = [...sightings.keys()].filter((mac) => numberIn(prefix, mac) !== null);
    const given = await store.prisma.nic.count({ where: { mac: { startsWith: `${prefix}:` } } });
    const both = await store.prisma.nic.count({ where: { mac: { in: seen } } });
    pools.push({
      ...{ prefix, driver, size, builtIn: isBuiltIn(prefix) },
      first: !pools.some((p) => p.driver === driver),
      free: size - given - (seen.length - both),
    });
  }
  return pools;
}

/** A pool of one's own, which is tried first from then on. TAKEN when there is one with this prefix. */
export async function addMacPool(
  store: Store,
  { prefix, driver }: { readonly prefix: MacPrefix; readonly driver: MacDriver },
): Promise<Result<null>> {
  return refusingDuplicates(async () => {
    const last = BigInt(firstNumber(prefix, Math.random()));
    await store.prisma.macPool.create({ data: { prefix, driver } });
    await store.prisma.macCursor.createMany({ data: [{ prefix, last }], skipDuplicates: true });
    return ok(null);
  });
}

/** Addresses come from this pool first. NOT_FOUND. */
export async function preferMacPool(store: Store, prefix: MacPrefix): Promise<Result<null>> {
  const { count } = await store.prisma.macPool.updateMany({
    where: { prefix },
    data: { usedAt: new Date() },
  });
  return count === 0 ? fail('NOT_FOUND', GONE) : ok(null);
}

/** What was given from it stays given. NOT_FOUND, INVALID for those that are there by convention. */
export async function removeMacPool(store: Store, prefix: MacPrefix): Promise<Result<null>> {
  if (isBuiltIn(prefix))
    return fail('INVALID', `The pool ${prefix} is there by convention: use another one before it instead.`);
  const { count } = await store.prisma.macPool.deleteMany({ where: { prefix } });
  return count === 0 ? fail('NOT_FOUND', GONE) : ok(null);
}
