import { readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { API, apiOf } from './api';
import { postgresPid } from './application';
import { expect, logIn, test } from './fixtures';

type Answer = {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
};

/** A request with exactly these headers, as no browser would let a page send it. */
function send(
  origin: string,
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const { path = '/', method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, path, method, headers }, (answer) => {
      let text = '';
      answer.on('data', (c) => {
        text += c;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
      );
    });
    request.once('error', reject);
    request.end(body);
  });
}

const JSON_BODY = { 'content-type': 'application/json' };

test('another name for our address is refused', async ({ application }) => {
  const { origin } = application;
  const { port, host } = new URL(origin);
  for (const name of [
    `evil.example:${port}`,
    'evil.example',
    `127.0.0.1.evil.example:${port}`,
    '127.0.0.1:1',
  ]) {
    const answer = await send(origin, { headers: { host: name } });
    expect(answer.status, name).toBe(421);
    const api = await send(origin, { path: `${API}/session.state`, headers: { host: name } });
    expect(api.status, name).toBe(421);
  }
  for (const name of [host, `localhost:${port}`])
    expect((await send(origin, { headers: { host: name } })).status, name).toBe(302);
});

test('requests from other sites are refused', async ({ application }) => {
  const { origin } = application;
  const { cookie } = await apiOf(application);
  const body = JSON.stringify({ name: 'from-elsewhere' });
  const to = { path: `${API}/labs.create`, method: 'POST', body };
  const foreign: Record<string, string>[] = [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: `${origin}.evil.example` },
    { origin: origin.replace('http:', 'https:') },
    { 'sec-fetch-site': 'cross-site', origin },
    { 'sec-fetch-site': 'same-site', origin },
    {}, // neither: no browser of today, and nothing that proves where it came from
  ];
  for (const headers of foreign) {
    const answer = await send(origin, { ...to, headers: { cookie, ...JSON_BODY, ...headers } });
    expect(answer.status, JSON.stringify(headers)).toBe(403);
  }
  const read = await send(origin, {
    path: `${API}/hosts.list`,
    headers: { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  });
  expect(read.status).toBe(403);
  const labs = await application.patchbay('lab', 'list');
  expect(labs).not.toContain('from-elsewhere');
});

test('a login link logs in once', async ({ application, browser }) => {
  const link = /http:\S+/.exec(await application.patchbay('login'))?.[0] ?? '';
  const first = await browser.newContext();
  const page = await first.newPage();
  await page.goto(link);
  await expect(page).toHaveURL(`${application.origin}/`);
  const second = await browser.newContext();
  const other = await second.newPage();
  await other.goto(link);
  await expect(
    other
      .getByRole('alert')
      .or(other.getByText(/already|used|once/i))
      .first(),
  ).toBeVisible();
  await expect(other).toHaveURL(/\/login/);
  expect(await second.cookies()).toEqual([]);
  await first.close();
  await second.close();
});

test('the session cookie is out of reach for scripts and other sites', async ({
  application,
  user,
  context,
}) => {
  const cookies = await context.cookies(application.origin);
  const session = cookies.find((c) => c.name === 'patchbay_session');
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
  expect(await user.evaluate(() => document.cookie)).not.toContain('patchbay_session');
});

test('without a session there is nothing to read', async ({ application }) => {
  const { origin } = application;
  const { host } = new URL(origin);
  for (const page of ['/', '/networks', '/guests', '/changes', '/hosts', '/settings', '/anything']) {
    const answer = await send(origin, { path: page, headers: { host } });
    expect([answer.status, answer.headers.location], page).toEqual([302, '/login']);
  }
  for (const procedure of ['hosts.list', 'networks.list', 'changes.list', 'settings.get']) {
    const answer = await send(origin, { path: `${API}/${procedure}`, headers: { host } });
    expect([answer.status, answer.body.includes('LOGGED_OUT')], procedure).toEqual([401, true]);
  }
  // tRPC answers a stream that it does not begin with the status alone.
  const stream = await send(origin, { path: `${API}/topology.live`, headers: { host } });
  expect([stream.status, stream.body]).toEqual([401, '']);
  const forged = await send(origin, {
    path: `${API}/networks.list`,
    headers: { host, cookie: 'patchbay_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
  });
  expect(forged.status).toBe(401);
});

test('reading changes nothing', async ({ application }) => {
  const { origin } = application;
  const { cookie } = await apiOf(application);
  const router = readFileSync(path.join(import.meta.dirname, '..', 'server', 'api', 'router.ts'), 'utf8');
  expect(router).toContain('labs');
  const mutations = {
    'labs.create': { name: 'by-get' },
    'labs.remove': { name: 'lab' },
    'labs.reset': { name: 'lab' },
    'guests.add': { host: 'lab:lab', name: 'by-get', bridge: null },
    'changes.run': { id: 'x', planHash: 'x', seconds: 60 },
    'settings.set': { confirmSeconds: 5 },
    'settings.setPassword': { password: 'by-get-by-get-by-get' },
    'session.logout': undefined,
  };
  for (const [procedure, input] of Object.entries(mutations)) {
    const query = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    const answer = await send(origin, { path: `${API}/${procedure}${query}`, headers: { cookie } });
    expect(answer.status, procedure).toBe(405);
  }
  const { client } = await apiOf(application);
  expect(await client.settings.get.query()).toMatchObject({ password: false, confirmSeconds: 60 });
  expect(await application.patchbay('lab', 'list')).not.toContain('by-get');
});

test('no script runs that is not ours', async ({ application, user }) => {
  const complaints: string[] = [];
  user.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
  for (const page of ['/', '/networks', '/changes', '/hosts', '/settings']) {
    const answer = await user.goto(`${application.origin}${page}`);
    const policy = answer?.headers()['content-security-policy'] ?? '';
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? '';
    expect(scripts, page).not.toMatch(/unsafe-inline|unsafe-eval|\*|https?:/);
    expect(policy, page).toMatch(/default-src 'none'/);
    expect(policy, page).toMatch(/frame-ancestors 'none'/);
  }
  await expect(user.getByRole('heading', { name: /settings/i }).first()).toBeVisible();
  expect(complaints, 'our own pages keep to the policy').toEqual([]);
  const ran = await user.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
    const image = document.createElement('div');
    image.innerHTML = '<img src="x:" onerror="window.injected = true">';
    document.body.append(image);
    return new Promise((resolve) => setTimeout(() => resolve('injected' in window), 300));
  });
  expect(ran).toBe(false);
});

test('logging out ends the session everywhere', async ({ application, page, context }) => {
  await logIn(page, application);
  const kept = await context.cookies();
  const { client, cookie } = await apiOf(application);
  await client.session.logout.mutate();
  const answer = await send(application.origin, { path: `${API}/networks.list`, headers: { cookie } });
  expect(answer.status).toBe(401);
  expect(kept.length).toBeGreaterThan(0);
  await page.reload();
  await expect(page, 'another session stays').not.toHaveURL(/\/login/);
});

test('it listens on loopback only', async ({ application }) => {
  const port = Number(new URL(application.origin).port);
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((a) => !a.internal && a.family === 'IPv4');
  for (const { address } of outside) {
    const reached = await new Promise<boolean>((resolve) => {
      const socket = net.connect({ host: address, port, timeout: 2000 });
      socket.once('connect', () => resolve(true));
      for (const no of ['error', 'timeout']) socket.once(no, () => resolve(false));
      socket.once('close', () => socket.destroy());
    });
    expect(reached, address).toBe(false);
  }
  await expect(fetch(`http://[::1]:${port}/`)).rejects.toThrow();
});

test('only the agent keeps the privileges', async ({ application }) => {
  const uidOf = (pid: number) =>
    Number(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const { web, agent } = application.pids();
  if (web === undefined || agent === undefined) throw new Error('web and agent are not noted');
  const socket = statSync(path.join(application.state, 'run', 'agent.sock'));
  expect(socket.mode & 0o777).toBe(0o600);
  expect(uidOf(postgresPid(application.state))).toBe(uidOf(web));
  expect(socket.uid).toBe(uidOf(web));
  if (process.getuid?.() === 0) {
    expect(uidOf(web)).not.toBe(0);
    expect(uidOf(agent)).toBe(0);
  } else expect(uidOf(agent)).toBe(process.getuid?.());
  // Secrets are not for those who list processes.
  const arguments_ = readFileSync(`/proc/${web}/cmdline`, 'utf8');
  expect(arguments_).not.toContain('postgresql://');
});
