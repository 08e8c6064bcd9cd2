import type { Step } from './change';
import { items, type Observed } from './observed';
import { type PlanInput, planHost } from './plan';
import { ovsPortsOf } from './plan-ovs-situation';
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
  const there = after.links.value;
  const now = plugs(after);
  return [...plugs(before)].flatMap(([port, was]) => {
    const is = now.get(port);
    if (there[port] === undefined || is === was || released.includes(was) || released.includes(port))
      return [];
    return [`${port} was plugged into ${was} and is ${is === undefined ? 'unplugged' : `in ${is}`} now.`];
  });
}

/** Ports with the bridge they are in; for Open vSwitch the kernel names none, or its datapath. */
function plugs(observed: Observed): ReadonlyMap<string, string> {
  const linked = items(observed.links).flatMap((l) =>
    l.master === null ? [] : [[l.name, l.master] as const],
  );
  const switched = items(observed.ovsBridges).flatMap((b) =>
    ovsPortsOf(b).map((p) => [p.name, b.name] as const),
  );
  return new Map([...linked, ...switched]);
}

/** How the host differs from what was committed, in a sentence; empty when it does not. */
export function describeDrift({ left, refused }: Verdict): string {
  if (refused !== null) return refused.message;
  if (left.length === 0) return '';
  const titles = left.slice(0, 3).map((s) => s.title);
  return `The host is not as it was committed. ${left.length === 1 ? '1 step' : `${left.length} steps`} would put it right: ${titles.join('; ')}${left.length > 3 ? '; …' : '.'}`;
}
