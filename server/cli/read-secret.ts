import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { fail, ok, type Result } from '@/server/core/result';

/** A new password: typed twice and not shown in a terminal; else the first line of the input. */
export async function readSecret(): Promise<Result<string>> {
  if (!process.stdin.isTTY) {
    for await (const line of createInterface({ input: process.stdin })) return ok(line);
    return fail('INVALID', 'There is no password on the input.');
  }
  const first = await typed('New password: ');
  const second = await typed('Once more: ');
  return first === second
    ? ok(first)
    : fail('INVALID', 'These were two different passwords; nothing was changed.');
}

async function typed(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  lines.once('SIGINT', () => process.exit(130));
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
