import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { checkout } from './checkout';

/** Builds, waits a moment, and prints the command lines of its children. */
const PROGRAM = `
  import fs from 'node:fs';
  const { build } = await import(process.argv[2]);
  await build(['bundles']);
  const children = () => fs.readdirSync('/proc').filter((pid) => {
    try { return fs.readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ').at(-1).split(' ')[1] === String(process.pid); }
    catch { return false; }
  });
  for (let i = 0; i < 40 && children().length > 0; i++) await new Promise((r) => setTimeout(r, 50));
  console.log('children:', children().length);
`;

test('building leaves no process behind in the one that goes on', async () => {
  const copy = mkdtempSync(path.join(tmpdir(), 'pb-build-'));
  try {
    for (const file of ['build.mjs', 'packages.mjs', 'progress.mjs'])
      cpSync(path.join(checkout(), 'server/cli', file), path.join(copy, 'server/cli', file));
    mkdirSync(path.join(copy, 'server/agent'));
    writeFileSync(path.join(copy, 'server/cli/main.ts'), 'console.log(1 as number);');
    symlinkSync(path.join(checkout(), 'node_modules'), path.join(copy, 'node_modules'));
    const argv = ['--input-type=module', '-e', PROGRAM, 'program', path.join(copy, 'server/cli/build.mjs')];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    expect(stdout).toContain('children: 0');
  } finally {
    rmSync(copy, { recursive: true });
  }
});
