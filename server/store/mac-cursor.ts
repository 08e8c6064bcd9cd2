import { z } from 'zod';
import { firstNumber, type MacDriver, MacPrefix, sizeOf } from '@/server/core/mac-pool';
import type { Db } from './open';

/*
 * Where the sequences of MAC addresses have come to. A cursor that is moved outside of a transaction waits for no disk
 * (`synchronous_commit`): the others wait for its row. After a power cut it may stand some numbers before; the addresses
 * themselves are kept, and found taken.
 */

const Cursor = z.array(z.object({ prefix: MacPrefix, last: z.bigint() })).max(1);
type Place = { readonly prefix: MacPrefix; readonly n: number };

function placeIn(rows: unknown): Place | null {
  const [row] = Cursor.parse(rows);
  return row === undefined ? null : { prefix: row.prefix, n: Number(row.last) };
}

/** The next number of the driver's first pool; null where it has none. */
export const nextOf = async (db: Db, driver: MacDriver): Promise<Place | null> =>
  placeIn(
    await db.$queryRaw`
      WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
        pool AS (SELECT "prefix" FROM "MacPool" WHERE "driver" = ${driver} ORDER BY "usedAt" DESC, "prefix" LIMIT 1)
      UPDATE "MacCursor" AS c
      SET "last" = (c."last" + 1) % (256 ^ (6 - (length(c."prefix") + 1) / 3))::bigint
      FROM pool, quick WHERE c."prefix" = pool."prefix"
      RETURNING c."prefix", c."last"`,
  );

/**
 * The next number below a prefix, whose sequence begins by chance. `held`: in a transaction that keeps the cursor, and is
 * as durable as every other.
 */
export async function nextNumber(db: Db, prefix: MacPrefix, how: 'quick' | 'held'): Promise<Place> {
  const first = BigInt(firstNumber(prefix, Math.random()));
  const size = BigInt(sizeOf(prefix));
  const place = placeIn(
    await db.$queryRaw`
      WITH quick AS MATERIALIZED (
        SELECT CASE WHEN ${how === 'quick'} THEN set_config('synchronous_commit', 'off', true) END
      )
      INSERT INTO "MacCursor" ("prefix", "last") SELECT ${prefix}, ${first} FROM quick
      ON CONFLICT ("prefix") DO UPDATE SET "last" = ("MacCursor"."last" + 1) % ${size}
      RETURNING "prefix", "last"`,
  );
  if (place === null) throw new Error('an upsert answers its row');
  return place;
}
