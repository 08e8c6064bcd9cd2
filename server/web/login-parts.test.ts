import { expect, it } from 'vitest';
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
  const cookie = sessionCookie(secret, 60);
  expect(cookie).toBe(`patchbay_session=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=60`);
});

it('lets guessers wait', () => {
  const throttle = new Throttle(3, 1000);
  for (const at of [0, 100, 200]) {
    expect(throttle.wait(at)).toBe(0);
    throttle.failed(at);
  }
  expect(throttle.wait(300)).toBe(700);
  expect(throttle.wait(1001)).toBe(0);
  throttle.failed(1001);
  expect(throttle.wait(1002)).toBe(98);
  throttle.succeeded();
  expect(throttle.wait(1003)).toBe(0);
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
