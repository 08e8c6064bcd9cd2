import { type CheckContext, checkNetwork } from '@/server/core/check';
import { parseNetwork } from '@/server/core/check-parse';
import type { Network } from '@/server/core/kinds/network';
import type { Problem } from '@/server/core/result';
import { usesField } from './fits';
import { networkShape } from './networkShape';
import { type Branch, fieldOf, fillGroup, member, read, shapeAt, withAt } from './shape';

/** What stands in the fields: text as it was typed. */
export type NetworkValues = Branch;

export const toValues = (network: Network): NetworkValues => fillGroup(networkShape, network);

type Read = { readonly input: unknown; readonly problems: readonly Problem[] };

/** What the fields mean, before it is parsed, without what the chosen mode has no use for; and what means nothing. */
export function toInput(values: NetworkValues): Read {
  const { value, problems } = read(networkShape, values);
  const forward = member(value, 'forward');
  const used = (field: unknown) => usesField(String(field), forward);
  return {
    input: {
      kind: 'network',
      ...(used('subnets') ? {} : { subnets: [] }),
      ...Object.fromEntries(Object.entries(Object(value)).filter(([field]) => used(field))),
    },
    problems: problems.filter((p) => used(p.path[0])),
  };
}

/** The name of the field that a problem's path leads to: `subnets.0.dhcp.ranges.1.start`. */
export const fieldAt = (path: Problem['path']): string => fieldOf(networkShape, path);

/** The first sentence for each field. */
export function byField(problems: readonly Problem[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const p of problems) {
    const field = fieldAt(p.path);
    // What could not be read names its field first; here the field is right above.
    const message = p.code === 'MALFORMED' ? p.message.replace(/^[^:]*: /, '') : p.message;
    if (!found.has(field)) found.set(field, message);
  }
  return found;
}

export type Checked = {
  /** Null when something is wrong. */
  readonly network: Network | null;
  /** The network as the fields say it, be it possible or not; null while some cannot be read. */
  readonly said: Network | null;
  readonly problems: readonly Problem[];
};

/**
 * The same schema and the same checks that the server and the agent use. While some fields cannot be read, the others
 * are checked against each other all the same.
 */
export function checkValues(values: NetworkValues, context: CheckContext): Checked {
  const { input, problems: meaningless } = toInput(values);
  const parsed = parseNetwork(input);
  if (parsed.ok && meaningless.length === 0) {
    const problems = checkNetwork(parsed.value, context);
    return { network: problems.length === 0 ? parsed.value : null, said: parsed.value, problems };
  }
  const unread = [...meaningless, ...(parsed.ok ? [] : (parsed.error.problems ?? []))];
  return { network: null, said: null, problems: [...unread, ...checkReadable(values, context, unread)] };
}

/** What can be said whatever the unreadable fields will be: it is said of two sets of stand-ins that share nothing. */
function checkReadable(
  values: NetworkValues,
  context: CheckContext,
  unread: readonly Problem[],
): readonly Problem[] {
  const bad = new Set(unread.map((p) => fieldAt(p.path)));
  const [first = [], second = []] = ([0, 1] as const).map((n) => {
    const standing = [...bad].reduce((all, field) => {
      const leaf = shapeAt(networkShape, field);
      return leaf?.is === 'leaf' ? withAt(all, field, leaf.standIns[n]) : all;
    }, values);
    const parsed = parseNetwork(toInput(standing).input);
    return parsed.ok ? checkNetwork(parsed.value, context) : [];
  });
  const said = new Set(second.map(keyOf));
  return first.filter((p) => said.has(keyOf(p)) && !bad.has(fieldAt(p.path)));
}

const keyOf = (p: Problem): string => `${p.path.join('.')} ${p.message}`;
