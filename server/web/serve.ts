import { randomBytes } from 'node:crypto';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fail, ok, type Result } from '@/server/core/result';
import { checkRequest, contentSecurityPolicy, type OurHosts, ourHosts, SECURITY_HEADERS } from './security';

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void> | void;

export type Site = {
  readonly listen: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Names beside the address that people reach it by. */
  readonly names: readonly string[];
  /** Origin that a proxy in front serves it under; null without one. */
  readonly publicOrigin: string | null;
  readonly development: boolean;
  /** Everything below `/api/`; answers 401 by itself. */
  readonly api: Handler;
  readonly page: Handler;
  readonly loggedIn: (req: IncomingMessage) => Promise<boolean>;
  readonly failed: (error: unknown, url: string) => void;
};

export type Serving = { readonly address: string; readonly port: number; readonly stop: () => Promise<void> };

/** Pages and files that need no session: the way in, and what it is made of. */
const OPEN = /^\/(login$|_next\/static\/|icon\.svg$|favicon\.ico$)/;

const plain = (res: ServerResponse, status: number, text: string) => {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  res.end(`${text}\n`);
};

/** As every browser writes it: nothing goes up, nothing names another server. */
function isPlain(path: string): boolean {
  const parsed = URL.parse(path, 'http://patchbay');
  return parsed?.host === 'patchbay' && parsed.pathname === path;
}

/** One door for everything: what is refused here reaches neither pages nor API. */
function door(site: Site, hosts: () => OurHosts): RequestListener {
  return async (req, res) => {
    const url = req.url ?? '/';
    const path = url.split('?', 1)[0] ?? '/';
    try {
      // Whoever answers reads `/a/../b` as `/b`: what is open here must be what is opened there.
      if (!isPlain(path)) return plain(res, 400, 'This address is not one of ours.');
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) res.setHeader(name, value);
      const nonce = randomBytes(16).toString('base64');
      const policy = contentSecurityPolicy(nonce, site.development);
      res.setHeader('Content-Security-Policy', policy);
      // Next reads the nonce for its own scripts from the request. What a client sends under that name never counts.
      req.headers['content-security-policy'] = policy;
      delete req.headers['content-security-policy-report-only'];

      const checked = checkRequest(req, hosts());
      if (!checked.ok)
        return plain(res, checked.error.code === 'HOST_UNKNOWN' ? 421 : 403, checked.error.message);
      if (path.startsWith('/api/')) return await site.api(req, res);
      if (req.method !== 'GET' && req.method !== 'HEAD') return plain(res, 405, 'Pages are read with GET.');
      if (
        !OPEN.test(path) &&
        !(site.development && path.startsWith('/_next/')) &&
        !(await site.loggedIn(req))
      ) {
        res.writeHead(302, { Location: '/login', 'Cache-Control': 'no-store' });
        return res.end();
      }
      if (!path.startsWith('/_next/static/')) res.setHeader('Cache-Control', 'no-store');
      await site.page(req, res);
    } catch (error) {
      site.failed(error, path);
      if (!res.headersSent) plain(res, 500, 'Something went wrong inside Patchbay; its log says what.');
      else res.destroy();
    }
  };
}

/** Opens the site. PORT_TAKEN, or LISTEN for other reasons. */
export async function serve(site: Site): Promise<Result<Serving>> {
  let hosts: OurHosts = new Map();
  const server = http.createServer(
    { requestTimeout: 30_000 },
    door(site, () => hosts),
  );
  const error = await listening(server, site.listen, site.port);
  if (error?.code === 'EADDRINUSE')
    return fail('PORT_TAKEN', `Port ${site.port} is taken. Choose another with --port.`);
  if (error !== null) return fail('LISTEN', `The server cannot listen on ${site.listen}: ${error.message}.`);
  const { port } = server.address() as AddressInfo; // a TCP server that listens has no other kind
  hosts = ourHosts({ ...site, port });
  const shown =
    site.listen === '0.0.0.0' || site.listen === '::' ? (site.names[0] ?? '127.0.0.1') : site.listen;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      // Event streams never end by themselves.
      server.closeAllConnections();
    });
  return ok({ address: `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`, port, stop });
}

function listening(server: http.Server, host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const bad = (error: NodeJS.ErrnoException) => resolve(error);
    server.once('error', bad);
    server.listen({ host, port }, () => {
      server.off('error', bad);
      resolve(null);
    });
  });
}
