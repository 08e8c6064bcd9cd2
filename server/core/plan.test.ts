import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Action, Desired, type Plan } from './change';
import { commandText } from './compile/render';
import { effectLines } from './effect';
import { hasOwnBridge } from './kinds/network';
import { type PlanInput, planHost } from './plan';
import type { Result } from './result';
import { observedOf } from './testing/observed';
import { planCase } from './testing/plan-case';

/* Golden cases: plan.txt is what a person reads. */

const cases = path.join(import.meta.dirname, 'testdata/plan');
const inputOf = (name: string): PlanInput => planCase(path.join(cases, name));

/** A file is told by its path and text, apart from the command. */
const inText = (action: Action) => commandText(action).replaceAll('\n', '\n      ');

function toText(plan: Result<Plan>): string {
  if (!plan.ok) return `refused ${plan.error.code}\n${plan.error.message}\n`;
  const { steps, notes, effects } = plan.value;
  return [
    ...(steps.length === 0 ? ['nothing to do'] : []),
    ...steps.flatMap((s) => [
      `${s.n}. ${s.title}`,
      `   touches ${s.touches.join(', ')}`,
      ...s.actions.map((a) => `    $ ${inText(a)}`),
      ...s.inverse.map((a) => ` undo ${inText(a)}`),
    ]),
    ...notes.map((n) => `note: ${n}`),
    ...(effects.length === 0 ? [] : effectLines(effects)),
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
    const [network] = desired.networks.filter(hasOwnBridge);
    if (network === undefined || !observed.links.known) throw new Error('the case has changed');
    const others: readonly PlanInput[] = [
      {
        ...input,
        observed: {
          ...observed,
          agent: { ...observed.agent, host: observedOf({ agent: { host: 'machine' } }).agent.host },
        },
      },
      { ...input, committed: { ...committed, version: committed.version + 1 } },
      {
        ...input,
        desired: { networks: [{ ...network, bridge: { ...network.bridge, stp: true } }], links: [] },
      },
      { ...input, observed: { ...observed, dnsmasq: { known: true as const, command: '', value: {} } } },
    ];
    expect(new Set([hash(input), ...others.map(hash)]).size).toBe(5);
  });
});
