import { sameValue } from './canonical';
import type { ChangeItem, Desired, Thing } from './change';
import { fail, ok, type Result } from './result';
import { fieldsThatDiffer } from './summary';
import { desiredOf, keyOf, startWith, thingsOf, wordsFor } from './things';

/** Names who changed a thing since the change was begun, as the end of a sentence: ` by anna ("Widen the range")`. */
export type Blame = (thing: Thing) => string;

const nobody: Blame = () => '';

/** Which parts of a thing differ, in people's words. */
function differences(a: Thing, b: Thing): string {
  const differing = fieldsThatDiffer(a, b);
  if (differing.length === 0) return '';
  return ` Its ${differing.join(' and ')} ${differing.length === 1 && !differing[0]?.endsWith('s') ? 'differs' : 'differ'}.`;
}

const conflict = (message: string): Result<never> =>
  fail('CONFLICT', `${message} Nothing was overwritten: open it again and repeat the edit.`);

/**
 * The desired state after a change's items, or why they no longer fit onto `current`: CONFLICT when a thing is not
 * what the items started from, TAKEN when a name or an interface name is used twice.
 */
export function applyItems(
  current: Desired,
  items: readonly ChangeItem[],
  blame: Blame = nobody,
): Result<Desired> {
  const things = new Map<string, Thing>(thingsOf(current).map((thing) => [keyOf(thing), thing]));
  for (const item of items) {
    if (item.op !== 'create') {
      const { before } = item;
      const now = things.get(keyOf(before));
      const words = startWith(wordsFor(before));
      if (now === undefined) return conflict(`${words} was deleted in the meantime${blame(before)}.`);
      if (!sameValue(now, before))
        return conflict(`${words} was changed in the meantime${blame(before)}.${differences(before, now)}`);
      things.delete(keyOf(before));
    }
    if (item.op !== 'delete') {
      const { after } = item;
      if (things.has(keyOf(after)))
        return taken(['name'], `There is a ${wordsFor(after)} on this host already.`);
      things.set(keyOf(after), after);
    }
  }
  const all = [...things.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const twice = interfaceTwice(all, items);
  return twice ?? ok(desiredOf(all));
}

/** The name of the interface that a thing makes on its host, and where it is said. */
const interfaceOf = (thing: Thing): string | undefined =>
  thing.kind === 'network' ? thing.bridge?.name : thing.kind === 'nic' ? undefined : thing.name;

function interfaceTwice(things: readonly Thing[], items: readonly ChangeItem[]): Result<never> | null {
  const owners = new Map<string, Thing>();
  for (const thing of things) {
    const name = interfaceOf(thing);
    if (name === undefined) continue;
    const other = owners.get(name);
    owners.set(name, thing);
    if (other === undefined) continue;
    // The one that was there is named, not the one that is being edited.
    const edited = items.some((item) => item.op !== 'delete' && keyOf(item.after) === keyOf(other));
    const [kept, mine] = edited ? [thing, other] : [other, thing];
    return mine.kind === 'network'
      ? taken(
          ['bridge', 'name'],
          `The bridge name ${name} is already used by ${wordsFor(kept)} on this host.`,
        )
      : taken(['name'], `The interface name ${name} is already used by ${wordsFor(kept)} on this host.`);
  }
  return null;
}

const taken = (path: readonly string[], message: string): Result<never> =>
  fail('TAKEN', message, { problems: [{ path, code: 'TAKEN', message }] });
