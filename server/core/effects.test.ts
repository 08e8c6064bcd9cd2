import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Effect, effectGroups, effectLines } from './effect';
import { planHost } from './plan';
import { planCase } from './testing/plan-case';

const cases = path.join(import.meta.dirname, 'testdata/effects');

test.each(readdirSync(cases).sort())('%s', async (name) => {
  const plan = planHost(planCase(path.join(cases, name)));
  if (!plan.ok) throw new Error(plan.error.message);
  const text = `${effectLines(plan.value.effects).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(path.join(cases, name, 'effects.txt'));
});

describe('guests together', () => {
  const seat = (n: number) => ({ port: `vnet${n}`, guest: null });
  const effect = (numbers: readonly number[], what: string, severity: Effect['severity']): Effect => ({
    ...{ network: 'demo', seats: numbers.map(seat), what, severity },
    when: { at: 'once' },
  });

  test('who notices the same shares a group, who notices most comes first', () => {
    const groups = effectGroups([
      effect([1, 2, 3, 10], 'Connections go on.', 'stays'),
      effect([10, 2], 'It ends.', 'ends'),
      effect([3], 'It comes.', 'new'),
    ]);
    expect(groups.map((g) => [g.seats.map((s) => s.port), g.effects.map((e) => e.what)])).toEqual([
      [
        ['vnet2', 'vnet10'],
        ['It ends.', 'Connections go on.'],
      ],
      [['vnet3'], ['It comes.', 'Connections go on.']],
      [['vnet1'], ['Connections go on.']],
    ]);
  });

  test('many are counted', () => {
    const many = Array.from({ length: 300 }, (_, n) => n);
    expect(effectLines([effect(many, 'It ends.', 'ends')])).toEqual([
      'What guests notice:',
      '  vnet0, vnet1, vnet2, vnet3, vnet4, 295 more in demo',
      '    at once  It ends.',
    ]);
  });
});
