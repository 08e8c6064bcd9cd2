import { type Desired, NOTHING } from '@/server/core/change';
import { HostId } from '@/server/core/ids';
import { DomainNic } from '@/server/core/kinds/domain-nic';
import { HostLink } from '@/server/core/kinds/link';
import { Network } from '@/server/core/kinds/network';
import { type Db, inTransaction, type Store } from './open';

/** The committed state of a host as the records have it. Version 0 and nothing desired before the first commit. */
export type HostRecord = {
  readonly host: HostId;
  readonly version: number;
  /** ISO 8601; null before the first commit. */
  readonly committedAt: string | null;
  readonly desired: Desired;
};

const withThings = {
  networks: { orderBy: { name: 'asc' } },
  links: { orderBy: { name: 'asc' } },
  domainNics: { orderBy: { name: 'asc' } },
} as const;

type HostRow = {
  readonly id: string;
  readonly version: number;
  readonly committedAt: Date | null;
  readonly networks: readonly { readonly definition: unknown }[];
  readonly links: readonly { readonly definition: unknown }[];
  readonly domainNics: readonly { readonly definition: unknown }[];
};

const toHostRecord = (row: HostRow): HostRecord => ({
  host: HostId.parse(row.id),
  version: row.version,
  committedAt: row.committedAt?.toISOString() ?? null,
  desired: {
    networks: row.networks.map((network) => Network.parse(network.definition)),
    links: row.links.map((link) => HostLink.parse(link.definition)),
    ...(row.domainNics.length === 0
      ? {}
      : { nics: row.domainNics.map((nic) => DomainNic.parse(nic.definition)) }),
  },
});

/** A host nobody has committed anything on yet is not an error. */
export async function readHost(db: Db, host: HostId): Promise<HostRecord> {
  const row = await db.host.findUnique({ where: { id: host }, include: withThings });
  return row ? toHostRecord(row) : { host, version: 0, committedAt: null, desired: NOTHING };
}

/** What is committed on a host, by name, and the version to give as `baseVersion` of a change. */
export const getHost = (store: Store, host: HostId): Promise<HostRecord> => readHost(store.prisma, host);

/** All hosts that the records know, by id. */
export async function listHosts(store: Store): Promise<readonly HostRecord[]> {
  const rows = await store.prisma.host.findMany({ include: withThings, orderBy: { id: 'asc' } });
  return rows.map(toHostRecord);
}

/** Makes the host's row if there is none and holds it until the transaction ends: changes of one host go in turn. */
export async function lockHost(tx: Db, host: HostId): Promise<void> {
  await tx.$executeRaw`INSERT INTO "Host" ("id") VALUES (${host}) ON CONFLICT ("id") DO UPDATE SET "id" = EXCLUDED."id"`;
}

/**
 * After a lab was reset: its networks and what was checked go, its open changes are discarded, its history stays. The version is 0 again,
 * as its agent's.
 */
export async function resetHost(store: Store, host: HostId): Promise<void> {
  await store.prisma.$transaction([
    store.prisma.network.deleteMany({ where: { hostId: host } }),
    store.prisma.link.deleteMany({ where: { hostId: host } }),
    store.prisma.domainNic.deleteMany({ where: { hostId: host } }),
    store.prisma.nic.deleteMany({ where: { hostId: host } }),
    store.prisma.nicCheck.deleteMany({ where: { hostId: host } }),
    store.prisma.host.updateMany({ where: { id: host }, data: { version: 0, committedAt: null } }),
    store.prisma.change.updateMany({
      where: { hostId: host, endedAt: null },
      data: { state: 'discarded', endedAt: new Date(), why: 'The lab was reset.', deadline: null },
    }),
  ]);
}

/**
 * Labs that the records know and that are no longer `there` went while nobody told us. What was committed goes, open
 * changes are discarded, and history stays to be read. Answers the hosts whose records changed.
 */
export async function forgetGoneLabs(store: Store, there: readonly HostId[]): Promise<readonly HostId[]> {
  const rows = await store.prisma.host.findMany({
    where: {
      id: { startsWith: 'lab:', notIn: [...there] },
      OR: [
        { version: { gt: 0 } },
        { networks: { some: {} } },
        { links: { some: {} } },
        { domainNics: { some: {} } },
        { nics: { some: {} } },
        { changes: { some: OPEN } },
        { changes: { none: {} } },
      ],
    },
    select: { id: true },
  });
  const gone = rows.map((row) => HostId.parse(row.id));
  for (const host of gone)
    await inTransaction(store, async (tx) => {
      // As everybody else does it: first the host. Whoever removes it altogether at this moment is not in our way.
      await tx.$queryRaw`SELECT "id" FROM "Host" WHERE "id" = ${host} FOR UPDATE`;
      await tx.network.deleteMany({ where: { hostId: host } });
      await tx.link.deleteMany({ where: { hostId: host } });
      await tx.domainNic.deleteMany({ where: { hostId: host } });
      await tx.nic.deleteMany({ where: { hostId: host } });
      await tx.nicCheck.deleteMany({ where: { hostId: host } });
      await tx.change.updateMany({
        where: { hostId: host, ...OPEN },
        data: { state: 'discarded', endedAt: new Date(), why: 'The lab was removed.', deadline: null },
      });
      await tx.host.updateMany({ where: { id: host }, data: { version: 0, committedAt: null } });
      await tx.host.deleteMany({ where: { id: host, changes: { none: {} } } });
    });
  return gone;
}

const OPEN = { endedAt: null } as const;

/** After a lab was removed: everything about it goes, its history too. */
export async function removeHost(store: Store, host: HostId): Promise<void> {
  await store.prisma.host.deleteMany({ where: { id: host } });
}
