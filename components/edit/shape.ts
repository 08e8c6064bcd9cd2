import type { Problem } from '@/server/core/result';

/*
 * Fields of a form as a tree of the same shape as what they mean: text where that has values, so that the path of a
 * problem is the path of a field, and everything that is typed stays until it is sent.
 */

export type Tree = string | boolean | Branch | readonly Branch[];
export type Branch = { readonly [key: string]: Tree };

export type Leaf = {
  readonly is: 'leaf';
  readonly write: (value: unknown) => string;
  /** What the text means: undefined leaves the field out; a sentence where it means nothing. */
  readonly read: (text: string) => { readonly value: unknown } | { readonly problem: string };
  /** Two harmless texts that have nothing in common, for checks of the other fields while this one cannot be read. */
  readonly standIns: readonly [string, string];
};
/** A box to tick; `off` is what it means when it is not. */
type Flag = { readonly is: 'flag'; readonly off: false | undefined };
type Group = {
  readonly is: 'group';
  readonly fields: { readonly [key: string]: Shape };
  /** Left out when it has nothing in it. */
  readonly optional: boolean;
  /** Fields that stay as they are and mean nothing, as others stand. */
  readonly uses?: (fields: Readonly<Record<string, unknown>>, key: string) => boolean;
  /** Where fields and meaning differ: the value as its fields have it, and the fields' values as one. */
  readonly toFields?: (value: unknown) => unknown;
  readonly toValue?: (fields: Readonly<Record<string, unknown>>) => unknown;
};
/** `whenEmpty` is what no row means. */
type Rows = { readonly is: 'rows'; readonly of: Group; readonly whenEmpty: 'nothing' | 'list' };
export type Shape = Leaf | Flag | Group | Rows;

export const flag = (off: false | undefined = undefined): Flag => ({ is: 'flag', off });
export const group = (fields: Group['fields'], more: Partial<Group> = {}): Group => ({
  ...{ is: 'group', optional: false, fields },
  ...more,
});
export const optional = (fields: Group['fields'], more: Partial<Group> = {}): Group =>
  group(fields, { ...more, optional: true });
export const rows = (of: Group, whenEmpty: Rows['whenEmpty'] = 'nothing'): Rows => ({
  ...{ is: 'rows', of, whenEmpty },
});

export const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

let made = 0;
/** What rows are told apart by while they move. */
const rowId = () => `row${++made}`;

const isRows = (tree: Tree | undefined): tree is readonly Branch[] => Array.isArray(tree);
const isBranch = (tree: Tree | undefined): tree is Branch =>
  typeof tree === 'object' && tree !== null && !isRows(tree);

export function fillGroup(shape: Group, value: unknown): Branch {
  const given = shape.toFields === undefined ? value : shape.toFields(value);
  return Object.fromEntries(
    Object.entries(shape.fields).map(([key, field]) => [key, fill(field, member(given, key))]),
  );
}

/** The fields for a value; for none, empty ones. */
export function fill(shape: Shape, value: unknown): Tree {
  switch (shape.is) {
    case 'leaf':
      return shape.write(value);
    case 'flag':
      return value === true;
    case 'group':
      return fillGroup(shape, value);
    case 'rows':
      return (Array.isArray(value) ? value : []).map((v: unknown) => newRow(shape, v));
  }
}

export const newRow = (shape: Rows, value: unknown): Branch => ({
  ...fillGroup(shape.of, value),
  id: rowId(),
});

type Meaning = { readonly value: unknown; readonly problems: readonly Problem[] };

/** What the fields mean, and what cannot be understood at all. */
export function read(shape: Shape, tree: Tree | undefined, path: Problem['path'] = []): Meaning {
  switch (shape.is) {
    case 'leaf': {
      const meant = shape.read(typeof tree === 'string' ? tree : '');
      return 'value' in meant
        ? { value: meant.value, problems: [] }
        : { value: undefined, problems: [{ path, code: 'MALFORMED', message: meant.problem }] };
    }
    case 'flag':
      return { value: tree === true ? true : shape.off, problems: [] };
    case 'rows': {
      const all = (isRows(tree) ? tree : []).map((row, n) => read(shape.of, row, [...path, n]));
      const empty = all.length === 0 && shape.whenEmpty === 'nothing';
      return { value: empty ? undefined : all.map((a) => a.value), problems: all.flatMap((a) => a.problems) };
    }
    case 'group': {
      const branch = isBranch(tree) ? tree : {};
      const all = Object.entries(shape.fields).map(
        ([key, field]) => [key, read(field, branch[key], [...path, key])] as const,
      );
      const typed = Object.fromEntries(all.map(([key, { value }]) => [key, value]));
      const used = all.filter(([key]) => shape.uses?.(typed, key) ?? true);
      const there = Object.fromEntries(
        used.flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value]])),
      );
      const value = shape.toValue === undefined ? there : shape.toValue(there);
      const problems = used.flatMap(([, a]) => a.problems);
      const nothing = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
      if (value === undefined || (shape.optional && nothing)) return { value: undefined, problems };
      return { value, problems };
    }
  }
}

/** The shape at a field; null where there is no such field. */
export function shapeAt(shape: Shape, field: string): Shape | null {
  let here = shape;
  for (const part of field.split('.')) {
    const next: Shape | undefined =
      here.is === 'rows' ? here.of : here.is === 'group' ? here.fields[part] : undefined;
    if (next === undefined) return null;
    here = next;
  }
  return here;
}

export function treeAt(tree: Tree, field: string): Tree | undefined {
  let here: Tree | undefined = tree;
  for (const part of field.split('.'))
    here = isRows(here) ? here[Number(part)] : isBranch(here) ? here[part] : undefined;
  return here;
}

export const textAt = (tree: Tree, field: string): string => {
  const found = treeAt(tree, field);
  return typeof found === 'string' ? found : '';
};
export const rowsAt = (tree: Tree, field: string): readonly Branch[] => {
  const found = treeAt(tree, field);
  return isRows(found) ? found : [];
};

/** The same with another value at a field. */
export function withAt(tree: Branch, field: string, value: Tree): Branch {
  const [first = '', ...rest] = field.split('.');
  if (rest.length === 0) return { ...tree, [first]: value };
  const child = tree[first];
  if (isRows(child)) {
    const [n = '', ...below] = rest;
    return {
      ...tree,
      [first]: child.map((row, i) => (String(i) === n ? withAt(row, below.join('.'), value) : row)),
    };
  }
  return { ...tree, [first]: withAt(isBranch(child) ? child : {}, rest.join('.'), value) };
}

/** The field that a problem's path leads to; what is wrong with a whole group or row is told at its first field. */
export function fieldOf(shape: Shape, path: Problem['path']): string {
  const names: (string | number)[] = [];
  let here = shape;
  for (const part of path) {
    const next: Shape | undefined =
      here.is === 'rows' ? here.of : here.is === 'group' ? here.fields[part] : undefined;
    if (next === undefined) break;
    names.push(part);
    here = next;
  }
  while (here.is === 'group') {
    const [first] = Object.entries(here.fields);
    if (first === undefined) break;
    names.push(first[0]);
    here = first[1];
  }
  return names.join('.');
}
