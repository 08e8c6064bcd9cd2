import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { observedOf } from '../testing/observed';
import { checkPool } from './checks';
import { PoolFacts } from './facts';
import { seenPool } from './seats';

const cases = path.join(import.meta.dirname, '../testdata/openqa-check');
const Seen = z.strictObject({ observed: z.unknown(), facts: PoolFacts });

function answers(folder: string): string {
  const seen = Seen.parse(JSON.parse(readFileSync(path.join(folder, 'seen.json'), 'utf8')));
  const observed = observedOf(seen.observed);
  const pool = seenPool(observed, undefined);
  if (!pool.ok) return `${pool.error.code}\n  ${pool.error.message}\n`;
  return checkPool(pool.value, observed, seen.facts)
    .map((c) => `${c.verdict} ${c.title}\n${c.sentences.map((s) => `  ${s}\n`).join('')}  $ ${c.command}\n`)
    .join('');
}

describe('checks of a pool', () => {
  test.each(readdirSync(cases).sort())('%s', async (name) => {
    await expect(answers(path.join(cases, name))).toMatchFileSnapshot(path.join(cases, name, 'checks.txt'));
  });
});
