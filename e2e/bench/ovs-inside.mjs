// Runs in user, network and mount namespaces of its own, with an Open vSwitch of its own: times the one transaction
// with which a change tags many ports, against as many single commands. Prints one JSON value.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ports = Number(process.argv[2]);
const names = Array.from({ length: ports }, (_, n) => `tap${n}`);

function run([tool, ...args], input) {
  const r = spawnSync(tool, args, { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (r.status !== 0) throw new Error(`${tool} ${args.slice(0, 9).join(' ')}: ${r.error ?? r.stderr}`);
  return r.stdout;
}
async function until(is) {
  for (let i = 0; i < 400 && !is(); i++) await pause(50);
  if (!is()) throw new Error('Open vSwitch does not start');
}
const vsctl = (...commands) => run(['ovs-vsctl', '--timeout=60', ...commands.flatMap((c) => ['--', ...c])]);

run(['mount', '-t', 'tmpfs', 'run', '/run']);
mkdirSync('/run/openvswitch');
const folder = mkdtempSync(path.join(tmpdir(), 'patchbay-ovs-'));
const database = path.join(folder, 'conf.db');
const socket = '/run/openvswitch/db.sock';
run(['ovsdb-tool', 'create', database, '/usr/share/openvswitch/vswitch.ovsschema']);
const server = spawn('ovsdb-server', [database, `--remote=punix:${socket}`, '--no-chdir'], {
  stdio: 'ignore',
});
await until(() => existsSync(socket));
run(['ovs-vsctl', '--no-wait', 'init']);
const daemon = spawn('ovs-vswitchd', [`unix:${socket}`, '--no-chdir'], { stdio: 'ignore' });
await until(() => run(['ovs-vsctl', 'get', 'Open_vSwitch', '.', 'datapath_types']).trim() !== '[]');
try {
  const module = spawnSync('genl', ['ctrl', 'get', 'name', 'ovs_datapath']).status === 0;
  const datapath = module ? 'system' : 'netdev';
  run(['ip', '-batch', '-'], names.map((n) => `tuntap add dev ${n} mode tap\n`).join(''));
  vsctl(['add-br', 'br0'], ['set', 'Bridge', 'br0', `datapath_type=${datapath}`]);
  vsctl(...names.map((n) => ['add-port', 'br0', n]));

  const timed = (work) => {
    const begun = performance.now();
    work();
    return Math.round(performance.now() - begun);
  };
  const tag = (n) => 1 + (n % 4094);
  const set = (name, to) => ['set', 'Port', name, `tag=${to}`, 'vlan_mode=access'];
  const one = timed(() => vsctl(...names.map((name, n) => set(name, tag(n)))));
  const single = timed(() => {
    for (const [n, name] of names.entries()) vsctl(set(name, tag(n + 1)));
  });
  process.stdout.write(JSON.stringify({ ports, datapath, one, single }));
} finally {
  for (const child of [daemon, server]) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
}
