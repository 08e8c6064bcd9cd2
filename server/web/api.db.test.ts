import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Hosts } from '@/server/api/hosts';
import {
  endAllSessions,
  issueLoginToken,
  openStore,
  type Store,
  setPassword,
  startSession,
} from '@/server/store';
import { type TemporaryDatabase, temporaryDatabase } from '@/server/store/testing/database';
import { apiHandler } from './api';
import { type Serving, serve } from './serve';
import { sessionOf } from './visitor';

/* The real API behind the real door, with real records; no agent answers, and it says so. */

let database: TemporaryDatabase;
let store: Store;
let hosts: Hosts;
let serving: Serving;
let folder: string;
const errors: object[] = [];
const log = { info: () => {}, warn: () => {}, error: (about: object) => void errors.push(about) };

beforeAll(async () => {
  database = await temporaryDatabase();
  store = openStore(database.url);
  folder = mkdtempSync(path.join(tmpdir(), 'patchbay-api-'));
  hosts = new Hosts(store, path.join(folder, 'agent.sock'), log);
  const served = await serve({
    listen: '127.0.0.1',
    port: 0,
    names: [],
    publicOrigin: null,
    development: false,
    api: apiHandler({ store, hosts, log, publicOrigin: null }),
    page: (_, res) => void res.end('page'),
    loggedIn: async (req) => (await sessionOf(store, req)) !== null,
    failed: (error) => void errors.push({ error }),
  });
  if (!served.ok) throw new Error(served.error.message);
  serving = served.value;
});

afterAll(async () => {
  await serving.stop();
  hosts.stop();
  await store.close();
  await database.drop();
  rmSync(folder, { recursive: true });
  expect(errors).toEqual([]);
});

const origin = () => ({ origin: serving.address, 'content-type': 'application/json' });
const cookieOf = (res: Response) => res.headers.get('set-cookie')?.split(';')[0] ?? '';
const failureOf = async (res: Response) => (await res.json()).error.data.failure;
const mutate = (name: string, input: unknown, cookie = '') =>
  fetch(`${serving.address}/api/trpc/${name}`, {
    method: 'POST',
    headers: { ...origin(), cookie },
    ...(input === undefined ? {} : { body: JSON.stringify(input) }),
  });
const query = (name: string, cookie = '', input?: unknown) =>
  fetch(
    `${serving.address}/api/trpc/${name}${input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`}`,
    { headers: { cookie } },
  );
const logIn = async () => cookieOf(await mutate('session.login', { token: await issueLoginToken(store) }));

it('tells nothing to those who are not logged in', async () => {
  for (const name of ['hosts.list', 'networks.list', 'settings.get', 'topology.live']) {
    const res = await query(name);
    expect(res.status, name).toBe(401);
    await res.body?.cancel();
  }
  expect((await mutate('labs.create', { name: 'x' })).status).toBe(401);
  expect((await query('hosts.list', `patchbay_session=${'A'.repeat(43)}`)).status).toBe(401);
});

it('trades a login link once for a session that scripts cannot read', async () => {
  const token = await issueLoginToken(store);
  const res = await mutate('session.login', { token });
  expect(res.status).toBe(200);
  expect(res.headers.get('set-cookie')).toMatch(
    /^patchbay_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/,
  );
  expect((await query('hosts.list', cookieOf(res))).status).toBe(200);
  const again = await mutate('session.login', { token });
  expect(again.status).toBe(403);
  expect(await failureOf(again)).toMatchObject({
    code: 'LOGIN_REFUSED',
    message: expect.stringContaining('used already'),
  });
  expect(again.headers.get('set-cookie')).toBeNull();
});

it('changes nothing by GET', async () => {
  const token = await issueLoginToken(store);
  const res = await query('session.login', '', { token });
  expect(res.status).toBe(405);
  expect((await mutate('session.login', { token })).status).toBe(200);
});

it('says that no agent answers, in the list and in the stream', async () => {
  const cookie = await logIn();
  const list = (await (await query('hosts.list', cookie)).json()).result.data;
  expect(list).toMatchObject([{ host: 'machine', agent: null, lab: null }]);
  const stream = await query('topology.live', cookie);
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const reader = stream.body?.getReader();
  let text = '';
  while (reader && !text.includes('"kind":"whole"')) {
    const { value, done } = await reader.read();
    if (done) break;
    text += new TextDecoder().decode(value);
  }
  await reader?.cancel();
  expect(text).toContain('"kind":"whole"');
});

it('ends the session and its streams at logout', async () => {
  const cookie = await logIn();
  const stream = await query('topology.live', cookie);
  const reader = stream.body?.getReader();
  await reader?.read();
  const out = await mutate('session.logout', undefined, cookie);
  expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
  const rest = (async () => {
    for (;;) if ((await reader?.read())?.done ?? true) return 'ended';
  })().catch(() => 'ended');
  expect(await rest).toBe('ended');
  expect((await query('hosts.list', cookie)).status).toBe(401);
});

it('ends streams whose session ended elsewhere', async () => {
  const cookie = await logIn();
  const stream = await query('topology.live', cookie);
  const reader = stream.body?.getReader();
  await reader?.read();
  await endAllSessions(store); // as a password that is set in the terminal does
  const rest = (async () => {
    for (;;) if ((await reader?.read())?.done ?? true) return 'ended';
  })().catch(() => 'ended');
  expect(await rest).toBe('ended');
});

it('names the field of an input that cannot be', async () => {
  const cookie = `patchbay_session=${await startSession(store, 'test')}`;
  const bad = await mutate('labs.create', { name: '../../etc; $(reboot)\u0000' }, cookie);
  expect(bad.status).toBe(400);
  const failure = await failureOf(bad);
  expect(failure.code).toBe('INVALID');
  expect(failure.message).toContain('lower-case letters');
  const unknown = await query('changes.get', cookie, { id: "'; DROP TABLE" });
  expect(unknown.status).toBe(404);
  const alone = await mutate('labs.create', { name: 'demo' }, cookie);
  expect([alone.status, await failureOf(alone)]).toEqual([
    412,
    expect.objectContaining({ code: 'NO_AGENT' }),
  ]);
  const huge = await mutate('labs.create', { name: 'x'.repeat(2_000_000) }, cookie);
  expect(huge.status).toBe(413);
});

it('takes a batch of calls, but not any number of them', async () => {
  const batch = (count: number) =>
    fetch(`${serving.address}/api/trpc/${Array(count).fill('session.state').join(',')}?batch=1&input=%7B%7D`);
  const some = await batch(50);
  expect([some.status, (await some.json()).length]).toEqual([200, 50]);
  const many = await batch(51);
  expect(many.status).toBe(400);
  expect(await failureOf(many)).toMatchObject({
    code: 'BAD_REQUEST',
    message: expect.stringMatching(/at most 50/),
  });
});

it('makes guessing passwords slow, and setting one ends every session', async () => {
  const cookie = await logIn();
  const set = await mutate('settings.setPassword', { password: 'correct horse battery' }, cookie);
  expect(set.status).toBe(200);
  expect((await query('hosts.list', cookie)).status).toBe(401);
  const right = await mutate('session.password', { password: 'correct horse battery' });
  expect(right.status).toBe(200);
  expect((await query('hosts.list', cookieOf(right))).status).toBe(200);
  const tries = await Promise.all(
    Array.from({ length: 8 }, (_, n) => mutate('session.password', { password: `guess ${n}` })),
  );
  expect(tries.map((t) => t.status).sort()).toEqual([403, 403, 403, 403, 403, 429, 429, 429]);
  const late = await mutate('session.password', { password: 'correct horse battery' });
  expect(late.status).toBe(429);
  expect((await failureOf(late)).message).toMatch(/Try again in \d+ s/);
  expect((await setPassword(store, 'another one entirely')).ok).toBe(true);
});

/** As a proxy in front passes it on: `fetch` sets Host by its own rules. */
function viaProxy(at: Serving, client: string, password: string): Promise<http.IncomingMessage> {
  const headers = {
    host: 'patchbay.example.org',
    origin: 'https://patchbay.example.org',
    'content-type': 'application/json',
    'x-forwarded-for': `203.0.113.250, ${client}`,
  };
  const path = '/api/trpc/session.password';
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: at.port, method: 'POST', path, headers };
    http
      .request(options, (res) => {
        res.resume();
        resolve(res);
      })
      .once('error', reject)
      .end(JSON.stringify({ password }));
  });
}

it('serves a proxy with HTTPS in front, where one guesser locks nobody else out', async () => {
  const publicOrigin = 'https://patchbay.example.org';
  const served = await serve({
    ...{ listen: '127.0.0.1', port: 0, names: [], publicOrigin, development: false },
    api: apiHandler({ store, hosts, log, publicOrigin }),
    page: (_, res) => void res.end('page'),
    loggedIn: async () => false,
    failed: (error) => void errors.push({ error }),
  });
  if (!served.ok) throw new Error(served.error.message);
  try {
    expect((await setPassword(store, 'correct horse battery')).ok).toBe(true);
    const statuses: unknown[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await viaProxy(served.value, '192.0.2.1', 'x')).statusCode);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429]);
    const other = await viaProxy(served.value, '192.0.2.2', 'correct horse battery');
    expect(other.statusCode).toBe(200);
    expect(other.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Strict; Secure; /);
  } finally {
    await served.value.stop();
  }
});
