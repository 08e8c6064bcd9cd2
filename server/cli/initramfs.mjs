// What a virtual machine of ours starts with: busybox, modules of its kernel, and a script.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { whichTool } from './host-tools.mjs';
import { NotReady } from './progress.mjs';

const FOLDER = 0o040755;
const PROGRAM = 0o100755;
const LINK = 0o120777;

/**
 * @param {import('./kernel-package.mjs').Kernel} kernel
 * @param {{modules: readonly string[], applets: readonly string[], folders: readonly string[], script: string,
 *   files?: Record<string, string>}} parts modules by name, those that they need come with them; applets of busybox to
 *   find in /bin, besides what loads modules; the script runs first, in busybox' shell, with the modules loaded
 * @returns {Buffer} an archive as the kernel unpacks it, not compressed
 */
export function makeInitramfs(kernel, { modules, applets, folders, script, files = {} }) {
  const loaded = modulesFor(kernel, modules);
  const load = loaded.map((_, i) => `insmod /modules/${i}.ko`);
  const init = ['#!/bin/busybox sh', 'export PATH=/bin', ...load, script].join('\n');
  return archive([
    ...['bin', 'modules', 'proc', 'sys', 'dev', ...folders].map((name) => ({ name, mode: FOLDER })),
    { name: 'bin/busybox', mode: PROGRAM, content: staticBusybox() },
    ...['sh', 'insmod', ...applets].map((name) => ({
      name: `bin/${name}`,
      mode: LINK,
      content: Buffer.from('busybox'),
    })),
    ...loaded.map((file, i) => ({ name: `modules/${i}.ko`, mode: PROGRAM, content: unpacked(file) })),
    ...Object.entries(files).map(([name, text]) => ({ name, mode: PROGRAM, content: Buffer.from(text) })),
    { name: 'init', mode: PROGRAM, content: Buffer.from(`${init}\n`) },
  ]);
}

function staticBusybox() {
  const file = whichTool('busybox');
  const content = file === undefined ? null : fs.readFileSync(file);
  // A program that is linked dynamically names its loader.
  if (content === null || content.subarray(0, 4096).includes('/ld-'))
    throw new NotReady(
      'The virtual machine starts with a static busybox. Type this, then start again:\n\n    sudo apt-get install -y --no-install-recommends busybox-static\n',
    );
  return content;
}

/** Files of these modules and of those they need, in the order in which to load them. */
function modulesFor({ modules, version }, names) {
  const home = path.join(modules, version);
  const lines = fs.readFileSync(path.join(home, 'modules.dep'), 'utf8').split('\n');
  const builtIn = fs.readFileSync(path.join(home, 'modules.builtin'), 'utf8').split('\n');
  const nameOf = (file) =>
    path
      .basename(file)
      .replace(/\.ko.*$/, '')
      .replaceAll('-', '_');
  const has = new Set(builtIn.filter(Boolean).map(nameOf));
  const wanted = new Set();
  for (const name of names) {
    if (has.has(name)) continue;
    const line = lines.find((l) => nameOf(l.split(':')[0]) === name);
    if (line === undefined) throw new NotReady(`The kernel in ${home} has no module ${name}.`);
    const [file, needs] = line.split(':');
    // depmod writes what is needed first at the end.
    for (const f of [...needs.trim().split(' ').filter(Boolean).reverse(), file])
      wanted.add(path.join(home, f));
  }
  return [...wanted];
}

function unpacked(file) {
  const content = fs.readFileSync(file);
  if (file.endsWith('.ko')) return content;
  if (file.endsWith('.gz')) return gunzipSync(content);
  const tool = file.endsWith('.zst') ? 'zstd' : 'xz';
  const r = spawnSync(whichTool(tool) ?? tool, ['-dc', file], { maxBuffer: 64 * 1024 * 1024 });
  if (r.status !== 0)
    throw new NotReady(
      `${path.basename(file)} cannot be unpacked: ${tool} is missing or failed. Install ${tool}.`,
    );
  return r.stdout;
}

/**
 * An archive in the format "newc" of cpio, which kernels unpack (Documentation/driver-api/early-userspace).
 * @param {readonly {name: string, mode: number, content?: Buffer}[]} entries
 */
function archive(entries) {
  const padded = (buffer) => Buffer.concat([buffer, Buffer.alloc((4 - (buffer.length % 4)) % 4)]);
  const entry = ({ name, mode, content = Buffer.alloc(0) }, inode) => {
    const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
    const header = `070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}${name}\0`;
    return Buffer.concat([padded(Buffer.from(header)), padded(content)]);
  };
  return Buffer.concat([...entries, { name: 'TRAILER!!!', mode: 0 }].map((e, i) => entry(e, i + 1)));
}
