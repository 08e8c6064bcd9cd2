import { PrismaPg } from '@prisma/adapter-pg';
import { type Prisma, PrismaClient } from './generated/client';

/**
 * The records. Made once per process by `openStore`, handed to the functions of this folder; nobody else reads
 * `prisma`.
 */
export type Store = {
  readonly prisma: PrismaClient;
  readonly close: () => Promise<void>;
};

/** Inside a transaction, or outside of one. */
export type Db = Prisma.TransactionClient;

/** Connections that one process keeps at most. */
const POOL = 6;

/** Milliseconds that a transaction waits for a connection, and lasts at most. */
const PATIENCE = { maxWait: 10_000, timeout: 20_000 };

/** Does not connect yet: the first question does. `url` is a `postgresql://` address. */
export function openStore(url: string): Store {
  const adapter = new PrismaPg({
    connectionString: url,
    max: POOL,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 60_000,
  });
  // `minimal`: its messages would otherwise carry source excerpts.
  const prisma = new PrismaClient({ adapter, errorFormat: 'minimal', transactionOptions: PATIENCE });
  return { prisma, close: () => prisma.$disconnect() };
}

/** Runs `work` in one transaction: all of it is recorded, or nothing. */
export function inTransaction<T>(store: Store, work: (tx: Db) => Promise<T>): Promise<T> {
  return store.prisma.$transaction(work);
}
