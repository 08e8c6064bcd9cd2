// A kernel with every feature: the distribution's own, unpacked into the user's cache. Nothing is installed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { whichTool } from './host-tools.mjs';
import { NotReady, task } from './progress.mjs';

/** By `ID` of /etc/os-release: the package that always depends on the newest kernel, and what to unpack of it. */
const KERNELS = {
  debian: { newest: 'linux-image-amd64', parts: (version) => [`linux-image-${version}`] },
  ubuntu: {
    newest: 'linux-image-generic',
    parts: (version) =>
      ['linux-image', 'linux-modules', 'linux-modules-extra'].map((part) => `${part}-${version}`),
  },
};

/**
 * @typedef {{version: string, image: string, modules: string}} Kernel its release, the file to boot, and the folder
 * `…/lib/modules`, which has `VERSION/modules.dep`
 */

/** @returns {string} */
function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  return path.join(base, 'patchbay', 'kernels');
}

/** The kernel in the cache, which is fetched when there is none. @returns {Promise<Kernel>} */
export async function ensureKernel() {
  const cache = cacheFolder();
  return (
    inCache(cache) ??
    task('Fetching a kernel that has every feature (once, about 70 MB; it is not installed)', async () => {
      fs.mkdirSync(cache, { recursive: true });
      return fetchInto(cache);
    })
  );
}

/** @returns {Kernel | null} the newest one */
function inCache(cache) {
  const names = fs.existsSync(cache) ? fs.readdirSync(cache) : [];
  const versions = names
    .filter((n) => !n.startsWith('.'))
    .sort(new Intl.Collator('en', { numeric: true }).compare);
  const version = versions.at(-1);
  return version === undefined ? null : kernelIn(path.join(cache, version), version);
}

const kernelIn = (folder, version) => ({
  version,
  image: path.join(folder, 'boot', `vmlinuz-${version}`),
  modules: path.join(folder, 'lib', 'modules'),
});

function fetchInto(cache) {
  if (process.arch !== 'x64') throw new NotReady('The virtual machine for kernel tests runs on x86-64 only.');
  const system = fs.existsSync('/etc/os-release') ? fs.readFileSync('/etc/os-release', 'utf8') : '';
  const id = /^(?:ID|ID_LIKE)="?(debian|ubuntu)\b/m.exec(system)?.[1];
  if (id === undefined || !whichTool('apt-get'))
    throw new NotReady(
      `A kernel for the tests is fetched on Debian and Ubuntu only. Put one below ${cache}/VERSION/: boot/vmlinuz-VERSION and lib/modules/VERSION.`,
    );
  const { newest, parts } = KERNELS[id];
  const work = fs.mkdtempSync(path.join(cache, '.fetching-'));
  try {
    const version = newestVersion(newest);
    const packages = parts(version);
    let got = tell('apt-get', ['download', '-q', ...packages], work);
    if (got.status !== 0 && process.getuid?.() === 0) {
      tell('apt-get', ['update', '-q'], work); // the lists name what the mirror no longer has
      got = tell('apt-get', ['download', '-q', ...packages], work);
    }
    if (got.status !== 0) throw new NotReady(notFetched(`apt-get download ${packages.join(' ')}`, got));
    const tree = path.join(work, 'tree');
    for (const file of fs.readdirSync(work).filter((f) => f.endsWith('.deb'))) {
      const unpacked = tell('dpkg-deb', ['-x', path.join(work, file), tree], work);
      if (unpacked.status !== 0) throw new NotReady(notFetched(`dpkg-deb -x ${file}`, unpacked));
    }
    // Newer packages have them below usr/, where /lib points to.
    if (!fs.existsSync(path.join(tree, 'lib')) && fs.existsSync(path.join(tree, 'usr/lib')))
      fs.symlinkSync('usr/lib', path.join(tree, 'lib'));
    const indexed = tell('depmod', ['-b', tree, version], work);
    if (indexed.status !== 0) throw new NotReady(notFetched(`depmod -b ${tree} ${version}`, indexed));
    const home = path.join(cache, version);
    if (!fs.existsSync(home)) fs.renameSync(tree, home); // somebody else may have been quicker
    return kernelIn(home, version);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** What `linux-image-amd64` stands for today. */
function newestVersion(newest) {
  const ask = () =>
    /Depends: linux-image-(\S+)/.exec(tell('apt-cache', ['depends', newest], '/').stdout)?.[1];
  let version = ask();
  if (version === undefined && process.getuid?.() === 0) {
    tell('apt-get', ['update', '-q'], '/');
    version = ask();
  }
  if (version === undefined)
    throw new NotReady(
      `No kernel package is known: apt's lists do not name ${newest}. Type this, then start again:\n\n    sudo apt-get update\n`,
    );
  return version;
}

function tell(tool, args, cwd) {
  const r = spawnSync(whichTool(tool) ?? tool, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return { status: r.status, stdout: r.stdout ?? '', stderr: r.stderr ?? r.error?.message ?? '' };
}

const notFetched = (command, { status, stdout, stderr }) =>
  `The kernel for the tests cannot be fetched: \`${command}\` ended with ${status}.\n${`${stdout}${stderr}`.trim().slice(-1000)}`;
