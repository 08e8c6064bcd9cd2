import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import type { Hosts } from '@/server/api/hosts';
import type { Log } from '@/server/api/log';
import { appRouter } from '@/server/api/router';
import { MAX_BATCH } from '@/server/api/trpc';
import { hostsOf } from '@/server/core/public-url';
import type { Store } from '@/server/store';
import { clientOf } from './client';
import { OpenStreams } from './streams';
import { Throttle } from './throttle';
import { sessionOf, visitorOf } from './visitor';

const API = '/api/trpc/';
const STREAM = `${API}topology.live`;
/** No change that a person makes is larger; bytes. */
const MAX_BODY = 1024 * 1024;
/** Wrong passwords a minute: of one client, and of all. */
const LIMITS = { free: 5, window: 60_000, ceiling: 60, known: 200 } as const;
/** Milliseconds after which a stream ends at the latest when its session has ended. */
const LOOK = 5000;

type Parts = {
  readonly store: Store;
  readonly hosts: Hosts;
  readonly log: Log;
  /** Origin that a proxy in front serves it under; null without one. */
  readonly publicOrigin: string | null;
};

/** Answers everything below `/api/`. */
export function apiHandler({ store, hosts, log, publicOrigin }: Parts) {
  const streams = new OpenStreams();
  // Sessions also end elsewhere: a password is set in the terminal, or the time of one is over.
  setInterval(() => {
    if (streams.size > 0)
      void streams.endOfGone(store).catch((err: unknown) => log.warn({ err }, 'sessions not read'));
  }, LOOK).unref();
  const throttle = new Throttle(LIMITS);
  const httpsHosts = publicOrigin?.startsWith('https:') ? hostsOf(publicOrigin) : [];
  const trpc = createHTTPHandler({
    router: appRouter,
    basePath: API,
    maxBodySize: MAX_BODY,
    maxBatchSize: MAX_BATCH,
    createContext: async ({ req, res, info }) => {
      const visitor = await visitorOf(store, streams, {
        req,
        res,
        secure: httpsHosts.includes(req.headers.host?.toLowerCase() ?? ''),
      });
      if (visitor.session !== null && info.type === 'subscription') streams.add(visitor.session.id, res);
      const forwarded = publicOrigin === null ? undefined : req.headers['x-forwarded-for'];
      const client = clientOf(req.socket.remoteAddress, [forwarded ?? []].flat().join(','));
      const attempts = {
        wait: (now: number) => throttle.wait(client, now),
        failed: (now: number) => throttle.failed(client, now),
        succeeded: () => throttle.succeeded(client),
      };
      return { store, hosts, log, attempts, visitor };
    },
    onError: ({ error, path }) => {
      if (error.code === 'INTERNAL_SERVER_ERROR') log.error({ err: error, procedure: path }, 'API failed');
    },
  });
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    res.setHeader('Cache-Control', 'no-store');
    // tRPC begins a stream, with 200, before it looks at who asks.
    if (req.url?.startsWith(STREAM) && (await sessionOf(store, req)) === null) res.writeHead(401).end();
    else if (req.url?.startsWith(API)) trpc(req, res);
    else res.writeHead(404).end();
  };
}
