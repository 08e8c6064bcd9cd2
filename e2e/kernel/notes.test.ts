import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { judged } from './summary.mjs';

const checkout = path.resolve(import.meta.dirname, '../..');
const tree = mkdtempSync(path.join(tmpdir(), 'patchbay-notes-'));
const notes = path.join(tree, 'root.notes');
const HANGS = 'hangs as long as it may';

const FILE = `import { beforeAll, describe, expect, test } from 'vitest';
console.warn('NOT TRIED: this kernel has no wings');
test('passes', () => {});
test('fails', () => expect(1).toBe(2));
test.skip('is left out', () => {});
test.skip('is for ordinary users', () => {});
describe('afterwards', () => {
  beforeAll(() => { throw new Error('the floor is missing'); });
  test('dances', () => {});
});
test('${HANGS}', () => new Promise(() => {}), 600_000);
`;

/** Runs the file until it hangs, and ends it there, as a machine is ended whose time is up. */
async function runUntilItHangs(): Promise<void> {
  const vitest = path.join(checkout, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--root', tree, `--reporter=${path.join(checkout, 'e2e/kernel/notes.mjs')}`];
  const child = spawn(process.execPath, [vitest, ...args], {
    env: { ...process.env, PATCHBAY_TEST_NOTES: notes },
    stdio: 'ignore',
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const hangs = async () => {
    while (child.exitCode === null && !(existsSync(notes) && readFileSync(notes, 'utf8').includes(HANGS)))
      await new Promise((resolve) => setTimeout(resolve, 25));
  };
  await Promise.race([ended, hangs()]);
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  await ended;
}

beforeAll(async () => {
  symlinkSync(path.join(checkout, 'node_modules'), path.join(tree, 'node_modules'));
  writeFileSync(path.join(tree, 'some.test.js'), FILE);
  await runUntilItHangs();
}, 60_000);
afterAll(() => rmSync(tree, { recursive: true, force: true }));

it('a run that hangs is told as far as it came, and where it hung', () => {
  const late = 'There was no end within 120 minutes.';
  const { passed, failed, summary } = judged({
    code: late,
    notes: {
      root: readFileSync(notes, 'utf8'),
      user: noted('is for ordinary users', 'passed', '{"is":"over"}\n'),
    },
  });
  expect(summary.split('\n').map((line) => line.replace(/^ +[\d.]+ s /, ''))).toEqual([
    ' some.test.js: 2 passed, 5 failed',
    'FAILED some.test.js: fails',
    '    expected 1 to be 2 // Object.is equality',
    'SKIPPED, which counts as failed here: some.test.js: is left out',
    'SKIPPED, which counts as failed here: some.test.js: afterwards > dances',
    'BROKEN some.test.js afterwards',
    '    the floor is missing',
    'some.test.js says: NOT TRIED: this kernel has no wings',
    `${late} It was at some.test.js: ${HANGS}`,
    '',
  ]);
  expect({ passed, failed }).toEqual({ passed: 2, failed: 6 });
});

it('a run that is over is told in one row for each file', () => {
  const over = `${noted('passes', 'passed')}{"is":"end","at":4500,"file":"some.test.js"}\n{"is":"over","at":1}\n`;
  expect(judged({ code: 0, notes: { root: over } })).toMatchObject({
    ...{ passed: 1, failed: 0 },
    summary: '     4.0 s  some.test.js: 1 passed\n',
  });
});

it('a run that ends badly is not passed, whatever was noted', () => {
  expect(judged({ code: 1, notes: { root: noted('passes', 'passed') } })).toMatchObject({ failed: 1 });
  expect(judged({ code: 1, notes: {} })).toMatchObject({ passed: 0, failed: 1 });
});

function noted(name: string, state: string, more = ''): string {
  const file = 'some.test.js';
  return [
    { is: 'begun', at: 500, file, what: name },
    { is: 'test', at: 700, file, name, state, ms: 200, why: '' },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
    .concat(more);
}
