// What must be there before the `patchbay` command can run from a checkout: npm packages, the host's tools, the
// built bundles and pages. Whatever is up to date is left alone.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, checkout, outdated } from './build.mjs';
import { ensureGuestImage } from './guest-ready.mjs';
import { ensureHostTools } from './host-tools.mjs';
import { ensurePackages } from './packages.mjs';

/**
 * @param {readonly string[]} argv the command line after `patchbay`
 * @returns {Promise<URL>} address of the bundle that takes over
 */
export async function prepare(argv) {
  process.umask(0o022); // web and Postgres run as another user when we are root: they must be able to read this
  const help = argv.includes('--help') || argv.includes('-h');
  const up = argv[0] === 'up' && !help;
  await ensurePackages();
  if (up) await ensureHostTools();
  const parts = outdated(up ? ['client', 'bundles', 'pages'] : ['client', 'bundles']);
  if (parts.length > 0) await build(parts);
  if (up) await ensureGuestImage();
  return pathToFileURL(path.join(checkout, 'dist', 'patchbay.mjs'));
}
