import { expect, test } from 'vitest';
import {
  endAllSessions,
  endSession,
  findSession,
  getSetting,
  hasPassword,
  issueLoginToken,
  listSessions,
  setPassword,
  setSetting,
  startSession,
  useLoginToken,
  verifyPassword,
} from './index';
import { temporaryStore } from './testing/database';

const store = await temporaryStore();

test('a login link works once, also when two use it at the same moment', async () => {
  const token = await issueLoginToken(store);
  const tried = await Promise.all([1, 2, 3].map(() => useLoginToken(store, token, 'Firefox')));
  expect(tried.filter((result) => result.ok)).toHaveLength(1);
  expect(await useLoginToken(store, token, 'Firefox')).toEqual({
    ok: false,
    error: {
      code: 'LOGIN_REFUSED',
      message: 'This login link was used already. Make a new one in the terminal.',
    },
  });
  const secret = tried.flatMap((result) => (result.ok ? [result.value] : []))[0] ?? '';
  expect(await findSession(store, secret)).toMatchObject({ label: 'Firefox' });
  await endSession(store, secret);
  expect(await findSession(store, secret)).toBeNull();
});

test('an old link and an invented one are refused', async () => {
  const token = await issueLoginToken(store);
  await store.prisma.loginToken.updateMany({ where: { usedAt: null }, data: { expires: new Date(0) } });
  expect(await useLoginToken(store, token, '')).toMatchObject({
    error: { message: expect.stringMatching(/has expired/) },
  });
  expect(await useLoginToken(store, `${token}x`, '')).toMatchObject({
    error: { message: expect.stringMatching(/not one of ours/) },
  });
});

test('the database keeps no secret', async () => {
  const token = await issueLoginToken(store);
  const secret = await startSession(store, 'Chromium');
  await setPassword(store, 'correct horse battery');
  const kept = JSON.stringify(
    await Promise.all([
      store.prisma.loginToken.findMany(),
      store.prisma.session.findMany(),
      store.prisma.setting.findMany(),
    ]),
  );
  for (const one of [token, secret, 'correct horse']) expect(kept).not.toContain(one);
});

test('a session lives on while it is used, and ends', async () => {
  const secret = await startSession(store, 'Chromium');
  const first = await findSession(store, secret);
  expect(first).not.toBeNull();
  const past = new Date(Date.now() - 3_600_000);
  await store.prisma.session.updateMany({ data: { lastSeenAt: past, expires: new Date(Date.now() + 1000) } });
  const again = await findSession(store, secret);
  expect(Date.parse(again?.expires ?? '')).toBeGreaterThan(Date.now() + 13 * 86_400_000);
  await store.prisma.session.updateMany({ data: { expires: past } });
  expect(await findSession(store, secret)).toBeNull();
  expect(await store.prisma.session.count()).toBe(0);
});

test('a new password logs everybody out', async () => {
  await startSession(store, 'Chromium');
  const token = await issueLoginToken(store);
  expect(await setPassword(store, 'short')).toMatchObject({ error: { code: 'INVALID' } });
  expect(await setPassword(store, 'Grüße an alle 1')).toEqual({ ok: true, value: null });
  expect(await listSessions(store)).toEqual([]);
  expect(await useLoginToken(store, token, '')).toMatchObject({ ok: false });
  expect(await hasPassword(store)).toBe(true);
  // The same letters, composed differently.
  expect(await verifyPassword(store, 'Grüße an alle 1'.normalize('NFD'))).toBe(true);
  expect(await verifyPassword(store, 'Grüße an alle 2')).toBe(false);
  expect(await verifyPassword(store, 'x'.repeat(1_000_000))).toBe(false);
  await store.prisma.setting.deleteMany();
  expect(await hasPassword(store)).toBe(false);
  expect(await verifyPassword(store, '')).toBe(false);
  await endAllSessions(store);
});

test('settings have defaults, and refuse what they cannot be', async () => {
  expect(await getSetting(store, 'confirmSeconds')).toBe(60);
  expect(await setSetting(store, 'confirmSeconds', 120)).toEqual({ ok: true, value: 120 });
  expect(await getSetting(store, 'confirmSeconds')).toBe(120);
  expect(await setSetting(store, 'confirmSeconds', 1)).toMatchObject({
    error: { code: 'INVALID', message: 'At least 5 seconds.' },
  });
  await store.prisma.setting.updateMany({ data: { value: 'nonsense' } });
  expect(await getSetting(store, 'confirmSeconds')).toBe(60);
});
