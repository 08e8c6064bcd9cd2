import { spawnSync } from 'node:child_process';
import { accessSync, constants, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkout } from './checkout';
import { bundleForTest } from './testing/bundle';

/* The verb `check` as it is typed wrongly: one sentence on standard error, and exit code 2. */

/** Somebody whose checkout this is not may not write into it, and takes what is built: `npm test` builds first. */
function mayWrite(): boolean {
  try {
    accessSync(path.join(checkout(), 'dist'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
const own = mayWrite();
let bundle = path.join(checkout(), 'dist', 'patchbay.mjs');
beforeAll(async () => {
  if (own) bundle = path.join(checkout(), await bundleForTest('server/cli/main.ts'));
}, 60_000);
afterAll(() => {
  if (own) rmSync(bundle, { force: true });
});

function patchbay(words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...words], {
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
