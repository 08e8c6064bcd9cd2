import http from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { type Serving, type Site, serve } from './serve';

let open: Serving | null = null;
afterEach(async () => {
  await open?.stop();
  open = null;
});

/** A real server with a page that shows what reached it; only `?in` counts as logged in. */
async function start(changes: Partial<Site> = {}): Promise<Serving> {
  const served = await serve({
    listen: '127.0.0.1',
    port: 0,
    names: [],
    publicOrigin: null,
    development: false,
    api: (req, res) => void res.end(`api ${req.method}`),
    page: (req, res) => void res.end(`page ${req.headers['content-security-policy']}`),
    loggedIn: async (req) => req.url?.endsWith('?in') ?? false,
    failed: () => {},
    ...changes,
  });
  if (!served.ok) throw new Error(served.error.message);
  open = served.value;
  return open;
}

type Asked = { readonly path: string; readonly method?: string; readonly headers?: Record<string, string> };
type Answer = { readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly body: string };

/** With `http` itself, because `fetch` sets Host and Origin by its own rules. */
function ask(serving: Serving, { path, method = 'GET', headers = {} }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port: serving.port, path, method, headers }, (res) => {
      let body = '';
      res.on('data', (chunk) => {
        body += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body }));
    });
    req.on('error', reject).end();
  });
}

it('shows pages only to those who are logged in', async () => {
  const serving = await start();
  const out = await ask(serving, { path: '/networks' });
  expect([out.status, out.headers.location]).toEqual([302, '/login']);
  expect((await ask(serving, { path: '/networks?in' })).status).toBe(200);
  expect((await ask(serving, { path: '/login' })).status).toBe(200);
  expect((await ask(serving, { path: '/_next/static/x.js' })).status).toBe(200);
  for (const path of ['/_next/data/x', '/loginx', '/_next/image?url=x'])
    expect((await ask(serving, { path })).status, path).toBe(302);
});

it('answers no address that pages would read as another one', async () => {
  const serving = await start();
  for (const path of [
    '/login/../networks',
    '/_next/static/../../settings',
    '/_next/static/%2e%2e/%2E%2E/settings',
    '/_next/static\\..\\..\\settings',
    '/_next/static/./../x',
    '//login',
    'http://evil.example/settings',
  ])
    expect((await ask(serving, { path })).status, path).toBe(400);
  expect((await ask(serving, { path: '/_next/static/chunks/app/(main)/[id]/page-0~a.js' })).status).toBe(200);
});

it('gives every response its own nonce, and pages the same one', async () => {
  const serving = await start();
  const nonceOf = (a: Answer) => /'nonce-([^']+)'/.exec(String(a.headers['content-security-policy']))?.[1];
  const [a, b] = [await ask(serving, { path: '/?in' }), await ask(serving, { path: '/?in' })];
  expect(nonceOf(a)).toBeTruthy();
  expect(nonceOf(a)).not.toBe(nonceOf(b));
  expect(a.body).toContain(`'nonce-${nonceOf(a)}'`);
  const planted = await ask(serving, {
    path: '/?in',
    headers: { 'content-security-policy': "script-src 'nonce-planted'" },
  });
  expect(planted.body).not.toContain('planted');
  expect(a.headers['x-frame-options']).toBe('DENY');
  expect(a.headers['cache-control']).toBe('no-store');
});

it('refuses foreign names and foreign origins before anything else', async () => {
  const serving = await start();
  const rebound = await ask(serving, { path: '/?in', headers: { host: 'evil.example' } });
  expect([rebound.status, rebound.body.includes('page')]).toEqual([421, false]);
  const forged = await ask(serving, {
    path: '/api/x',
    method: 'POST',
    headers: { origin: 'http://evil.example' },
  });
  expect([forged.status, forged.body.includes('api')]).toEqual([403, false]);
  const ours = await ask(serving, { path: '/api/x', method: 'POST', headers: { origin: serving.address } });
  expect(ours.body).toBe('api POST');
  expect(
    (await ask(serving, { path: '/?in', method: 'POST', headers: { origin: serving.address } })).status,
  ).toBe(405);
});

it('stops at once although a stream is open', async () => {
  const serving = await start({ api: (_, res) => void res.writeHead(200).write('event: open\n\n') });
  const ended = new Promise<string>((resolve) => {
    http.get({ host: '127.0.0.1', port: serving.port, path: '/api/x' }, (res) => {
      res.on('error', () => resolve('cut'));
      res.on('close', () => resolve('closed'));
      res.once('data', async () => {
        const before = Date.now();
        await serving.stop();
        expect(Date.now() - before).toBeLessThan(1000);
        open = null;
      });
    });
  });
  expect(['cut', 'closed']).toContain(await ended);
});

it('says that a port is taken', async () => {
  const serving = await start();
  const second = await serve({
    listen: '127.0.0.1',
    port: serving.port,
    publicOrigin: null,
    names: [],
    development: false,
    api: () => {},
    page: () => {},
    loggedIn: async () => false,
    failed: () => {},
  });
  expect(second).toMatchObject({ ok: false, error: { code: 'PORT_TAKEN' } });
});

it('answers a failure of ours without telling what it was', async () => {
  const failures: unknown[] = [];
  const serving = await start({
    page: () => Promise.reject(new Error('secret detail')),
    failed: (error) => void failures.push(error),
  });
  const answer = await ask(serving, { path: '/?in' });
  expect([answer.status, answer.body.includes('secret')]).toEqual([500, false]);
  expect(failures).toHaveLength(1);
});
