// The administrators' tools that Patchbay runs. Root gets what is missing after being told; everybody else gets
// the line to type.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { NotReady, say, task } from './progress.mjs';

/** Tool, and the Debian or Ubuntu package that has it. */
const TOOLS = {
  ip: 'iproute2',
  bridge: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  dnsmasq: 'dnsmasq-base',
  ethtool: 'ethtool',
  unshare: 'util-linux',
  setpriv: 'util-linux',
};

const folders = [
  ...(process.env.PATH ?? '').split(':'),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/usr/bin',
  '/bin',
];

/** @param {string} tool @returns {string | undefined} where it is; administrators' folders count for everybody */
export const whichTool = (tool) =>
  folders
    .filter(Boolean)
    .map((f) => path.join(f, tool))
    .find((f) => {
      try {
        fs.accessSync(f, fs.constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/** Lab guests use busybox for DHCP and ping; not every busybox has both. */
function busyboxFits() {
  const busybox = whichTool('busybox');
  if (!busybox) return false;
  const list = spawnSync(busybox, ['--list'], { encoding: 'utf8' }).stdout ?? '';
  const applets = new Set(list.split('\n'));
  return applets.has('udhcpc') && applets.has('ping');
}

/** @returns {string[]} packages that are missing */
export function missingPackages() {
  const missing = Object.entries(TOOLS)
    .filter(([tool]) => !whichTool(tool))
    .map(([, pkg]) => pkg);
  if (!busyboxFits()) missing.push('busybox-static');
  return [...new Set(missing)];
}

export async function ensureHostTools() {
  await ensureDebianPackages(missingPackages(), 'Patchbay uses');
  const still = missingPackages();
  if (still.length > 0)
    throw new NotReady(`After the installation these are still missing: ${still.join(', ')}.`);
}

/**
 * Installs packages as root, or stops with the line to type.
 * @param {readonly string[]} packages
 * @param {string} why beginning of the sentence that names them
 */
export async function ensureDebianPackages(packages, why) {
  if (packages.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!whichTool('apt-get'))
    throw new NotReady(
      `${why} tools that are missing here. Install what your distribution calls: ${packages.join(' ')}.`,
    );
  if (process.getuid?.() !== 0)
    throw new NotReady(
      `${why} packages that are missing here. Type this, then start again:\n\n    sudo ${line}\n`,
    );
  say(`${why} packages that are missing here; installing them with:\n    ${line}`);
  await task('Installing Debian packages', async () => {
    const apt = (...args) =>
      spawnSync('apt-get', args, {
        encoding: 'utf8',
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    const install = () => apt('install', '-y', '--no-install-recommends', ...packages);
    let r = install();
    if (r.status !== 0) {
      apt('update');
      r = install();
    }
    if (r.status !== 0)
      throw new NotReady(
        `\`${line}\` ended with ${r.status}.\n${`${r.stdout}${r.stderr}`.trim().slice(-2000)}`,
      );
  });
}
