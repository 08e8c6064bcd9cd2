import { describe, expect, it } from 'vitest';
import { checkListen, checkRequest, contentSecurityPolicy, isLoopback, ourHosts } from './security';

const hosts = ourHosts({ listen: '127.0.0.1', port: 7272 });
const get = (headers: Record<string, string>) => checkRequest({ method: 'GET', headers }, hosts);
const post = (headers: Record<string, string>) => checkRequest({ method: 'POST', headers }, hosts);
const code = (result: ReturnType<typeof get>) => (result.ok ? 'ok' : result.error.code);

describe('Host', () => {
  it.each(['127.0.0.1:7272', 'localhost:7272', '[::1]:7272', 'LOCALHOST:7272'])('takes %s', (host) =>
    expect(code(get({ host }))).toBe('ok'),
  );
  it.each(['evil.example:7272', '127.0.0.1', '127.0.0.1:80', 'localhost.evil.example:7272', '', '[::1]'])(
    'refuses %j',
    (host) => expect(code(get({ host }))).toBe('HOST_UNKNOWN'),
  );
  it('refuses a request without one', () => expect(code(get({}))).toBe('HOST_UNKNOWN'));
  it('takes the address it listens on, and names given, but not the wildcard', () => {
    expect([...ourHosts({ listen: '10.0.0.5', port: 80, names: ['kvm.lan'] }).keys()]).toEqual(
      expect.arrayContaining(['10.0.0.5:80', '10.0.0.5', 'kvm.lan:80', 'kvm.lan']),
    );
    expect(ourHosts({ listen: 'fd00::5', port: 7272 }).has('[fd00::5]:7272')).toBe(true);
    expect(ourHosts({ listen: '0.0.0.0', port: 7272 }).has('0.0.0.0:7272')).toBe(false);
  });
});

describe('what changes something', () => {
  const host = '127.0.0.1:7272';
  it('comes from a page of ours', () => {
    expect(code(post({ host, origin: 'http://127.0.0.1:7272' }))).toBe('ok');
    expect(code(post({ host, origin: 'http://127.0.0.1:7272', 'sec-fetch-site': 'same-origin' }))).toBe('ok');
    expect(code(post({ host, 'sec-fetch-site': 'same-origin' }))).toBe('ok');
  });
  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'https://127.0.0.1:7272' },
    { origin: 'http://127.0.0.1:8080' },
    { origin: 'http://localhost:7272' },
    { origin: 'http://127.0.0.1:7272', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    {},
  ])('is refused with %j', (headers) => {
    expect(code(post({ host, ...headers } as Record<string, string>))).toBe('ORIGIN_FOREIGN');
  });
});

describe('what reads', () => {
  const host = '127.0.0.1:7272';
  it('may be a link from elsewhere, but no script of another site', () => {
    expect(code(get({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }))).toBe('ok');
    expect(code(get({ host, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }))).toBe('ok');
    expect(code(get({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }))).toBe(
      'ORIGIN_FOREIGN',
    );
    expect(code(get({ host, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }))).toBe(
      'ORIGIN_FOREIGN',
    );
  });
});

describe('behind a proxy that speaks HTTPS', () => {
  const publicOrigin = 'https://patchbay.example.org';
  const reached = ourHosts({ listen: '127.0.0.1', port: 7272, publicOrigin });
  const asked = (method: string, headers: Record<string, string>) =>
    checkRequest({ method, headers }, reached);
  const host = 'patchbay.example.org';
  it('takes that origin under its own name', () => {
    expect(code(asked('GET', { host }))).toBe('ok');
    expect(code(asked('GET', { host: 'patchbay.example.org:443' }))).toBe('ok');
    expect(code(asked('POST', { host, origin: publicOrigin }))).toBe('ok');
    expect(code(asked('POST', { host, origin: publicOrigin, 'sec-fetch-site': 'same-origin' }))).toBe('ok');
    expect(code(asked('POST', { host: '127.0.0.1:7272', origin: 'http://127.0.0.1:7272' }))).toBe('ok');
  });
  it.each([
    { host, origin: 'http://patchbay.example.org' },
    { host, origin: 'https://patchbay.example.org:8443' },
    { host, origin: 'https://evil.example.org' },
    { host, origin: 'null' },
    { host, origin: 'http://127.0.0.1:7272' },
    { host, origin: publicOrigin, 'sec-fetch-site': 'cross-site' },
    { host },
    { host: '127.0.0.1:7272', origin: 'https://127.0.0.1:7272' },
  ])('refuses to change something for %j', (headers) => {
    expect(code(asked('POST', headers as Record<string, string>))).toBe('ORIGIN_FOREIGN');
  });
  it('takes no other name, and that name only where it was given', () => {
    for (const other of ['evil.example.org', 'patchbay.example.org:7272', 'patchbay.example.org:80'])
      expect(code(asked('GET', { host: other }))).toBe('HOST_UNKNOWN');
    expect(code(get({ host }))).toBe('HOST_UNKNOWN');
  });
  it('says when the proxy does not pass Host on', () => {
    const refused = asked('POST', { host: '127.0.0.1:7272', origin: publicOrigin });
    expect(refused.ok ? '' : refused.error.message).toContain('changed the Host header');
  });
  it('demands a password, also on a loopback address', () => {
    expect(checkListen({ listen: '127.0.0.1', publicOrigin }, false)).toMatchObject({
      error: { code: 'PASSWORD_NEEDED' },
    });
    expect(checkListen({ listen: '127.0.0.1', publicOrigin }, true).ok).toBe(true);
  });
});

it('lets no inline script run without the nonce', () => {
  const policy = contentSecurityPolicy('abc', false);
  const scripts = policy.split('; ').find((d) => d.startsWith('script-src'));
  expect(scripts).toBe("script-src 'self' 'nonce-abc'");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
});

it('listens where others can reach it only with a password', () => {
  expect(checkListen({ listen: '127.0.0.1' }, false).ok).toBe(true);
  expect(checkListen({ listen: '::1' }, false).ok).toBe(true);
  expect(checkListen({ listen: '0.0.0.0' }, true).ok).toBe(true);
  for (const listen of ['0.0.0.0', '::', '192.168.1.5', 'kvm.lan']) {
    const refused = checkListen({ listen }, false);
    expect(refused.ok ? '' : refused.error.message).toContain(`Listening on ${listen}`);
  }
  expect(isLoopback('127.255.0.1')).toBe(true);
  expect(isLoopback('127.evil.example')).toBe(false);
});
