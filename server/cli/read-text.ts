import { readFileSync } from 'node:fs';
import { type Failure, fail, ok, type Result } from '@/server/core/result';

/** The text of a file, or of standard input when it is called `-`. */
export function readText(file: string): Result<string> {
  try {
    return ok(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (e) {
    return fail('FILE', `${file} cannot be read: ${e instanceof Error ? e.message : String(e)}.`);
  }
}

/** Each problem of what was read on a line of its own; exit code 1. */
export function complainEach(error: Failure): void {
  for (const { message } of error.problems ?? [error]) process.stderr.write(`patchbay: ${message}\n`);
  process.exitCode = 1;
}
