// The stage of `npm test` that runs, with nothing skipped, the kernel tests that ask for more than many kernels have.
import fs from 'node:fs';
import path from 'node:path';
import { checkout } from '../../server/cli/build.mjs';
import { runFull, whatIsMissing } from '../kernel/full.mjs';

/** In the files that run here; all the others run on any kernel, which the stage `kernel` shows. */
const MARK = '@full-kernel';

/** Kernel tests that have the mark, by their paths. */
const marked = () =>
  fs
    .readdirSync(path.join(checkout, 'server'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.kernel.test.ts'))
    .map((file) => path.join('server', file))
    .filter((file) => fs.readFileSync(path.join(checkout, file), 'utf8').includes(MARK));

/** Skipped, and said so, where packages are missing; in a CI run that is a failure. @param {readonly string[]} files */
export async function fullKernel(files = marked()) {
  const { missing, packages } = whatIsMissing();
  if (packages.length > 0) {
    const line = `packages are missing: apt-get install -y --no-install-recommends ${packages.join(' ')}`;
    return process.env.CI
      ? { passed: 0, failed: 1, skipped: 0, failures: [], skippedNames: [], output: line }
      : { passed: 0, failed: 0, skipped: 1, failures: [], skippedNames: [line], output: '' };
  }
  try {
    return await runFull({ missing, filters: files });
  } catch (e) {
    if (e.name !== 'NotReady') throw e;
    return { passed: 0, failed: 1, skipped: 0, failures: [], skippedNames: [], output: e.message };
  }
}
