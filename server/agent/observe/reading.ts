import type { Fact } from '@/server/core/observed';
import { type Failure, fail, ok, type Result } from '@/server/core/result';
import { commandLine, type RunOptions, run } from '../exec';
import { fitted, type Shape } from './shape';

/** What a pure parser makes of a tool's text: keyed items, or why it cannot be understood. */
export type Parsed<T> = Result<Readonly<Record<string, T>>>;

export const known = <T>(command: string, value: Readonly<Record<string, T>>): Fact<T> => ({
  known: true,
  command,
  value,
});

export const unknown = (command: string, why: string): Fact<never> => ({ known: false, command, why });

/** A record from pairs, the last of a key wins. An interface called `__proto__` is a key like any other. */
export function keyed<T>(pairs: Iterable<readonly [string, T]>): Readonly<Record<string, T>> {
  const record: Record<string, T> = {};
  for (const [key, value] of pairs) {
    if (key === '__proto__')
      Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
    else record[key] = value;
  }
  return record;
}

const DENIED = /operation not permitted|permission denied|you must be root|must be run as root/i;

/** Why a reading failed, in words for people. `what` completes "reading … needs root". */
export function whyNot(error: Failure, what: string): string {
  if (error.code === 'TOOL_MISSING') return error.message.replace(/\.$/, '');
  if (DENIED.test(error.detail ?? '') || DENIED.test(error.message)) return `reading ${what} needs root`;
  return error.message;
}

/** The device that a command was about has gone, or never was. */
export const isNoDevice = (error: Failure): boolean =>
  /does not exist|Cannot find device|No such device/i.test(error.detail ?? '');

export type Reader<T> = {
  /** `needs root` is said of this. */
  readonly what: string;
  readonly argv: readonly string[];
  readonly parse: (text: string) => Parsed<T>;
  readonly options?: RunOptions;
};

/** Runs one command and parses what it prints. Never throws: a failure is an unknown fact with its reason. */
export async function readWith<T>(reader: Reader<T>): Promise<Fact<T>> {
  const command = commandLine(reader.argv);
  const ran = await run(reader.argv, reader.options);
  if (!ran.ok) return unknown(command, whyNot(ran.error, reader.what));
  const parsed = reader.parse(ran.value.stdout);
  if (!parsed.ok) return unknown(command, parsed.error.message);
  return known(command, parsed.value);
}

/**
 * Several commands of one tool by one process (`ip -batch`): starting a process costs as much as most readings. Each
 * command prints one line; null when the lines do not match the commands, then each has to be run by itself.
 */
export async function readTogether(
  argv: readonly string[],
  commands: readonly string[],
): Promise<readonly string[] | null> {
  const ran = await run(argv, { stdin: commands.map((command) => `${command}\n`).join('') });
  if (!ran.ok) return null;
  const lines = ran.value.stdout.split('\n').filter((line) => line !== '');
  return lines.length === commands.length ? lines : null;
}

/** As `readWith`, from text that was read already. */
export function factOf<T>(reader: Reader<T>, text: string | undefined): Fact<T> | null {
  if (text === undefined) return null;
  const parsed = reader.parse(text);
  return parsed.ok ? known(commandLine(reader.argv), parsed.value) : null;
}

/** JSON as iproute2 and its like print it. Nothing at all counts as an empty list, as some versions mean it. */
export function parseJson(text: string): Result<unknown> {
  if (text.trim() === '') return ok([]);
  try {
    return ok(JSON.parse(text));
  } catch {
    try {
      return ok(JSON.parse(mended(text)));
    } catch (e) {
      return fail('NOT_JSON', `what it printed is not JSON: ${e instanceof Error ? e.message : String(e)}`);
    }
  }
}

/** Older json_writer escapes an apostrophe, and none escapes control characters in names, aliases and comments. */
function mended(text: string): string {
  return (
    text
      .replaceAll(/\\(.)/gs, (all, c) => (c === "'" ? "'" : all))
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be replaced
      .replaceAll(/[\u0000-\u001f]/g, (c) => (c === '\n' || c === '\t' || c === '\r' ? ' ' : '\ufffd'))
  );
}

/**
 * The objects of a JSON list that fit the schema. Empty objects are skipped: iproute2 prints one for every item that
 * a filter dropped; so is what an event calls deleted. Anything else that does not fit makes the whole list unknown,
 * since a list that silently misses an item would be taken for the truth. `skip` says what else is not wanted, before
 * it costs anything.
 */
export function parseList<T>(
  item: Shape<T>,
  text: string,
  skip: (raw: unknown) => boolean = isEmpty,
): Result<T[]> {
  const json = parseJson(text);
  if (!json.ok) return json;
  if (!Array.isArray(json.value)) return fail('NOT_LIST', 'what it printed is not a list');
  const out: T[] = [];
  for (const raw of json.value as readonly unknown[]) {
    if (skip(raw)) continue;
    const one = fitted(item, raw);
    if (!one.ok)
      return fail(
        'NOT_UNDERSTOOD',
        `an item of its output cannot be understood (${one.error.message}): ${brief(raw)}`,
      );
    out.push(one.value);
  }
  return ok(out);
}

export function isEmpty(raw: unknown): boolean {
  if (typeof raw !== 'object' || raw === null) return false;
  if ('deleted' in raw && raw.deleted === true) return true;
  for (const _ in raw) return false;
  return true;
}

const brief = (raw: unknown) => (JSON.stringify(raw) ?? String(raw)).slice(0, 200);
