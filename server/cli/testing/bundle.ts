import { chmodSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { checkout } from '../checkout';

/**
 * Bundles a source of ours for a process of its own, and answers the file's path in the checkout: `dist/…`. Node
 * cannot run TypeScript by itself.
 */
export async function bundleForTest(source: string): Promise<string> {
  const name = `${path.basename(source, '.ts')}-${process.pid}.test-bundle.mjs`;
  const bundle = path.join('dist', name);
  await build({
    absWorkingDir: checkout(),
    entryPoints: [source],
    outfile: bundle,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  chmodSync(path.join(checkout(), bundle), 0o644);
  return bundle;
}
