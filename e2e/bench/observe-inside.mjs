// Runs in user and network namespaces of its own: makes taps on a bridge, and times the ten raw reading commands one
// after the other against one `patchbay observe --json`. Prints one JSON value.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const taps = Number(process.argv[2]);
const rounds = 15;
const bundle = path.resolve(import.meta.dirname, '../../dist/patchbay.mjs');
const RAW = [
  ['ip', '-j', '-d', 'addr', 'show'],
  ['ip', '-j', 'route', 'show', 'table', 'all'],
  ['ip', '-j', '-6', 'route', 'show', 'table', 'all'],
  ['ip', '-j', 'rule'],
  ['ip', '-j', 'neigh'],
  ['bridge', '-j', '-d', 'link'],
  ['bridge', '-j', 'vlan', 'show'],
  ['bridge', '-j', 'fdb', 'show'],
  ['tc', '-j', 'qdisc', 'show'],
  ['nft', '-j', 'list', 'ruleset'],
];

function run([tool, ...args], input) {
  const r = spawnSync(tool, args, { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (r.status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${r.error ?? r.stderr}`);
  return r.stdout;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
function timed(work) {
  const times = Array.from({ length: rounds }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return Math.round(median(times));
}

const batch = ['link add br0 type bridge', 'link set br0 up'];
for (let n = 0; n < taps; n++)
  batch.push(`tuntap add dev tap${n} mode tap`, `link set tap${n} master br0 up`);
run(['ip', '-batch', '-'], `${batch.join('\n')}\n`);

const raw = timed(() => {
  for (const argv of RAW) run(argv);
});
const observe = timed(() => run([process.execPath, bundle, 'observe', '--json']));
const found = Object.keys(
  JSON.parse(run([process.execPath, bundle, 'observe', '--json'])).links.value,
).length;
process.stdout.write(JSON.stringify({ taps, found, raw, observe }));
