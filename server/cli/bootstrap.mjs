// The way in from a fresh clone: nothing but Node is needed to run this file. It says what it does on standard
// error, so that the standard output of `patchbay observe --json` stays clean.
// Old versions of Node must be able to read this file as far as the sentence below: plain syntax only.
import { fileURLToPath } from 'node:url';

const wanted = [20, 19];
const has = process.versions.node.split('.').map(Number);
if (has[0] < wanted[0] || (has[0] === wanted[0] && has[1] < wanted[1])) {
  process.stderr.write(
    `patchbay: Node ${wanted.join('.')} or newer is needed; this is Node ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exit(1);
}

import('./prepare.mjs')
  .then((m) => m.prepare(process.argv.slice(2)))
  .then((bundle) => {
    // What runs from here on is the bundle, in this same process: its exit code and its streams are ours.
    process.argv[1] = fileURLToPath(bundle);
    return import(bundle.href);
  })
  .catch((e) => {
    process.stderr.write(`patchbay: ${e.name === 'NotReady' ? e.message : e.stack}\n`);
    process.exit(1);
  });
