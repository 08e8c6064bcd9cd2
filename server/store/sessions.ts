import { fail, ok, type Result } from '@/server/core/result';
import type { Session as SessionRow } from './generated/client';
import type { Store } from './open';
import { hashOf, newSecret, sameSecret } from './secrets';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A login link is good for this long. */
const TOKEN_LIFE = 60 * MINUTE;
/** A session ends when it was not used for this long. */
const SESSION_LIFE = 14 * DAY;

export type Session = {
  /** Names it in lists; not the secret. */
  readonly id: string;
  /** What it was opened with: a browser's words. */
  readonly label: string;
  /** ISO 8601, as the other times. */
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly expires: string;
};

const toSession = (row: SessionRow): Session => ({
  id: row.hash.slice(0, 16),
  label: row.label,
  createdAt: row.createdAt.toISOString(),
  lastSeenAt: row.lastSeenAt.toISOString(),
  expires: row.expires.toISOString(),
});

/** Makes a token for one login link. It is told once and kept as a hash; good for an hour. */
export async function issueLoginToken(store: Store): Promise<string> {
  const token = newSecret();
  const now = Date.now();
  await store.prisma.$transaction([
    store.prisma.loginToken.deleteMany({ where: { expires: { lt: new Date(now - DAY) } } }),
    store.prisma.session.deleteMany({ where: { expires: { lt: new Date(now) } } }),
    store.prisma.loginToken.create({ data: { hash: hashOf(token), expires: new Date(now + TOKEN_LIFE) } }),
  ]);
  return token;
}

/** Trades a login link's token, once, for the secret of a new session. LOGIN_REFUSED says why not. */
export async function useLoginToken(store: Store, token: string, label: string): Promise<Result<string>> {
  const hash = hashOf(token);
  const now = new Date();
  // One statement: of two that come at the same moment, one wins.
  const { count } = await store.prisma.loginToken.updateMany({
    where: { hash, usedAt: null, expires: { gt: now } },
    data: { usedAt: now },
  });
  if (count === 1) return ok(await startSession(store, label));
  const row = await store.prisma.loginToken.findUnique({ where: { hash } });
  const why = row === null ? 'is not one of ours' : row.usedAt === null ? 'has expired' : 'was used already';
  return fail('LOGIN_REFUSED', `This login link ${why}. Make a new one in the terminal.`);
}

/** Opens a session and tells its secret, for the cookie. Its caller has checked who it is. */
export async function startSession(store: Store, label: string): Promise<string> {
  const secret = newSecret();
  await store.prisma.session.create({
    data: {
      hash: hashOf(secret),
      label: label.replaceAll('\0', '').slice(0, 200),
      expires: new Date(Date.now() + SESSION_LIFE),
    },
  });
  return secret;
}

/** The session of a cookie's secret, if there is one and it has not expired; it lives on from now. */
export async function findSession(store: Store, secret: string): Promise<Session | null> {
  const hash = hashOf(secret);
  const row = await store.prisma.session.findUnique({ where: { hash } });
  if (row === null || !sameSecret(row.hash, hash)) return null;
  const now = Date.now();
  if (row.expires.getTime() <= now) {
    await store.prisma.session.deleteMany({ where: { hash } });
    return null;
  }
  if (now - row.lastSeenAt.getTime() < MINUTE) return toSession(row); // not a write for every request
  const seen = { lastSeenAt: new Date(now), expires: new Date(now + SESSION_LIFE) };
  await store.prisma.session.updateMany({ where: { hash }, data: seen });
  return toSession({ ...row, ...seen });
}

/** Logs out. Doing it twice is no fault. */
export async function endSession(store: Store, secret: string): Promise<void> {
  await store.prisma.session.deleteMany({ where: { hash: hashOf(secret) } });
}

/** Logs everybody out and makes open login links useless: after a password was changed. */
export async function endAllSessions(store: Store): Promise<void> {
  await store.prisma.$transaction([
    store.prisma.session.deleteMany(),
    store.prisma.loginToken.deleteMany({ where: { usedAt: null } }),
  ]);
}

/** Newest first. */
export async function listSessions(store: Store): Promise<readonly Session[]> {
  const rows = await store.prisma.session.findMany({
    where: { expires: { gt: new Date() } },
    orderBy: { lastSeenAt: 'desc' },
  });
  return rows.map(toSession);
}
