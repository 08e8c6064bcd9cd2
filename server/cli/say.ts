import type { Failure, Result } from '@/server/core/result';

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** One sentence for people on standard error, what the tool said below it; exit code 1. */
export function complain(error: Failure): void {
  const detail = error.detail && !error.message.includes(error.detail) ? `\n${error.detail}` : '';
  process.stderr.write(`patchbay: ${error.message}${detail}\n`);
  for (const p of error.problems ?? [])
    if (!error.message.includes(p.message)) process.stderr.write(`  ${p.path.join('.')}: ${p.message}\n`);
  process.exitCode = 1;
}

/** Shows what came out, or complains. */
export function conclude<T>(result: Result<T>, show: (value: T) => void): void {
  if (result.ok) show(result.value);
  else complain(result.error);
}

/** Columns under headings, as wide as their widest entry. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
