import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Visitor } from '@/server/api/trpc';
import { endSession, findSession, type Session, type Store } from '@/server/store';
import { sessionCookie, sessionFrom } from './cookie';
import type { OpenStreams } from './streams';

/** As long as the records keep a session that is not used; seconds. */
const COOKIE_LIFE = 14 * 24 * 3600;

const BROWSERS = [
  ['Edge', /Edg\//],
  ['Firefox', /Firefox\//],
  ['Chromium', /Chrome\//],
  ['Safari', /Safari\//],
  ['curl', /curl\//],
] as const;
const SYSTEMS = ['Android', 'iPhone', 'iPad', 'Windows', 'Macintosh', 'Linux'] as const;

/** `Firefox on Linux`: names a session for people. */
export function browserLabel(userAgent: string | undefined): string {
  const browser = BROWSERS.find(([, pattern]) => pattern.test(userAgent ?? ''))?.[0] ?? 'A browser';
  const system = SYSTEMS.find((s) => userAgent?.includes(s));
  return system ? `${browser} on ${system === 'Macintosh' ? 'macOS' : system}` : browser;
}

/** The session whose cookie comes with this request. */
export async function sessionOf(store: Store, req: IncomingMessage): Promise<Session | null> {
  const secret = sessionFrom(req.headers.cookie);
  return secret === null ? null : findSession(store, secret);
}

type Request = {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The browser speaks HTTPS. */
  readonly secure: boolean;
};

/** Who asks. */
export async function visitorOf(
  store: Store,
  streams: OpenStreams,
  { req, res, secure }: Request,
): Promise<Visitor> {
  const secret = sessionFrom(req.headers.cookie);
  const session = await sessionOf(store, req);
  return {
    session,
    label: browserLabel(req.headers['user-agent']),
    keep: (fresh) => res.setHeader('Set-Cookie', sessionCookie(fresh, COOKIE_LIFE, secure)),
    leave: async () => {
      if (secret !== null) await endSession(store, secret);
      res.setHeader('Set-Cookie', sessionCookie('', 0, secure));
      await streams.endOfGone(store);
    },
  };
}
