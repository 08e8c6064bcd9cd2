import { fail, ok, type Result } from '@/server/core/result';

/*
 * What the tools print is parsed here, at the edge, item by item. `observe` starts, reads and ends in a moment, and a
 * schema library would take longer to load than all the tools take to run: these few shapes are what is needed of one.
 */

/** Makes a `T` of what was parsed as JSON, or throws a `Misfit`. */
export type Shape<T> = (raw: unknown) => T;
export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

/** What does not fit, and where: `flags.0`. */
export class Misfit extends Error {
  readonly path: readonly string[];
  constructor(why: string, path: readonly string[] = []) {
    super(why);
    this.path = path;
  }
  within(key: string): Misfit {
    return new Misfit(this.message, [key, ...this.path]);
  }
}

const misfit = (wanted: string, raw: unknown): Misfit =>
  new Misfit(
    `${wanted} is expected, not ${raw === null ? 'null' : Array.isArray(raw) ? 'a list' : typeof raw}`,
  );

export const aText: Shape<string> = (raw) => {
  if (typeof raw !== 'string') throw misfit('a text', raw);
  return raw;
};
export const anInt: Shape<number> = (raw) => {
  if (typeof raw !== 'number' || !Number.isSafeInteger(raw)) throw misfit('a whole number', raw);
  return raw;
};
export const aFlag: Shape<boolean> = (raw) => {
  if (typeof raw !== 'boolean') throw misfit('true or false', raw);
  return raw;
};
/** A word that some versions print as a number. */
export const aWord: Shape<string | number> = (raw) => (typeof raw === 'string' ? raw : anInt(raw));
export const anything: Shape<unknown> = (raw) => raw;

/** A missing key and null are the same. */
export const maybe =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (raw) =>
    raw === undefined || raw === null ? undefined : shape(raw);

/** What the tools leave out because it was asked for. */
export const unlessGiven =
  <T>(shape: Shape<T>, given: T | undefined): Shape<T> =>
  (raw) =>
    given !== undefined && raw === undefined ? given : shape(raw);

export const listOf =
  <T>(item: Shape<T>): Shape<T[]> =>
  (raw) => {
    if (!Array.isArray(raw)) throw misfit('a list', raw);
    return raw.map((one: unknown, i) => at(String(i), item, one));
  };

type Keys = Readonly<Record<string, unknown>>;
/** Any object, its values not looked at. */
export const record: Shape<Keys> = (raw) => {
  if (!isRecord(raw)) throw misfit('an object', raw);
  return raw;
};
const isRecord = (raw: unknown): raw is Keys =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);

/** An object with these keys; others are not kept. */
export function object<F extends Readonly<Record<string, Shape<unknown>>>>(
  fields: F,
): Shape<{ [K in keyof F]: ShapeOf<F[K]> }> {
  const shapes = Object.entries(fields);
  return (raw) => {
    const from = record(raw);
    const to: Record<string, unknown> = {};
    for (const [key, shape] of shapes) {
      const value = at(key, shape, Object.hasOwn(from, key) ? from[key] : undefined);
      if (value !== undefined) to[key] = value;
    }
    // Every key of F has just been given what its shape made, or is one that may be missing.
    return to as { [K in keyof F]: ShapeOf<F[K]> };
  };
}

function at<T>(key: string, shape: Shape<T>, raw: unknown): T {
  try {
    return shape(raw);
  } catch (e) {
    throw e instanceof Misfit ? e.within(key) : e;
  }
}

/** Failure MISFIT: where, and what is expected there. */
export function fitted<T>(shape: Shape<T>, raw: unknown): Result<T> {
  try {
    return ok(shape(raw));
  } catch (e) {
    if (!(e instanceof Misfit)) throw e;
    return fail('MISFIT', `${e.path.join('.') || 'the item'}: ${e.message}`);
  }
}
