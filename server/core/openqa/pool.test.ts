import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOTHING } from '../change';
import { asText } from '../export';
import { nothingCommitted, planHost } from '../plan';
import { observedOf } from '../testing/observed';
import { diffDesired } from '../undo';
import { poolFiles } from './files';
import { MOST_NICS, MOST_WORKERS, seatOf, seatsOf, tapName, tapNames } from './numbering';
import { parsePool } from './parse-pool';
import type { Pool } from './pool';
import { poolIn, withPool } from './things';

const data = path.join(import.meta.dirname, '../testdata');
const cases = (folder: string) => readdirSync(path.join(data, folder)).sort();
const read = (folder: string, name: string): unknown =>
  JSON.parse(readFileSync(path.join(data, folder, name, 'pool.json'), 'utf8'));

function poolOf(input: unknown): Pool {
  const pool = parsePool(input);
  if (!pool.ok) throw new Error(pool.error.message);
  return pool.value;
}

/** On a host that has nothing yet. */
const observed = observedOf({
  sysctls: { 'net.ipv4.ip_forward': { value: '0' }, 'net.ipv6.conf.all.forwarding': { value: '0' } },
});

describe('a pool of workers', () => {
  test.each(cases('openqa'))('%s becomes a plan and files', async (name) => {
    const pool = poolOf(read('openqa', name));
    const desired = withPool(NOTHING, pool);
    const plan = planHost({ observed, committed: nothingCommitted(''), desired });
    if (!plan.ok) throw new Error(plan.error.message);
    const steps = plan.value.steps.map((s) => `${s.n}. ${s.title}\n`).join('');
    await expect(steps).toMatchFileSnapshot(path.join(data, 'openqa', name, 'steps.txt'));
    await expect(asText(poolFiles(pool))).toMatchFileSnapshot(path.join(data, 'openqa', name, 'files.txt'));
    const { classes: _, peers: __, ...said } = pool;
    expect(poolIn(desired), 'it is found again').toEqual(said);
    expect(diffDesired(desired, withPool(desired, pool)), 'it is there already').toEqual([]);
  });

  test.each(cases('reject-openqa'))('%s is refused', async (name) => {
    const pool = parsePool(read('reject-openqa', name));
    const problems = pool.ok ? [] : (pool.error.problems ?? []);
    expect(problems.length).toBeGreaterThan(0);
    const text = problems.map((p) => `${p.path.join('.') || '(all)'}\n  ${p.message}\n`).join('');
    await expect(text).toMatchFileSnapshot(path.join(data, 'reject-openqa', name, 'problems.txt'));
  });

  test('that shrinks loses the taps that are too many, and nothing else', () => {
    const large = withPool(NOTHING, poolOf({ workers: 2, nics: 2 }));
    const items = diffDesired(large, withPool(large, poolOf({ workers: 1, nics: 2 })));
    expect(items.map((i) => (i.op === 'delete' ? i.before.name : i))).toEqual(['tap1', 'tap65']);
  });

  test('takes over taps and bridge that were adopted, and leaves them adopted', () => {
    const pool = poolOf({ workers: 1 });
    const made = withPool(NOTHING, pool);
    const adopted = {
      networks: made.networks.map((n) => ({ ...n, adopted: true as const })),
      links: made.links.map((l) => ({ ...l, adopted: true as const })),
    };
    expect(withPool(adopted, pool)).toEqual(adopted);
  });
});

describe("openQA's numbering", () => {
  test('is that of its documentation', () => {
    expect(tapNames({ workers: 3, nics: 3 })).toEqual([
      ...['tap0', 'tap64', 'tap128', 'tap1', 'tap65', 'tap129', 'tap2', 'tap66', 'tap130'],
    ]);
  });

  test('gives every NIC of every worker a tap of its own, and finds it again', () => {
    const all = seatsOf({ workers: MOST_WORKERS, nics: MOST_NICS });
    expect(new Set(all.map(tapName)).size).toBe(MOST_WORKERS * MOST_NICS);
    for (const seat of all) expect(seatOf(tapName(seat))).toEqual(seat);
  });

  test('is told from other names', () => {
    fc.assert(fc.property(fc.string(), (name) => seatOf(name) === null || /^tap\d+$/.test(name)));
    for (const name of ['tap', 'tap01', 'tap1a', 'xtap1', 'tap99999']) expect(seatOf(name)).toBeNull();
  });
});
