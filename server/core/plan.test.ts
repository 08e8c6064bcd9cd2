import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Action, Desired, type Plan } from './change';
import { commandText } from './compile/render';
import { nothingCommitted, type PlanInput, planHost } from './plan';
import type { Result } from './result';
import { observedOf } from './testing/observed';

/*
 * Golden cases: before.json is what was observed and committed, desired.json what shall be, plan.txt what a person
 * reads. `observed` takes sections as `patchbay observe --json` prints their items; what is left out is known and
 * empty, a text is the reason why it is unknown.
 */

const cases = path.join(import.meta.dirname, 'testdata/plan');
const Before = z.strictObject({
  committed: Desired,
  purpose: z.enum(['change', 'restore']).optional(),
  ours: z.array(Desired).optional(),
  observed: z.unknown(),
});

const read = (name: string, file: string): unknown =>
  JSON.parse(readFileSync(path.join(cases, name, file), 'utf8'));

function inputOf(name: string): PlanInput {
  const { committed, purpose, ours, observed } = Before.parse(read(name, 'before.json'));
  return {
    observed: observedOf(observed),
    committed: { ...nothingCommitted(''), desired: committed },
    desired: Desired.parse(read(name, 'desired.json')),
    ...(purpose === undefined ? {} : { purpose }),
    ...(ours === undefined ? {} : { ours }),
  };
}

/** A file is told by its path and text, apart from the command. */
const inText = (action: Action) => commandText(action).replaceAll('\n', '\n      ');

function toText(plan: Result<Plan>): string {
  if (!plan.ok) return `refused ${plan.error.code}\n${plan.error.message}\n`;
  const { steps, notes } = plan.value;
  return [
    ...(steps.length === 0 ? ['nothing to do'] : []),
    ...steps.flatMap((s) => [
      `${s.n}. ${s.title}`,
      `   touches ${s.touches.join(', ')}`,
      ...s.actions.map((a) => `    $ ${inText(a)}`),
      ...s.inverse.map((a) => ` undo ${inText(a)}`),
    ]),
    ...notes.map((n) => `note: ${n}`),
    '',
  ].join('\n');
}

describe('plans', () => {
  test.each(readdirSync(cases).sort())('%s', async (name) => {
    const input = inputOf(name);
    const plan = planHost(input);
    expect(planHost(structuredClone(input)), 'the same input gives the same plan').toEqual(plan);
    await expect(toText(plan)).toMatchFileSnapshot(path.join(cases, name, 'plan.txt'));
  });
});

describe('the hash', () => {
  const hash = (input: PlanInput) => {
    const plan = planHost(input);
    if (!plan.ok) throw new Error(plan.error.message);
    return plan.value.hash;
  };
  const input = inputOf('change-range');

  test('does not depend on the order of keys', () => {
    const reversed = (v: unknown): unknown =>
      Array.isArray(v)
        ? v.map(reversed)
        : typeof v === 'object' && v !== null
          ? Object.fromEntries(
              Object.entries(v)
                .reverse()
                .map(([k, x]) => [k, reversed(x)]),
            )
          : v;
    expect(hash({ ...input, desired: Desired.parse(reversed(input.desired)) })).toBe(hash(input));
  });

  test('changes with the host, the committed version, what is desired and what is there', () => {
    const { observed, committed, desired } = input;
    const [network] = desired.networks;
    if (network === undefined || !observed.links.known) throw new Error('the case has changed');
    const others = [
      {
        ...input,
        observed: {
          ...observed,
          agent: { ...observed.agent, host: observedOf({ agent: { host: 'machine' } }).agent.host },
        },
      },
      { ...input, committed: { ...committed, version: committed.version + 1 } },
      { ...input, desired: { networks: [{ ...network, bridge: { ...network.bridge, stp: true } }] } },
      { ...input, observed: { ...observed, dnsmasq: { known: true as const, command: '', value: {} } } },
    ];
    expect(new Set([hash(input), ...others.map(hash)]).size).toBe(5);
  });
});
