import type { z } from 'zod';
import { MOST_PROBLEMS, sentence } from '../check-parse';
import type { Problem } from '../result';
import { short } from '../short';
import type { XmlElement } from './xml';

/*
 * Reading elements so that nothing is dropped: who reads an element says all that it may have, the rest is refused.
 */

export type Reading = {
  readonly problems: Problem[];
  /** Which element a field of the network was read from, by its path. */
  readonly places: Map<string, XmlElement>;
};

export const newReading = (): Reading => ({ problems: [], places: new Map() });

/** One sentence about an element; `what` goes on after its label. */
export function refuseAt(r: Reading, element: XmlElement, what: string): void {
  if (r.problems.length >= MOST_PROBLEMS) return;
  r.problems.push({ path: element.path, code: 'XML_REFUSED', message: `${element.label}: ${what}` });
}

/** Says where the field of the network that is at `path` comes from. */
export function place(r: Reading, path: Problem['path'], element: XmlElement): void {
  r.places.set(path.join('.'), element);
}

/** The attributes as their schema has them; null when one was refused. */
export function attributesOf<T>(r: Reading, element: XmlElement, schema: z.ZodType<T>): T | null {
  const parsed = schema.safeParse(element.attributes);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) refuseAt(r, element, aboutAttribute(element, issue));
  return null;
}

function aboutAttribute(element: XmlElement, issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys' && /^Unrecognized /.test(issue.message))
    return issue.keys
      .map((k) => `there is no attribute ${short(k)}`)
      .join(', ')
      .concat('.');
  const name = String(issue.path[0] ?? '');
  if (name === '') return sentence(issue);
  if (element.attributes[name] === undefined) return `the attribute ${short(name)} is needed.`;
  return `attribute ${short(name)}: ${sentence(issue)}`;
}

type Children<One extends string, Many extends string> = { readonly [K in One]?: XmlElement } & {
  readonly [K in Many]: readonly XmlElement[];
};

type Names<One extends string, Many extends string> = {
  readonly one?: readonly One[];
  readonly many?: readonly Many[];
  /** Refused with this reason. */
  readonly notKept?: Readonly<Record<string, string>>;
};

/** The children by name: those of `one` at most once, those of `many` any number of times, no others, no text. */
export function childrenOf<One extends string = never, Many extends string = never>(
  r: Reading,
  element: XmlElement,
  { one = [], many = [], notKept = {} }: Names<One, Many> = {},
): Children<One, Many> {
  refuseText(r, element);
  const found: Record<string, XmlElement | XmlElement[]> = Object.fromEntries(many.map((name) => [name, []]));
  const known: readonly string[] = [...one, ...many];
  for (const child of element.children) {
    const before = known.includes(child.name) ? found[child.name] : null;
    if (Object.hasOwn(notKept, child.name))
      refuseAt(r, child, `this cannot be kept: ${notKept[child.name]}.`);
    else if (before === null) refuseAt(r, element, `the element <${short(child.name)}> is not known here.`);
    else if (Array.isArray(before)) before.push(child);
    else if (before === undefined) found[child.name] = child;
    else refuseAt(r, element, `there is more than one element <${short(child.name)}>.`);
  }
  return found as Children<One, Many>; // by construction: the compiler cannot follow keys that are made of lists
}

function refuseText(r: Reading, element: XmlElement): void {
  const text = element.text.trim();
  if (text !== '') refuseAt(r, element, `the text "${short(text)}" does not belong here.`);
}

/** The text of an element that has nothing else. */
export function textOf(r: Reading, element: XmlElement | undefined): string | undefined {
  if (element === undefined) return undefined;
  for (const name of Object.keys(element.attributes))
    refuseAt(r, element, `there is no attribute ${short(name)}.`);
  for (const child of element.children)
    refuseAt(r, element, `the element <${short(child.name)}> is not known here.`);
  return element.text;
}

/** What the schema found, one for each field. */
export function schemaProblems(r: Reading, error: z.ZodError, whole: XmlElement): readonly Problem[] {
  const problems = new Map<string, Problem>();
  for (const issue of error.issues.slice(0, MOST_PROBLEMS)) {
    const path = issue.path.map((p) => (typeof p === 'number' ? p : String(p)));
    const key = path.join('.');
    if (!problems.has(key))
      problems.set(key, located(r, { path, code: 'MALFORMED', message: sentence(issue) }, whole));
  }
  return [...problems.values()];
}

/** The same without fields that are undefined: absent is absent. */
export function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([k, v]) => (v === undefined ? [] : [[k, withoutAbsent(v)]])),
  );
}

/** A problem of the network that was read, as one of the XML: with the element, and the attribute, that it comes from. */
export function located(r: Reading, problem: Problem, whole: XmlElement): Problem {
  for (let n = problem.path.length; n > 0; n--) {
    const element = r.places.get(problem.path.slice(0, n).join('.'));
    if (element !== undefined) return at(element, problem);
  }
  return at(whole, problem);
}

function at(element: XmlElement, problem: Problem): Problem {
  const field = String(problem.path.at(-1) ?? '').toLowerCase();
  const attribute =
    problem.code === 'MALFORMED'
      ? Object.keys(element.attributes).find((a) => a.toLowerCase() === field)
      : undefined;
  const where = attribute === undefined ? '' : `attribute ${attribute}: `;
  return { ...problem, path: element.path, message: `${element.label}: ${where}${problem.message}` };
}
