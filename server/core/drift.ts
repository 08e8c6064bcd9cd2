import type { Desired } from './change';
import { commandText } from './compile/render';
import type { Observed } from './observed';
import { nothingCommitted } from './plan';
import { type Verdict, verify } from './verify';

export type Drift = {
  /** What would put it right; empty when the host is as it was committed. */
  readonly steps: readonly { readonly title: string; readonly commands: readonly string[] }[];
  /** One sentence; empty when the host is as it was committed. Also says when that cannot be told. */
  readonly text: string;
};

/** How a host differs from its committed networks. */
export function driftOf(observed: Observed, desired: Desired): Drift {
  const verdict = verify({ observed, committed: { ...nothingCommitted(observed.at), desired }, desired });
  return {
    steps: verdict.left.map((s) => ({ title: s.title, commands: s.actions.map(commandText) })),
    text: describeDrift(verdict),
  };
}

/** A verdict in a sentence; empty when there is nothing to say. */
export function describeDrift({ left, refused }: Verdict): string {
  if (refused !== null) return refused.message;
  if (left.length === 0) return '';
  const titles = left.slice(0, 3).map((s) => s.title);
  return `The host is not as it was committed. ${left.length === 1 ? '1 step' : `${left.length} steps`} would put it right: ${titles.join('; ')}${left.length > 3 ? '; …' : ''}.`;
}
