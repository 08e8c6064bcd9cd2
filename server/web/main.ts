import { writeFileSync } from 'node:fs';
import path from 'node:path';
import next from 'next';
import pino from 'pino';
import { Hosts } from '@/server/api/hosts';
import { WEB_PROGRAM } from '@/server/core/check-listeners';
import { publicOrigin } from '@/server/core/public-url';
import { ok } from '@/server/core/result';
import { hasPassword, openStore } from '@/server/store';
import { apiHandler } from './api';
import { checkListen } from './security';
import { type Serving, serve } from './serve';
import { sessionOf } from './visitor';

/*
 * The web process: pages by Next, the API by tRPC, one door before both. Started by `up` with
 *   DATABASE_URL      the records
 *   PATCHBAY_SOCKET   the machine agent's socket
 *   PATCHBAY_LISTEN   address, 127.0.0.1 unless told; PATCHBAY_NAMES further names of it, with commas
 *   PATCHBAY_PUBLIC_URL  origin that a proxy in front serves it under
 *   PATCHBAY_PORT     7272 unless told; 0 takes any that is free
 *   PATCHBAY_PARENT_PIPE=1  ends when its standard input is closed
 * Says on its standard output, in one line, {"ready": true, "address": …} or {"ready": false, "why": …}; logs go to
 * its standard error.
 */

const log = pino({ base: null }, pino.destination(2));
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

function refuseToStart(why: string): never {
  tell({ ready: false, why });
  process.exit(1);
}

const needed = (name: string): string =>
  process.env[name] || refuseToStart(`The web process needs ${name}. Start Patchbay with npm run up.`);

const DEFAULT_PORT = 7272;

async function main(): Promise<void> {
  const development = process.env.PATCHBAY_DEV === '1';
  const listen = process.env.PATCHBAY_LISTEN || '127.0.0.1';
  const port = Number(process.env.PATCHBAY_PORT || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    refuseToStart(`PATCHBAY_PORT is ${process.env.PATCHBAY_PORT}: a port is a number from 1 to 65535.`);

  const proxied = process.env.PATCHBAY_PUBLIC_URL ? publicOrigin(process.env.PATCHBAY_PUBLIC_URL) : ok(null);
  if (!proxied.ok) refuseToStart(proxied.error.message);
  const origin = proxied.value;

  const store = openStore(needed('DATABASE_URL'));
  const allowed = checkListen({ listen, publicOrigin: origin }, await hasPassword(store));
  if (!allowed.ok) refuseToStart(allowed.error.message);

  const hosts = new Hosts(store, needed('PATCHBAY_SOCKET'), log);
  const pages = next({ dev: development, dir: path.resolve(import.meta.dirname, '..') });
  await pages.prepare();
  const page = pages.getRequestHandler();

  const api = apiHandler({ store, hosts, log, publicOrigin: origin });

  callItself();
  const served = await serve({
    listen,
    port,
    names: (process.env.PATCHBAY_NAMES ?? '').split(',').filter(Boolean),
    publicOrigin: origin,
    development,
    api,
    page,
    loggedIn: async (req) => (await sessionOf(store, req)) !== null,
    failed: (error, url) => log.error({ err: error, url }, 'request failed'),
  });
  if (!served.ok) refuseToStart(served.error.message);
  stopWhenAsked(served.value, async () => {
    hosts.stop();
    await store.close();
  });
  tell({ ready: true, address: served.value.address });
}

/** Its name among the processes, by which a port forward that would take its port is noticed. */
function callItself(): void {
  try {
    writeFileSync('/proc/self/comm', WEB_PROGRAM);
  } catch {} // a system without /proc
}

/** Ends within 3 s whatever browsers still hold open. */
function stopWhenAsked(serving: Serving, rest: () => Promise<void>): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), 3000).unref();
    await serving.stop();
    await rest();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  if (process.env.PATCHBAY_PARENT_PIPE === '1') process.stdin.on('close', () => void stop()).resume();
}

main().catch((error) => {
  log.error({ err: error }, 'web could not start');
  refuseToStart(`The web process could not start: ${error instanceof Error ? error.message : error}`);
});
