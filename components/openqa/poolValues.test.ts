import { describe, expect, test } from 'vitest';
import { parsePool } from '@/server/core/openqa/parse-pool';
import { Pool } from '@/server/core/openqa/pool';
import { byPoolField, toPoolInput, toPoolValues } from './poolValues';

describe('the form of a pool', () => {
  test('gives back what it was given', () => {
    const pool = Pool.parse({ workers: 2, nics: 3, classes: ['a', 'b'], peers: ['192.0.2.1', '192.0.2.2'] });
    expect(parsePool(toPoolInput(toPoolValues(pool, false)))).toEqual({ ok: true, value: pool });
  });

  test('begins with a usual pool, whose taps in a lab are for root', () => {
    expect(toPoolValues(null, false)).toMatchObject({ workers: '3', owner: '_openqa-worker' });
    expect(toPoolValues(null, true)).toMatchObject({ workers: '3', owner: 'root', group: 'root' });
  });

  test('says at its field what cannot be', () => {
    const values = { ...toPoolValues(null, false), workers: 'x', peers: '192.0.2.1 nowhere', bridge: 'a b' };
    const parsed = parsePool(toPoolInput(values));
    expect(Object.fromEntries(byPoolField(parsed.ok ? [] : (parsed.error.problems ?? [])))).toEqual({
      workers: 'a number is needed.',
      bridge:
        'An interface name has letters, digits, dot, dash and underscore, and starts with a letter, digit or underscore.',
      peers: 'An address looks like 192.168.100.1 or fd00::1.',
    });
  });
});
