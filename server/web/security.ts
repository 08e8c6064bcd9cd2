import { isIP } from 'node:net';
import { hostsOf } from '@/server/core/public-url';
import { fail, ok, type Result } from '@/server/core/result';

/** What of a request is judged; Node's IncomingMessage fits. */
export type RequestHead = {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
};

const one = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.[0];

const bracketed = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host.toLowerCase());

/** Addresses that only this machine reaches. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Values of Host that are ours, each with the origin of the pages that are served under it. */
export type OurHosts = ReadonlyMap<string, string>;

export type Reached = {
  /** An address or name. */
  readonly listen: string;
  readonly port: number;
  /** Further names people reach it by. */
  readonly names?: readonly string[];
  /** Origin that a proxy in front serves it under. */
  readonly publicOrigin?: string | null;
};

/** Anything else is another site's name that resolves to our address (DNS rebinding). */
export function ourHosts({ listen, port, names = [], publicOrigin = null }: Reached): OurHosts {
  const everywhere = listen === '0.0.0.0' || listen === '::';
  const direct = ['127.0.0.1', 'localhost', '::1', ...(everywhere ? [] : [listen]), ...names]
    .flatMap((h) => [`${bracketed(h)}:${port}`, ...(port === 80 ? [bracketed(h)] : [])])
    .map((host) => [host, `http://${host}`] as const);
  const proxied = publicOrigin === null ? [] : hostsOf(publicOrigin).map((h) => [h, publicOrigin] as const);
  return new Map([...direct, ...proxied]);
}

/** Refuses requests that were not meant for us: HOST_UNKNOWN, ORIGIN_FOREIGN. */
export function checkRequest(head: RequestHead, hosts: OurHosts): Result<null> {
  const host = one(head.headers.host)?.toLowerCase();
  const ours = hosts.get(host ?? '');
  if (ours === undefined)
    return fail(
      'HOST_UNKNOWN',
      'This server is not known under that name. Use the address it printed when it started, or start it with --name NAME (behind a proxy: --public-url ADDRESS).',
    );
  const site = one(head.headers['sec-fetch-site']);
  const origin = one(head.headers.origin);
  const safe = head.method === 'GET' || head.method === 'HEAD';
  if (safe) {
    // A link from elsewhere may open a page; no other site may read data or keep a stream open.
    const opens = one(head.headers['sec-fetch-mode']) === 'navigate';
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opens) return foreign();
    return ok(null);
  }
  if (site !== undefined && site !== 'same-origin') return foreign();
  if (origin === ours) return ok(null);
  if (origin?.startsWith('https:') && [...hosts.values()].includes(origin)) return hostRewritten();
  if (origin !== undefined) return foreign();
  return site === 'same-origin' ? ok(null) : foreign();
}

const foreign = () =>
  fail('ORIGIN_FOREIGN', 'This request came from another site and was refused. Use Patchbay in its own tab.');

const hostRewritten = () =>
  fail(
    'ORIGIN_FOREIGN',
    'The proxy in front of Patchbay changed the Host header, so this request was refused: let it pass Host on as it is.',
  );

/** No inline script runs without the nonce of its response. Styles may be inline: React and Radix set them. */
export function contentSecurityPolicy(nonce: string, development: boolean): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'${development ? " 'unsafe-eval'" : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${development ? ' ws:' : ''}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=()',
};

/** Refuses to be where others can reach it, directly or by a proxy, without a password: PASSWORD_NEEDED. */
export function checkListen(
  { listen, publicOrigin = null }: Pick<Reached, 'listen' | 'publicOrigin'>,
  hasPassword: boolean,
): Result<null> {
  if (hasPassword) return ok(null);
  if (publicOrigin !== null)
    return fail(
      'PASSWORD_NEEDED',
      `Under ${publicOrigin} others could reach the login page, and no password is set. Set one first, then start it again.`,
    );
  if (isLoopback(listen)) return ok(null);
  return fail(
    'PASSWORD_NEEDED',
    `Listening on ${listen} would let others reach the login page, and no password is set. ` +
      'Set one first (Settings in the browser, on 127.0.0.1), then start it again with --listen.',
  );
}
