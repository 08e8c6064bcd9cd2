import { accessSync, constants, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { checkout } from '../checkout';
import { bundleForTest } from './bundle';

/** Somebody whose checkout this is not may not write into it, and takes what is built: `npm test` builds first. */
function mayWrite(): boolean {
  try {
    accessSync(path.join(checkout(), 'dist'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The command line for the tests of one file: bundled before them, gone after them. */
export function commandForTest(): { readonly bundle: () => string } {
  const own = mayWrite();
  let bundle = path.join(checkout(), 'dist', 'patchbay.mjs');
  beforeAll(async () => {
    if (own) bundle = path.join(checkout(), await bundleForTest('server/cli/main.ts'));
  }, 60_000);
  afterAll(() => {
    if (own) rmSync(bundle, { force: true });
  });
  return { bundle: () => bundle };
}
