// npm packages: installed when they are missing or are not the ones of package-lock.json.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { NotReady, task } from './progress.mjs';

const checkout = path.resolve(import.meta.dirname, '../..');

/** What npm wrote down after its last complete installation, against what is asked for. */
export function packagesInstalled() {
  const asked = readPackages(path.join(checkout, 'package-lock.json'));
  const installed = readPackages(path.join(checkout, 'node_modules', '.package-lock.json'));
  if (asked === null) throw new NotReady(`There is no readable package-lock.json in ${checkout}.`);
  if (installed === null) return false;
  return Object.entries(asked).every(
    ([at, p]) =>
      at === '' ||
      (p.optional && !installed[at]) || // for another platform
      (p.devOptional && !installed[at]) ||
      installed[at]?.version === p.version,
  );
}

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

export async function ensurePackages() {
  if (packagesInstalled()) return;
  const modules = path.join(checkout, 'node_modules');
  mustBeOurs(fs.existsSync(modules) ? modules : checkout, 'its npm packages');
  await task('Installing npm packages (once, about a minute)', npmInstall);
}

/**
 * Install scripts stay off: nothing here needs one, and npm asks before it runs them anyway. Not `npm ci`: it refuses
 * a lock file that lacks a package for another platform, which a mirror that does not carry it makes it lack.
 * `--no-save` takes the versions of the lock file and leaves it alone.
 */
function npmInstall() {
  const npm = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  const [tool, ...args] = [
    ...npm,
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, npm_config_production: '', NODE_ENV: '' },
    });
    let out = '';
    const keep = (chunk) => {
      out = (out + chunk).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (e) => reject(new NotReady(`npm could not be started: ${e.message}.`)));
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new NotReady(`\`npm install\` ended with ${code}.\n${out.trim()}`)),
    );
  });
}

/**
 * A checkout that somebody else prepared can be used, but not changed.
 * @param {string} at folder that would be written
 * @param {string} what
 */
export function mustBeOurs(at, what) {
  try {
    fs.accessSync(at, fs.constants.W_OK);
  } catch {
    const owner = fs.statSync(at).uid;
    throw new NotReady(
      `This checkout (${checkout}) belongs to ${owner === 0 ? 'root' : `user ${owner}`} and ${what} are not up to date. ` +
        `Run \`npm run build\` there as ${owner === 0 ? 'root' : 'that user'}, or use a clone of your own.`,
    );
  }
}
