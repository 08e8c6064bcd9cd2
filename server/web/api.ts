import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import type { Hosts } from '@/server/api/hosts';
import type { Log } from '@/server/api/log';
import { appRouter } from '@/server/api/router';
import type { Store } from '@/server/store';
import { OpenStreams } from './streams';
import { Throttle } from './throttle';
import { sessionOf, visitorOf } from './visitor';

const API = '/api/trpc/';
const STREAM = `${API}topology.live`;
/** No change that a person makes is larger; bytes. */
const MAX_BODY = 1024 * 1024;
/** Wrong passwords that are free, and the milliseconds after which one is forgotten. */
const FREE_TRIES = 5;
const TRY_WINDOW = 60_000;
/** Milliseconds after which a stream ends at the latest when its session has ended. */
const LOOK = 5000;

type Parts = { readonly store: Store; readonly hosts: Hosts; readonly log: Log };

/** Answers everything below `/api/`. */
export function apiHandler({ store, hosts, log }: Parts) {
  const streams = new OpenStreams();
  // Sessions also end elsewhere: a password is set in the terminal, or the time of one is over.
  setInterval(() => {
    if (streams.size > 0)
      void streams.endOfGone(store).catch((err: unknown) => log.warn({ err }, 'sessions not read'));
  }, LOOK).unref();
  const attempts = new Throttle(FREE_TRIES, TRY_WINDOW);
  const trpc = createHTTPHandler({
    router: appRouter,
    basePath: API,
    maxBodySize: MAX_BODY,
    createContext: async ({ req, res, info }) => {
      const visitor = await visitorOf(store, streams, { req, res });
      if (visitor.session !== null && info.type === 'subscription') streams.add(visitor.session.id, res);
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
