import type { z } from 'zod';
import { type Input, type Operation, type Output, operations } from './protocol';
import { fail, ok, type Problem, type Result } from './result';

/* How the values of `protocol.ts` travel: lines of JSON, parsed with the operation's schemas on both ends. */

/** Longest line either end takes, in bytes. */
export const MAX_LINE = 16 * 1024 * 1024;

export type LineReader = { readonly push: (chunk: Uint8Array) => void };

/**
 * Cuts a stream of bytes into lines. A line longer than `max` bytes is not kept: `onTooLong` is called once, and
 * nothing more is read, for what follows cannot be told apart.
 */
export function lineReader(
  onLine: (line: string) => void,
  onTooLong: () => void,
  max = MAX_LINE,
): LineReader {
  const decoder = new TextDecoder();
  let parts: Uint8Array[] = [];
  let size = 0;
  let dead = false;
  const take = (): string => {
    const whole = new Uint8Array(size);
    let at = 0;
    for (const p of parts) {
      whole.set(p, at);
      at += p.length;
    }
    parts = [];
    size = 0;
    return decoder.decode(whole);
  };
  return {
    push: (chunk) => {
      let from = 0;
      while (!dead) {
        const end = chunk.indexOf(0x0a, from);
        const piece = chunk.subarray(from, end < 0 ? chunk.length : end);
        if (size + piece.length > max) {
          dead = true;
          parts = [];
          return onTooLong();
        }
        parts.push(piece);
        size += piece.length;
        if (end < 0) return;
        from = end + 1;
        const line = take();
        if (line.trim() !== '') onLine(line);
      }
    },
  };
}

/** A JSON value, or undefined where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isOperation = (op: string): op is Operation => Object.hasOwn(operations, op);

/** What goes into an operation, before it is parsed: plain strings for names and addresses. */
export type RawInput<O extends Operation> = z.input<(typeof operations)[O]['input']>;

/** Failure BAD_REQUEST, with the fields at fault. */
export function parseInput<O extends Operation>(op: O, value: unknown): Result<Input<O>> {
  const parsed = operations[op].input.safeParse(value);
  // The schema of `op` made it; TypeScript cannot follow an index into a union through a call.
  if (parsed.success) return ok(parsed.data as Input<O>);
  const problems = toProblems(parsed.error);
  return fail('BAD_REQUEST', `${op}: ${problems.map(toSentence).join(' ')}`.slice(0, 2000), { problems });
}

/** Failure BAD_ANSWER: the other end speaks another version. */
export function parseOutput<O extends Operation>(op: O, value: unknown): Result<Output<O>> {
  const parsed = operations[op].output.safeParse(value);
  if (parsed.success) return ok(parsed.data as Output<O>); // as above
  const problems = toProblems(parsed.error);
  const first = problems[0];
  return fail(
    'BAD_ANSWER',
    `The answer to ${op} is not understood${first ? `: ${toSentence(first)}` : '.'}`,
    {
      problems,
    },
  );
}

function toProblems(error: z.ZodError): Problem[] {
  return error.issues.slice(0, 50).map((issue) => ({
    path: issue.path.map((p) => (typeof p === 'symbol' ? String(p) : p)),
    code: issue.code,
    message: issue.message,
  }));
}

const toSentence = (p: Problem): string =>
  p.path.length > 0 ? `${p.path.join('.')}: ${p.message}` : p.message;
