import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits as text for addresses and cookies. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/**
 * Only this is kept. A plain hash is enough for random bits; and looking a secret up by its hash gives an attacker
 * who measures times nothing, as they cannot choose hashes.
 */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Compares in a time that does not depend on where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
