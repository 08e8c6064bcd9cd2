import type { z } from 'zod';
import {
  type Observed,
  type ObservedPatch,
  type Section,
  sectionItems,
  sectionNames,
  sections,
} from './observed';
import { fail, ok, type Result } from './result';

type AnyFact = Observed[Section];
type Items = Readonly<Record<string, unknown>>;

/**
 * What changed from one reading to the next; null when nothing did but the time. A section that became known or
 * unknown, or that comes from another command, travels whole, all else item by item.
 */
export function diffObserved(prev: Observed, next: Observed): ObservedPatch | null {
  const replaced: Record<string, unknown> = {};
  const changed: ObservedPatch['changed'] = {};
  for (const name of sectionNames) {
    const before: AnyFact = prev[name];
    const after: AnyFact = next[name];
    if (before === after) continue;
    if (before.known && after.known && before.command === after.command) {
      const items = diffItems(before.value, after.value);
      if (items !== null) changed[name] = items;
    } else if (!same(before, after)) replaced[name] = after;
  }
  const agent = same(prev.agent, next.agent) ? {} : { agent: next.agent };
  if (Object.keys(replaced).length + Object.keys(changed).length + Object.keys(agent).length === 0)
    return null;
  return { at: next.at, ...agent, replaced, changed };
}

function diffItems(before: Items, after: Items): { set: Record<string, unknown>; gone: string[] } | null {
  if (before === after) return null;
  const set = Object.entries(after).filter(
    ([key, item]) => !Object.hasOwn(before, key) || !same(before[key], item),
  );
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return set.length + gone.length === 0 ? null : { set: Object.fromEntries(set), gone };
}

/**
 * The reading after a patch. Only what the patch brings is validated; the rest is shared with `observed`. Failures:
 * PATCH_INVALID (it does not fit the schemas), PATCH_MISMATCH (items of a section that is not known here: the patch
 * was made from another reading, start over from a whole one).
 */
export function patchObserved(observed: Observed, patch: ObservedPatch): Result<Observed> {
  const facts: Record<string, unknown> = {};
  for (const [name, raw] of Object.entries(patch.replaced)) {
    if (!isSection(name)) return invalid(name, 'there is no such section');
    const fact = sections[name].safeParse(raw);
    if (!fact.success) return invalid(name, issueOf(fact.error));
    facts[name] = fact.data;
  }
  for (const [name, { set, gone }] of Object.entries(patch.changed)) {
    if (!isSection(name)) return invalid(name, 'there is no such section');
    const fact: AnyFact = observed[name];
    if (!fact.known)
      return fail('PATCH_MISMATCH', `${name}: items changed in a section that is not known here.`);
    const items = new Map<string, unknown>(Object.entries(fact.value));
    for (const key of gone) items.delete(key);
    for (const [key, raw] of Object.entries(set)) {
      const item = sectionItems[name].safeParse(raw);
      if (!item.success) return invalid(`${name} ${key}`, issueOf(item.error));
      items.set(key, item.data);
    }
    facts[name] = { ...fact, value: Object.fromEntries(items) };
  }
  // Every section in `facts` has just been parsed by its own schema.
  return ok({ ...observed, ...facts, agent: patch.agent ?? observed.agent, at: patch.at });
}

const isSection = (name: string): name is Section => Object.hasOwn(sections, name);
const invalid = (where: string, why: string) => fail('PATCH_INVALID', `${where}: ${why}`);
const issueOf = (error: z.ZodError) => {
  const issue = error.issues[0];
  return issue === undefined ? 'it does not fit' : `${issue.path.join('.')} ${issue.message}`.trim();
};

/** Equality of JSON values; a key that is undefined counts as absent. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]))
    );
  if (!isObject(a) || !isObject(b)) return false;
  for (const key of Object.keys(a)) if (!same(a[key], own(b, key))) return false;
  for (const key of Object.keys(b)) if (b[key] !== undefined && own(a, key) === undefined) return false;
  return true;
}

const isObject = (value: unknown): value is Items => typeof value === 'object' && value !== null;
const own = (record: Items, key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);
