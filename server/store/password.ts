import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { fail, ok, type Result } from '@/server/core/result';
import { toJson } from './json';
import type { Store } from './open';
import { endAllSessions } from './sessions';

const KEY = 'password';
const LENGTH = 32;
/** 32 MiB and about 0.1 s a try: cheap for a person, dear for a guesser. `maxmem` needs some room above 128·N·r. */
const COST = { N: 2 ** 15, r: 8, p: 1 } as const;

/** Kept with its cost, so that a later version can raise the cost and still read it. */
const Kept = z.strictObject({
  scrypt: z.strictObject({ N: z.int(), r: z.int(), p: z.int() }),
  salt: z.string(),
  hash: z.string(),
});
type Cost = z.infer<typeof Kept>['scrypt'];

function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const options = { ...cost, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) =>
    // The same letters typed on another keyboard may come composed differently.
    scrypt(password.normalize('NFKC'), salt, LENGTH, options, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}

/** Sets the password and logs everybody out. INVALID when it is too short or too long. */
export async function setPassword(store: Store, password: string): Promise<Result<null>> {
  const { length } = [...password];
  if (length < 10) return fail('INVALID', 'A password has at least 10 characters.');
  if (length > 1000) return fail('INVALID', 'A password has at most 1000 characters.');
  const salt = randomBytes(16);
  const hash = await derive(password, salt, COST);
  const value = toJson({ scrypt: COST, salt: salt.toString('base64'), hash: hash.toString('base64') });
  await store.prisma.setting.upsert({ where: { key: KEY }, create: { key: KEY, value }, update: { value } });
  await endAllSessions(store);
  return ok(null);
}

/** Has one been set? Listening on another address than this machine's own demands it. */
export async function hasPassword(store: Store): Promise<boolean> {
  return (await store.prisma.setting.count({ where: { key: KEY } })) === 1;
}

/** False as well, and after the same time, when none is set. Its caller limits the number of tries. */
export async function verifyPassword(store: Store, password: string): Promise<boolean> {
  const row = await store.prisma.setting.findUnique({ where: { key: KEY } });
  const kept = Kept.safeParse(row?.value);
  if (password.length > 4000) return false;
  if (!kept.success) {
    await derive(password, Buffer.alloc(16), COST);
    return false;
  }
  const hash = await derive(password, Buffer.from(kept.data.salt, 'base64'), kept.data.scrypt);
  const wanted = Buffer.from(kept.data.hash, 'base64');
  return hash.length === wanted.length && timingSafeEqual(hash, wanted);
}
