import type { Step } from './change';
import { items, type Observed } from './observed';
import { type PlanInput, planHost } from './plan';
import type { Failure } from './result';

export type Verdict = {
  /** Steps that would still be needed; none when the host is as desired. */
  readonly left: readonly Step[];
  /** Why that cannot be told. */
  readonly refused: Failure | null;
};

/** Is the host as desired? It is when there is nothing left to plan. */
export function verify(input: Omit<PlanInput, 'purpose'>): Verdict {
  const plan = planHost({ ...input, purpose: 'restore' });
  return plan.ok ? { left: plan.value.steps, refused: null } : { left: [], refused: plan.error };
}

export const converged = ({ left, refused }: Verdict): boolean => left.length === 0 && refused === null;

/**
 * Guests that lost their plug: one sentence for each port that was on a bridge before, still exists, and is not on it
 * now. A port that is gone altogether went with its guest. `released` are bridges that were meant to go.
 */
export function sameTaps(
  before: Observed,
  after: Observed,
  released: readonly string[] = [],
): readonly string[] {
  if (!after.links.known) return [];
  const now = after.links.value;
  return items(before.links).flatMap((l) => {
    const port = now[l.name];
    if (l.master === null || port === undefined || port.master === l.master || released.includes(l.master))
      return [];
    return [
      `${l.name} was plugged into ${l.master} and is ${port.master === null ? 'unplugged' : `in ${port.master}`} now.`,
    ];
  });
}

/** How the host differs from what was committed, in a sentence; empty when it does not. */
export function describeDrift({ left, refused }: Verdict): string {
  if (refused !== null) return refused.message;
  if (left.length === 0) return '';
  const titles = left.slice(0, 3).map((s) => s.title);
  return `The host is not as it was committed. ${left.length === 1 ? '1 step' : `${left.length} steps`} would put it right: ${titles.join('; ')}${left.length > 3 ? '; …' : '.'}`;
}
