import { sameValue } from './canonical';
import type { ChangeItem, Desired } from './change';
import { unreachable } from './result';
import { keyOf, thingsOf } from './things';

/** The change that takes these items back: reversed, last first. */
export function undoItems(items: readonly ChangeItem[]): readonly ChangeItem[] {
  return items
    .map((item): ChangeItem => {
      switch (item.op) {
        case 'create':
          return { op: 'delete', before: item.after };
        case 'update':
          return { op: 'update', before: item.after, after: item.before };
        case 'delete':
          return { op: 'create', after: item.before };
        default:
          return unreachable(item);
      }
    })
    .reverse();
}

/** The items that lead from one desired state to another. Things are known by name; another kind is another thing. */
export function diffDesired(from: Desired, to: Desired): readonly ChangeItem[] {
  const before = new Map(thingsOf(from).map((t) => [keyOf(t), t]));
  const after = new Map(thingsOf(to).map((t) => [keyOf(t), t]));
  const gone = thingsOf(from).flatMap((t): ChangeItem[] =>
    after.get(keyOf(t))?.kind === t.kind ? [] : [{ op: 'delete', before: t }],
  );
  const rest = thingsOf(to).flatMap((t): ChangeItem[] => {
    const old = before.get(keyOf(t));
    if (old?.kind !== t.kind) return [{ op: 'create', after: t }];
    return sameValue(old, t) ? [] : [{ op: 'update', before: old, after: t }];
  });
  return [...gone, ...rest];
}
