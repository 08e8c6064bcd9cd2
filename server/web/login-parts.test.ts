import { expect, it } from 'vitest';
import { clientOf } from './client';
import { sessionCookie, sessionFrom } from './cookie';
import { Throttle } from './throttle';
import { browserLabel } from './visitor';

const secret = 'A'.repeat(43);

it('reads its own cookie among others and nothing that does not look like one', () => {
  expect(sessionFrom(`a=b; patchbay_session=${secret}; c=d`)).toBe(secret);
  expect(sessionFrom(`patchbay_session=${secret}; patchbay_session=${'B'.repeat(43)}`)).toBe(secret);
  for (const header of [
    undefined,
    '',
    'patchbay_session=',
    'patchbay_session=short',
    `x_patchbay_session=${secret}`,
  ])
    expect(sessionFrom(header)).toBeNull();
  expect(sessionFrom(`patchbay_session=${'A'.repeat(42)}%00`)).toBeNull();
});

it('keeps the cookie from scripts and from other sites', () => {
  const cookie = sessionCookie(secret, 60, false);
  expect(cookie).toBe(`patchbay_session=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=60`);
  expect(sessionCookie(secret, 60, true)).toContain('; SameSite=Strict; Secure; ');
});

const LIMITS = { free: 3, window: 1000, ceiling: 10, known: 2 } as const;

it('lets a guesser wait, and nobody else', () => {
  const throttle = new Throttle(LIMITS);
  for (const at of [0, 100, 200]) {
    expect(throttle.wait('a', at)).toBe(0);
    throttle.failed('a', at);
  }
  expect(throttle.wait('a', 300)).toBe(700);
  expect(throttle.wait('b', 300)).toBe(0);
  expect(throttle.wait('a', 1001)).toBe(0);
  throttle.failed('a', 1001);
  expect(throttle.wait('a', 1002)).toBe(98);
  throttle.succeeded('a');
  expect(throttle.wait('a', 1003)).toBe(0);
});

it('lets many guessers together wait, but not those who got in before', () => {
  const throttle = new Throttle(LIMITS);
  throttle.succeeded('old');
  throttle.succeeded('home');
  throttle.succeeded('work'); // two are remembered
  let taken = 0;
  for (let i = 0; i < 1000; i++)
    if (throttle.wait(`guesser ${i}`, i / 10) === 0) {
      throttle.failed(`guesser ${i}`, i / 10);
      taken += 1;
    }
  expect(taken).toBe(10);
  expect(throttle.wait('new', 200)).toBe(800);
  expect(throttle.wait('old', 200)).toBe(800);
  for (const known of ['home', 'work']) expect(throttle.wait(known, 200)).toBe(0);
  for (const at of [200, 201, 202]) throttle.failed('home', at);
  expect(throttle.wait('home', 203)).toBe(997);
  expect(throttle.wait('new', 1300)).toBe(0);
});

it('counts an address, the /64 of an IPv6 one, and behind a proxy what the proxy saw', () => {
  expect(clientOf('192.0.2.7', undefined)).toBe('192.0.2.7');
  expect(clientOf('::ffff:192.0.2.7', undefined)).toBe('192.0.2.7');
  expect(clientOf('2001:db8::1:2:3:4', undefined)).toBe(clientOf('2001:db8::9', undefined));
  expect(clientOf('2001:db8::1', undefined)).not.toBe(clientOf('2001:db8:0:1::1', undefined));
  expect(clientOf('127.0.0.1', '203.0.113.1, 192.0.2.7')).toBe('192.0.2.7');
  expect(clientOf('::ffff:127.0.0.1', '192.0.2.7')).toBe('192.0.2.7');
  expect(clientOf('127.0.0.1', 'unknown')).toBe('127.0.0.1');
  // Who is not on this machine is no proxy of ours, whatever it says.
  expect(clientOf('192.0.2.7', '203.0.113.1')).toBe('192.0.2.7');
});

it('names browsers in a few words', () => {
  expect(browserLabel('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe(
    'Firefox on Linux',
  );
  expect(
    browserLabel(
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605 (KHTML) Version/18.0 Safari/605',
    ),
  ).toBe('Safari on macOS');
  expect(browserLabel(undefined)).toBe('A browser');
  expect(browserLabel('<script>')).toBe('A browser');
});
