import { createServer, isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fail, ok, type Result } from '@/server/core/result';

/** How many ports after the usual one are tried when nobody chose one. */
const TRIES = 50;

/** Addresses and names that only this machine reaches. */
export const isLoopback = (listen: string): boolean =>
  listen === 'localhost' || listen === '::1' || (isIP(listen) === 4 && listen.startsWith('127.'));

/** As it stands in an address: IPv6 in brackets. */
export const inAddress = (listen: string): string => (isIP(listen) === 6 ? `[${listen}]` : listen);

/**
 * The chosen port, or the first free one from `usual` on. Failures: PORT_TAKEN, LISTEN_ADDRESS (not one of this
 * machine's), PORT_DENIED.
 */
export async function choosePort(
  listen: string,
  chosen: number | undefined,
  usual: number,
): Promise<Result<number>> {
  const candidates = chosen === undefined ? Array.from({ length: TRIES }, (_, i) => usual + i) : [chosen];
  for (const port of candidates) {
    const tried = await bindFor(listen, port);
    if (tried.ok || tried.error.code !== 'PORT_TAKEN') return tried;
  }
  return chosen === undefined
    ? fail('PORT_TAKEN', `The ports ${usual} to ${usual + TRIES - 1} are all taken; choose one with --port.`)
    : fail(
        'PORT_TAKEN',
        `Port ${chosen} of ${listen} is taken by another program; choose another one with --port.`,
      );
}

/** Binds for a moment, to see whether one may. */
function bindFor(listen: string, port: number): Promise<Result<number>> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (e: NodeJS.ErrnoException) => {
      if (e.code === 'EADDRINUSE') return resolve(fail('PORT_TAKEN', `Port ${port} is taken.`));
      if (e.code === 'EACCES')
        return resolve(
          fail('PORT_DENIED', `Port ${port} is not open to this user; choose one above 1023 with --port.`),
        );
      resolve(fail('LISTEN_ADDRESS', `Patchbay cannot listen on ${listen}: ${e.message}.`));
    });
    server.listen({ host: listen, port }, () => {
      const bound = server.address();
      server.close(() => resolve(ok(typeof bound === 'object' && bound !== null ? bound.port : port)));
    });
  });
}

/** Waits until the web server answers. `gaveUp` says early that it will not. */
export async function waitForWeb(
  origin: string,
  patience: number,
  gaveUp: () => string | null,
): Promise<Result<null>> {
  const until = performance.now() + patience;
  let why = 'it did not answer';
  while (performance.now() < until) {
    try {
      const answer = await fetch(`${origin}/login`, {
        redirect: 'manual',
        signal: AbortSignal.timeout(5000),
      });
      if (answer.status < 500) return ok(null);
      why = `it answered ${answer.status}`;
    } catch (e) {
      if (e instanceof Error && e.name === 'TimeoutError') why = 'it did not answer within 5 s';
    }
    const ended = gaveUp();
    if (ended !== null) return fail('WEB_FAILED', `The web server does not run: ${ended}`);
    await pause(60);
  }
  return fail('WEB_FAILED', `The web server is not ready after ${patience / 1000} s: ${why}.`);
}
