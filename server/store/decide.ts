import { type Failure, fail, type Result } from '@/server/core/result';
import { type Db, inTransaction, type Store } from './open';

/** Thrown to leave a transaction with an expected failure: what was written in it is taken back. */
class Refused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** One transaction that ends with a failure leaves nothing behind. */
export async function decide<T>(store: Store, work: (tx: Db) => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await inTransaction(store, async (tx) => {
      const result = await work(tx);
      if (!result.ok) throw new Refused(result.error);
      return result;
    });
  } catch (error) {
    if (error instanceof Refused) return { ok: false, error: error.failure };
    throw error;
  }
}

export const notFound = (what: string): Result<never> => fail('NOT_FOUND', `There is no such ${what}.`);
