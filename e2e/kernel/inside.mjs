// Runs the kernel tests where everything is there. What root skips is for ordinary users and runs as one. Notes what
// becomes of each test in the folder that is given: `root.notes` and `user.notes` (see notes.mjs).

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { asOrdinaryUser } from '../run/command.mjs';
import { probeKernel } from './features.mjs';
import { readNotes } from './notes.mjs';

const [results, ...filters] = process.argv.slice(2);
const notesOf = (name) => path.join(results, `${name}.notes`);

/** @returns {number | null} the exit code */
function vitest(name, files, as = (argv) => ({ argv, env: {} })) {
  const { argv, env } = as([
    ...[process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--configLoader=runner'],
    ...['--project', 'kernel', '--reporter=verbose', '--reporter=./e2e/kernel/notes.mjs'],
    ...files,
  ]);
  const [tool, ...args] = argv;
  const ran = spawnSync(tool, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env, PATCHBAY_TEST_NOTES: notesOf(name) },
  });
  return ran.status;
}

const { missing, impossible } = probeKernel();
if (impossible !== null) missing.push(`namespaces for ordinary users (${impossible})`);
if (missing.length > 0) {
  console.log(`the kernel lacks: ${missing.join(', ')}`);
  process.exit(1);
}
process.exitCode = vitest('root', filters) ?? 1;
if (process.getuid?.() === 0 && fs.existsSync(notesOf('root'))) {
  const { tests } = readNotes(fs.readFileSync(notesOf('root'), 'utf8'));
  const files = new Set(tests.filter((t) => t.state === 'skipped').map((t) => t.file));
  const ended = files.size > 0 ? (vitest('user', [...files], asOrdinaryUser) ?? 1) : 0;
  process.exitCode ||= ended;
}
