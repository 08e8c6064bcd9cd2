import { useMemo, useState } from 'react';
import { Bandwidth } from '@/server/core/kinds/port';
import { nicLimitProblems } from '@/server/core/nic-limit';
import type { Problem } from '@/server/core/result';
import { networkShape } from './networkShape';
import {
  type Branch,
  fieldOf,
  fillGroup,
  group,
  member,
  read,
  shapeAt,
  textAt,
  treeAt,
  withAt,
} from './shape';
import type { NetworkFormState } from './useNetworkForm';

const shape = group({ bandwidth: networkShape.fields.bandwidth ?? group({}) });

type LimitForm = {
  /** For the fields of a bandwidth, at `bandwidth`. */
  readonly state: NetworkFormState;
  /** What was typed: undefined while something of it is wrong, and then that is shown; null: no limits. */
  readonly finish: () => Bandwidth | null | undefined;
};

/** Limits alone, with the same fields as in the form of a network. */
export function useLimitForm(
  initial: Bandwidth | null,
  refused: readonly Problem[],
  onEdit: () => void,
): LimitForm {
  const [values, setValues] = useState(() => fillGroup(shape, { bandwidth: initial ?? undefined }));
  const [submitted, setSubmitted] = useState(false);
  const [focused, setFocused] = useState<string | null>(null);
  const checked = useMemo(() => check(values), [values]);
  const found = useMemo(() => {
    const all = new Map<string, string>();
    for (const { path, message } of [...checked.problems, ...refused]) {
      const field = fieldOf(shape, path);
      if (!all.has(field)) all.set(field, message);
    }
    return all;
  }, [checked, refused]);
  const problemAt = (field: string) =>
    submitted || (field !== focused && textAt(values, field) !== '') ? found.get(field) : undefined;
  const keep = () => {};
  return {
    state: {
      ...{ values, problemAt, said: null, generation: 0, others: [], leftOut: [], devices: [] },
      set: (field, value) => {
        onEdit();
        setValues((v) => withAt(v, field, value));
      },
      faultAt: (field) => (problemAt(field) === undefined ? found.get(field) : undefined),
      problemIn: (fields) =>
        [...found.keys()].some(
          (at) => fields.some((f) => at === f || at.startsWith(`${f}.`)) && problemAt(at) !== undefined,
        ),
      holds: (fields) =>
        fields.some((field) => {
          const at = shapeAt(shape, field);
          return at !== null && read(at, treeAt(values, field)).value !== undefined;
        }),
      // A bandwidth has no lists, and no network around it.
      ...{ add: keep, remove: keep, refill: keep, replace: keep, finish: () => null },
      onFocus: setFocused,
      onBlur: () => setFocused(null),
      context: { others: [], observed: null },
    },
    finish: () => {
      setSubmitted(true);
      return checked.problems.length === 0 ? checked.bandwidth : undefined;
    },
  };
}

type Checked = { readonly bandwidth: Bandwidth | null; readonly problems: readonly Problem[] };

/** As the agent does; what depends on its network is told by whoever plans. */
function check(values: Branch): Checked {
  const { value, problems } = read(shape, values);
  const said = member(value, 'bandwidth');
  const parsed = Bandwidth.safeParse(said ?? {});
  if (problems.length > 0) return { bandwidth: null, problems };
  if (!parsed.success)
    return {
      bandwidth: null,
      problems: parsed.error.issues.map(({ path, message }) => ({
        ...{ path: ['bandwidth', ...path.map((p) => (typeof p === 'number' ? p : String(p)))] },
        ...{ code: 'MALFORMED', message },
      })),
    };
  return {
    bandwidth: said === undefined ? null : parsed.data,
    // In what network it is, and what that can keep, is told by whoever plans.
    problems: nicLimitProblems(parsed.data, true),
  };
}
