import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commandForTest } from './testing/command';

/* The verb `check` as it is typed wrongly: one sentence on standard error, and exit code 2. */

const { bundle } = commandForTest();

function patchbay(words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle(), ...words], {
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

const NAME = 'A guest name has lower-case letters, digits and dashes, and starts with a letter or digit.';

test.each([
  [['limit', 'Web Server'], NAME],
  [['limit', 'web', 'Two Words'], NAME],
  [['limit', 'web', '--to', 'Two Words'], NAME],
  [['limit', 'web', 'db', '--to', 'db'], 'TO is given twice: take it with or without --to.'],
  [['limit', 'web', '--tag', '5'], 'Check limit does not take that.'],
  [['ping', 'web', 'db', '--sure'], 'Check ping does not take that.'],
  [['throughput', 'web'], 'Check throughput takes a second guest: TO is missing.'],
  [['limit'], "missing required argument 'from'"],
])('%j is refused with a sentence', (words, sentence) => {
  const { code, stdout, stderr } = patchbay(['check', ...words]);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `patchbay: ${sentence}\n` });
});

test('has help that says what a limit is measured against', () => {
  const { code, stdout } = patchbay(['check', '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/limit +Does it get and send as much as its limits say[^\n]+May take TO\./);
});
