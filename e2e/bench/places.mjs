// The measurements that need no application and no browser: each in namespaces of its own. By name: `npm run bench -- NAME`.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkout } from '../../server/cli/build.mjs';
import { whichTool } from '../../server/cli/host-tools.mjs';
import { probeKernel } from '../kernel/features.mjs';
import { missingForMachine, runInMachine } from '../kernel/machine.mjs';

/** @typedef {{what: string, value: string, wanted: string}} Row */
/** @type {(what: string, value: string, wanted?: string) => Row} */
const row = (what, value, wanted = '') => ({ what, value, wanted });

const NAMESPACES = ['--net', '--mount'];
const OWN_USER = ['--user', '--map-root-user', ...NAMESPACES];
/** For programs that start services: who ends, ends them. As root, for services that become other users. */
const OWN_PROCESSES = [...NAMESPACES, '--pid', '--fork', '--kill-child', '--mount-proc'];
const here = (file) => path.join(import.meta.dirname, file);
const BUNDLES = path.join(checkout, 'dist', 'bench');

/** Bundles a program in TypeScript; gives the bundle's path. */
async function bundled(name) {
  // Not on a fresh clone yet when this file is loaded.
  const { build } = await import('esbuild');
  const outfile = path.join(BUNDLES, `${name}.mjs`);
  await build({
    absWorkingDir: checkout,
    entryPoints: [here(`${name}.ts`)],
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' },
    alias: { '@': checkout },
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
  return outfile;
}

/** Runs a program; gives what it printed as JSON. */
function inNamespaces(program, args, namespaces = OWN_USER) {
  const ran = spawnSync('unshare', [...namespaces, process.execPath, program, ...args], {
    encoding: 'utf8',
  });
  if (ran.status !== 0) throw new Error(ran.stderr || String(ran.error));
  process.stderr.write(ran.stderr);
  return JSON.parse(ran.stdout);
}

/** Somewhere to write, for as long as `work` takes. */
function inFolder(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'patchbay-bench-'));
  try {
    return work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function networks(count, rounds) {
  if (process.getuid?.() !== 0)
    throw new Error("SKIPPED: libvirt's dnsmasq becomes another user, for which we must be root");
  if (!whichTool('libvirtd') || !whichTool('virsh')) throw new Error('SKIPPED: libvirt is not installed');
  const program = await bundled('networks-inside');
  const { native, virsh } = inFolder((folder) =>
    inNamespaces(program, [folder, count, rounds], OWN_PROCESSES),
  );
  const { read, plan, apply, verify } = native;
  const what = count === 1 ? 'a NAT network with DHCP and DNS' : `${count} of them`;
  const times = count === 1 ? '' : `, ${count} times`;
  return [
    row(`${what}, natively${count === 1 ? '' : ' in one change'}: the steps`, `${apply} ms`),
    row('the same with reading, planning and checking', `${read + plan + apply + verify} ms`),
    row(`the same by \`virsh net-define\` and \`net-start\`${times}`, `${virsh} ms`),
  ];
}

async function vlans(ports) {
  const program = await bundled('vlans-inside');
  const lacks = probeKernel().missing.some((f) => f.startsWith('VLAN filtering'));
  if (lacks && missingForMachine().length > 0)
    throw new Error(
      `SKIPPED: this kernel has no VLAN filtering, and a machine needs ${missingForMachine().join(' ')}`,
    );
  let seen = null;
  let where = '';
  if (!lacks) seen = inFolder((folder) => inNamespaces(program, [folder, ports]));
  else {
    where = ' (in an emulated machine)';
    const argv = ['unshare', ...OWN_PROCESSES, process.execPath, program, '/tmp/bench', String(ports)];
    const ran = await runInMachine(argv, { minutes: 20 });
    if (ran.code !== 0) throw new Error(`${ran.output}${ran.code}`);
    seen = JSON.parse(ran.output.trim().split('\n').at(-1));
  }
  const { apply, whole, single } = seen;
  return [
    row(`${ports} ports of a Linux bridge in another VLAN in one change${where}: the step`, `${apply} ms`),
    row('the same with reading, planning and checking', `${whole} ms`),
    row(`the same by ${2 * ports} single \`bridge vlan\` commands`, `${single} ms`),
  ];
}

async function macs(count) {
  const program = await bundled('macs-inside');
  // No namespaces: as root, its PostgreSQL becomes another user.
  const ran = inFolder((folder) =>
    spawnSync(process.execPath, [program, folder, String(count)], { encoding: 'utf8' }),
  );
  if (ran.status !== 0) throw new Error(ran.stderr || String(ran.error));
  const { pool, bare } = JSON.parse(ran.stdout);
  return [
    row(`${count.toLocaleString('en')} MAC addresses from a pool, by 8 writers at once`, `${pool} ms`),
    row('as many bare INSERTs by 8 connections', `${bare} ms`),
  ];
}

/** Megabits per second. */
const LIMITS = [1, 2, 5, 10, 20, 50, 100, 200];
const percent = (share) => (share === null ? '' : `${(share * 100).toFixed(1)} %`);
const HOW = { queue: 'queue', redirect: 'queue behind an ifb device', police: 'policer' };

/**
 * What limited devices let through. `--full-kernel`: in an emulated machine, whose kernel polices; `--write`: also into
 * docs/bandwidth-measured.md; numbers: only these rates.
 */
async function limits(words) {
  if (!whichTool('iperf3')) throw new Error('SKIPPED: iperf3 is not installed');
  const program = await bundled('limits-inside');
  const chosen = words.map(Number).filter((n) => LIMITS.includes(n));
  const rates = (chosen.length > 0 ? chosen : LIMITS).join(',');
  const full = words.includes('--full-kernel');
  let seen = null;
  let kernel = `Linux ${os.release()}`;
  if (!full) seen = inFolder((folder) => inNamespaces(program, [folder, rates]));
  else {
    const argv = ['sh', '-c', 'uname -r; exec unshare "$@"', 'sh', ...OWN_PROCESSES];
    const ran = await runInMachine([...argv, process.execPath, program, '/tmp/bench', rates], {
      minutes: 120,
      env: { PATCHBAY_TEST_PATIENCE: '10' },
    });
    if (ran.code !== 0) throw new Error(`${ran.output}${ran.code}`);
    const lines = ran.output.trim().split('\n');
    kernel = `Linux ${lines[0]} in an emulated machine (QEMU)`;
    seen = JSON.parse(lines.at(-1));
  }
  const head =
    '| device | limit | direction | by | over UDP | over TCP | burst |\n|---|---|---|---|---|---|---|\n';
  const table = seen.map(
    ({ device, mbit, way, by, udp, tcp, burst }) =>
      `| ${device} | ${mbit} Mbit/s | ${way} | ${HOW[by]} | ${percent(udp)} | ${percent(tcp)} | ${percent(burst)} |\n`,
  );
  const cpu = os.cpus();
  const where = `${cpu.length} × ${cpu[0]?.model.trim()}, ${kernel}, ${new Date().toISOString().slice(0, 10)}`;
  const command = `npm run bench -- limits${words.map((word) => ` ${word}`).join('')}`;
  keepPart(
    full ? 'With a policer' : 'Without a policer',
    `\`${command}\` on ${where}:\n\n${head}${table.join('')}`,
    {
      write: words.includes('--write'),
    },
  );
  return [];
}

/** Prints a part of docs/bandwidth-measured.md; with `write`, puts it there in place of the one of that title. */
function keepPart(title, text, { write }) {
  process.stdout.write(`## ${title}\n\n${text}\n`);
  if (!write) return;
  const file = path.join(checkout, 'docs', 'bandwidth-measured.md');
  const old = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '# Bandwidth, measured\n';
  const parts = old.split(/^(?=## )/m);
  const part = `## ${title}\n\n${text}`;
  const at = parts.findIndex((p) => p.startsWith(`## ${title}\n`));
  if (at < 0) parts.push(part);
  else parts[at] = part;
  fs.writeFileSync(file, `${parts.map((p) => p.trim()).join('\n\n')}\n`);
}

/** Each in namespaces of its own: taking taps away takes longer than making them. Of three rounds the one in the middle. */
async function taps(count) {
  const program = await bundled('taps-inside');
  const once = (how) => inFolder((folder) => inNamespaces(program, [folder, String(count), how]));
  const rounds = Array.from({ length: 3 }, () => ({ ...once('batch'), ...once('change') }));
  const { single, apply, whole } = rounds.sort((a, b) => a.whole / a.single - b.whole / b.single)[1];
  const many = count.toLocaleString('en');
  return [
    row(`${many} taps made and plugged into a bridge by one \`ip -batch\``, `${single} ms`),
    row('the same in one change: the steps', `${apply} ms (${(apply / single).toFixed(1)}×)`),
    row(
      'the same with reading, planning and checking',
      `${whole} ms (${(whole / single).toFixed(1)}×)`,
      '≤ 2×',
    ),
  ];
}

/**
 * By name, in the order in which they are measured. `words`: those that it takes beside its name; with them it is measured
 * only when it is asked for.
 * @type {Record<string, {says: string, words?: RegExp, run: (words: string[]) => Promise<Row[]>}>}
 */
export const PLACES = {
  observe: {
    says: 'Reading a host with 1,000 taps',
    run: async () => {
      const { raw, observe } = inNamespaces(here('observe-inside.mjs'), ['1000']);
      return [
        row('ten raw reading commands, 1,000 taps on a bridge', `${raw} ms`),
        row('`patchbay observe --json` there', `${observe} ms (${(observe / raw).toFixed(1)}×)`, '≤ 2×'),
      ];
    },
  },
  ovs: {
    says: 'Tagging 500 ports of Open vSwitch',
    run: async () => {
      const { one, single, datapath } = inNamespaces(here('ovs-inside.mjs'), ['500']);
      return [
        row(`500 ports of Open vSwitch (${datapath}) tagged in one transaction`, `${one} ms`),
        row('the same by 500 single `ovs-vsctl` commands', `${single} ms`),
      ];
    },
  },
  vlans: { says: 'Tagging 500 ports of a Linux bridge', run: () => vlans(500) },
  taps: { says: 'Making 1,000 taps by ip, and in one change', run: () => taps(1000) },
  network: { says: 'Making a network natively, and by virsh', run: () => networks(1, 5) },
  macs: { says: 'Giving 10,000 MAC addresses', run: () => macs(10_000) },
  limits: {
    says: 'Sending through limits of 1 to 200 Mbit/s',
    words: /^(--full-kernel|--write|\d+)$/,
    run: limits,
  },
  networks: { says: 'Making 100 networks natively, and by virsh', run: () => networks(100, 0) },
};
