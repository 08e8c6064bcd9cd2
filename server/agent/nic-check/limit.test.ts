import { expect, test } from 'vitest';
import { NOTHING } from '@/server/core/change';
import { NicCheck } from '@/server/core/nic-check/request';
import { observedOf } from '@/server/core/testing/observed';
import { checkLimit } from './limit';

/* Whom nobody measures without being asked: nothing is started for these. */

const ask = async (more: object) => {
  const check = NicCheck.parse({ check: 'limit', ...more });
  if (check.check !== 'limit') throw new Error('another check');
  const done = await checkLimit(check, {
    guests: [],
    pingable: { namespaces: [], others: new Map([['db', ['10.0.0.9']]]) },
    observe: async () => observedOf({}),
    design: () => ({ desired: NOTHING, version: 1 }),
    say: () => {},
  });
  return done.ok ? done.value.sentence : `${done.error.code}: ${done.error.message}`;
};

test('a virtual machine at work is left alone, whoever asks', async () => {
  const refused =
    'AT_WORK: Guest db is a virtual machine at work, in which Patchbay starts no program: prove the limit with a guest of the lab that is plugged in in the same way.';
  expect(await ask({ from: 'db' })).toBe(refused);
  expect(await ask({ from: 'db', sure: true })).toBe(refused);
});

test('nobody is measured who is not there', async () => {
  expect(await ask({ from: 'nobody' })).toBe('NO_SUCH_GUEST: There is no guest nobody in this lab.');
});
