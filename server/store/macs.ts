import { HostId, MacAddress } from '@/server/core/ids';
import {
  exhausted,
  type MacDriver,
  type MacPrefix,
  type MacWish,
  macAt,
  numberIn,
  sizeOf,
} from '@/server/core/mac-pool';
import { foreignSighting, hostWords, inUse, type Sightings } from '@/server/core/mac-sightings';
import { fail, ok, type Result } from '@/server/core/result';
import type { Prisma } from './generated/client';
import { nextNumber, nextOf } from './mac-cursor';
import { poolsOf } from './mac-pools';
import { type Db, inTransaction, type Store } from './open';
import { refusingDuplicates } from './unique';

/** The one NIC of a guest, or one of several: `index` counts from 0. */
export type NicKey = { readonly host: HostId; readonly guest: string; readonly index?: number };

type Kept = { readonly mac: MacAddress; readonly fixed: boolean; readonly freedAt: Date | null };

/** An address that was given, with what the NIC had before, so that it can be put back. */
export type TakenMac = {
  readonly mac: MacAddress;
  readonly fixed: boolean;
  readonly before: Kept | null;
};

/** What is asked for, and what is seen of MAC addresses on all hosts. */
export type MacRequest = {
  readonly wish: MacWish;
  readonly driver: MacDriver;
  readonly sightings: Sightings;
};

const where = ({ host, guest, index = 0 }: NicKey) => ({ hostId: host, guest, index });
const of = (nic: NicKey) => ({ hostId_guest_index: where(nic) });

async function readNic(db: Db, nic: NicKey): Promise<Kept | null> {
  const row = await db.nic.findUnique({ where: of(nic) });
  return row && { mac: MacAddress.parse(row.mac), fixed: row.fixed, freedAt: row.freedAt };
}

/**
 * Gives a NIC its MAC address: the next of a pool, the next that begins so, or exactly this one. A NIC that has one keeps
 * it where that fits, a fixed one also when the NIC was freed meanwhile. No address is given twice, on any host, however
 * many ask at once. TAKEN names who has a fixed one; EXHAUSTED.
 */
export async function takeMac(store: Store, nic: NicKey, request: MacRequest): Promise<Result<TakenMac>> {
  const { wish, sightings } = request;
  if (wish.is !== 'fixed') {
    const mac = await takeQuickly(store, nic, request);
    if (mac !== null) return ok({ mac, fixed: false, before: null });
  }
  const before = await readNic(store.prisma, nic);
  if (wish.is === 'fixed') return takeFixed(store, nic, { mac: wish.mac, sightings, before });
  if (before !== null && keeps(before, nic, request)) {
    await store.prisma.nic.updateMany({ where: where(nic), data: { freedAt: null, takenAt: new Date() } });
    return ok({ mac: before.mac, fixed: before.fixed, before });
  }
  const prefixes = await prefixesFor(store, request);
  for (const prefix of prefixes) {
    const made = await takeCarefully(store, nic, { prefix, sightings, before });
    if (made !== null) return ok({ ...made, before });
  }
  return nothingLeft(prefixes);
}

const keeps = (before: Kept, nic: NicKey, { wish, sightings }: MacRequest): boolean =>
  (wish.is === 'next' || (wish.is === 'partial' && numberIn(wish.prefix, before.mac) !== null)) &&
  foreignSighting(sightings.get(before.mac) ?? [], nic)?.how !== 'nic';

const prefixesFor = async (store: Store, { wish, driver }: MacRequest): Promise<readonly MacPrefix[]> =>
  wish.is === 'partial' ? [wish.prefix] : poolsOf(store, driver);

function nothingLeft(prefixes: readonly MacPrefix[]): Result<never> {
  const [only, ...more] = prefixes;
  if (only !== undefined && more.length === 0) return exhausted(only);
  return fail(
    'EXHAUSTED',
    `No MAC address is free in any pool (${prefixes.join(', ')}): add one in the settings.`,
  );
}

/**
 * Two statements, in which nobody waits for anybody: each asker has a number of its own, which nearly always is free.
 * Null where it is not, or where the NIC is in the records already.
 */
async function takeQuickly(
  { prisma }: Store,
  nic: NicKey,
  { wish, driver, sightings }: MacRequest,
): Promise<MacAddress | null> {
  const at =
    wish.is === 'partial' ? await nextNumber(prisma, wish.prefix, 'quick') : await nextOf(prisma, driver);
  const mac = at === null ? null : macAt(at.prefix, at.n);
  return mac !== null && !sightings.has(mac) && (await insert(prisma, nic, mac)) ? mac : null;
}

type Careful = {
  readonly prefix: MacPrefix;
  readonly sightings: Sightings;
  readonly before: Kept | null;
};

/**
 * Holds the cursor until the end: who comes here goes in turn, and finds the gap that the one before left. Null when
 * there is none left.
 */
const takeCarefully = (store: Store, nic: NicKey, { prefix, sightings, before }: Careful) =>
  inTransaction(store, async (tx): Promise<Omit<TakenMac, 'before'> | null> => {
    if (before !== null) await tx.nic.deleteMany({ where: where(nic) });
    for (let { n: from } = await nextNumber(tx, prefix, 'held'); ; ) {
      const n = await firstFree(tx, { prefix, from, sightings });
      if (n === null) return null;
      const mac = macAt(prefix, n);
      if (await insert(tx, nic, mac)) {
        await tx.macCursor.update({ where: { prefix }, data: { last: BigInt(n) } });
        return { mac, fixed: false };
      }
      // Somebody asked for the same NIC at the same time, or for this very address.
      const other = await readNic(tx, nic);
      if (other !== null) return { mac: other.mac, fixed: other.fixed };
      from = (n + 1) % sizeOf(prefix);
    }
  });

/** False when the address, or the NIC, is in the records already, or a network reserves the address. */
async function insert(db: Db, { host, guest, index = 0 }: NicKey, mac: MacAddress): Promise<boolean> {
  const count = await db.$executeRaw`
    WITH made AS (INSERT INTO "Host" ("id") VALUES (${host}) ON CONFLICT DO NOTHING)
    INSERT INTO "Nic" ("hostId", "guest", "index", "mac", "fixed")
    SELECT ${host}, ${guest}, ${index}, ${mac}, false
    WHERE NOT EXISTS (SELECT FROM "Reservation" WHERE "mac" = ${mac})
    ON CONFLICT DO NOTHING`;
  return count === 1;
}

/** Numbers that are looked at together. */
const PAGE = 4096;
type Looking = { readonly prefix: MacPrefix; readonly from: number; readonly sightings: Sightings };

/** Number of the first free address from `from` on, around the end; null when all are given, reserved or seen. */
async function firstFree(db: Db, { prefix, from, sightings }: Looking): Promise<number | null> {
  const size = sizeOf(prefix);
  const spans = [
    { at: from, end: size },
    { at: 0, end: from },
  ];
  for (const { at: begin, end } of spans)
    for (let at = begin; at < end; at += PAGE) {
      const next = Math.min(end, at + PAGE);
      const between = { gte: macAt(prefix, at), lte: macAt(prefix, next - 1) };
      const given = await db.nic.findMany({ where: { mac: between }, select: { mac: true } });
      const reserved = await db.reservation.findMany({ where: { mac: between }, select: { mac: true } });
      const taken = new Set([...given, ...reserved].map((row) => row.mac));
      for (let n = at; n < next; n += 1) {
        const mac = macAt(prefix, n);
        if (!taken.has(mac) && !sightings.has(mac)) return n;
      }
    }
  return null;
}

type Fixing = {
  readonly mac: MacAddress;
  readonly sightings: Sightings;
  readonly before: Kept | null;
};

/** TAKEN, naming who has it, where a NIC cannot have this address. What a NIC left when it was freed is given on. */
async function whyNotFixed(db: Db, nic: NicKey, { mac, sightings }: Omit<Fixing, 'before'>) {
  const holder = await db.nic.findUnique({ where: { mac } });
  const { hostId, guest, index } = where(nic);
  const own = holder?.hostId === hostId && holder.guest === guest && holder.index === index;
  if (holder !== null && !own && holder.freedAt === null)
    return fail('TAKEN', given(mac, HostId.parse(holder.hostId), holder.guest));
  const seen = foreignSighting(sightings.get(mac) ?? [], nic);
  // The leases and neighbours of an address that was given here are from that NIC's life.
  if (seen !== null && (holder === null || seen.how === 'nic')) return fail('TAKEN', inUse(mac, seen));
  return ok({ left: holder !== null && !own });
}

const given = (mac: string, host: HostId, guest: string): string =>
  `The MAC address ${mac} is given already: guest ${guest} ${host === 'machine' ? 'of' : 'in'} ${hostWords(host)} has it.`;

async function takeFixed(
  store: Store,
  nic: NicKey,
  { mac, sightings, before }: Fixing,
): Promise<Result<TakenMac>> {
  return refusingDuplicates(() =>
    inTransaction(store, async (tx) => {
      const may = await whyNotFixed(tx, nic, { mac, sightings });
      if (!may.ok) return may;
      if (may.value.left) await tx.nic.deleteMany({ where: { mac, NOT: { freedAt: null } } });
      await tx.host.createMany({ data: [{ id: nic.host }], skipDuplicates: true });
      const data = { mac, fixed: true, freedAt: null, takenAt: new Date() };
      await tx.nic.upsert({ where: of(nic), create: { ...where(nic), ...data }, update: data });
      return ok({ mac, fixed: true, before });
    }),
  );
}

/**
 * What `takeMac` would give now, and gives to nobody. Null where a sequence begins that nobody began, by chance. Fails
 * as it does.
 */
export async function previewMac(
  store: Store,
  nic: NicKey,
  request: MacRequest,
): Promise<Result<MacAddress | null>> {
  const { wish, sightings } = request;
  if (wish.is === 'fixed') {
    const may = await whyNotFixed(store.prisma, nic, { mac: wish.mac, sightings });
    return may.ok ? ok(wish.mac) : may;
  }
  const before = await readNic(store.prisma, nic);
  if (before !== null && keeps(before, nic, request)) return ok(before.mac);
  const prefixes = await prefixesFor(store, request);
  for (const prefix of prefixes) {
    const cursor = await store.prisma.macCursor.findUnique({ where: { prefix } });
    const from = cursor === null ? 0 : (Number(cursor.last) + 1) % sizeOf(prefix);
    const n = await firstFree(store.prisma, { prefix, from, sightings });
    if (n !== null) return ok(cursor === null ? null : macAt(prefix, n));
  }
  return nothingLeft(prefixes);
}

/** What `takeMac` gave was of no use: the NIC has again what it had before, or nothing. */
export async function giveBackMac(store: Store, nic: NicKey, { mac, before }: TakenMac): Promise<void> {
  if (before === null) await store.prisma.nic.deleteMany({ where: { ...where(nic), mac } });
  else await store.prisma.nic.updateMany({ where: { ...where(nic), mac }, data: before });
}

/** These NICs are not there any more: addresses that were generated can be given again, fixed ones stay with their NICs. */
async function free({ prisma }: Store, which: Prisma.NicWhereInput): Promise<void> {
  await prisma.$transaction([
    prisma.nic.deleteMany({ where: { ...which, fixed: false } }),
    prisma.nic.updateMany({ where: { ...which, freedAt: null }, data: { freedAt: new Date() } }),
  ]);
}

/** A NIC that is not there any more. */
export const freeNic = (store: Store, nic: NicKey): Promise<void> => free(store, where(nic));

/** All NICs of a guest that is not there any more. */
export const freeGuest = (store: Store, { host, guest }: Omit<NicKey, 'index'>): Promise<void> =>
  free(store, { hostId: host, guest });

/** Milliseconds after which a guest that was to be made is there, or was not made. */
const MAKING = 60_000;

/** Frees the NICs of guests that went without us: those of `host` that are not `there`. */
export async function freeGoneNics(store: Store, host: HostId, there: readonly string[]): Promise<void> {
  await free(store, {
    ...{ hostId: host, freedAt: null, guest: { notIn: [...there] } },
    takenAt: { lt: new Date(Date.now() - MAKING) },
  });
}
