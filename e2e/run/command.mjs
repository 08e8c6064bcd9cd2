// Runs the commands of stages; as root also as somebody who is not.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkout } from '../../server/cli/build.mjs';

/** `nobody`: in every distribution, may do nothing. */
const NOBODY = 65534;

/**
 * @param {readonly string[]} argv
 * @param {{minutes: number, env?: Record<string, string>}} options
 * @returns {Promise<{code: number | string, output: string}>} its exit code, or the signal or reason that ended it
 */
export function runCommand(argv, { minutes, env = {} }) {
  const [tool, ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(tool, args, {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
      // CI: missing expectations are faults and are not written.
      env: {
        ...process.env,
        CI: 'true',
        NO_COLOR: '1',
        FORCE_COLOR: undefined,
        NEXT_TELEMETRY_DISABLED: '1',
        ...env,
      },
    });
    const out = [];
    child.stdout.on('data', (c) => out.push(c));
    child.stderr.on('data', (c) => out.push(c));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    }, minutes * 60_000);
    child.once('error', (e) => resolve({ code: e.message, output: e.message }));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const output = Buffer.concat(out).toString('utf8');
      resolve({ code: late ? `no end within ${minutes} minutes` : (code ?? signal), output });
    });
  });
}

/** Home and state of the ordinary user; made once, gone when we end. */
let home;

/**
 * The same command as `nobody`, in the same checkout, with a home of its own.
 * @param {readonly string[]} argv
 */
export function asOrdinaryUser(argv) {
  if (home === undefined) {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'patchbay-user-'));
    fs.chownSync(home, NOBODY, NOBODY);
    process.once('exit', () => fs.rmSync(home, { recursive: true, force: true }));
  }
  const tun = openTun(home);
  const as = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const env = { HOME: home, XDG_STATE_HOME: '', PATCHBAY_STATE: '', PATCHBAY_ORDINARY_USER: '1' };
  const reachable =
    spawnSync(as[0], [...as.slice(1), 'ls', path.join(checkout, 'package.json')]).status === 0;
  if (reachable && tun === null) return { argv: [...as, ...argv], env };
  // The checkout lies where nobody else may look (/root): show it in another place, to this command alone.
  const shown = path.join(home, 'checkout');
  fs.mkdirSync(shown, { recursive: true });
  const script = [
    ...(reachable ? [] : ['mount --bind "$1" "$2" && cd "$2"']),
    ...(tun === null ? [] : ['mount --bind "$3" /dev/net/tun']),
    'shift 3',
    'exec "$@"',
  ].join(' && ');
  return {
    argv: ['unshare', '--mount', 'sh', '-c', script, 'sh', checkout, shown, tun ?? '', ...as, ...argv],
    env,
  };
}

/**
 * Distributions let everybody open /dev/net/tun, some containers only root: a node of the same device that is open,
 * shown in its place to our command alone. Null where none is needed, or none can be made.
 */
function openTun(folder) {
  const TUN = '/dev/net/tun';
  const node = path.join(folder, 'tun');
  if (fs.existsSync(node)) return node;
  if (!fs.existsSync(TUN) || (fs.statSync(TUN).mode & 0o006) === 0o006) return null;
  if (spawnSync('mknod', ['-m', '666', node, 'c', '10', '200']).status !== 0) return null;
  return node;
}
