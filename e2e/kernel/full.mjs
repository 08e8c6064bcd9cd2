// The kernel tests on a kernel that has everything: this one if it has, otherwise one in a virtual machine.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build, checkout } from '../../server/cli/build.mjs';
import { whichTool } from '../../server/cli/host-tools.mjs';
import { runCommand } from '../run/command.mjs';
import { probeKernel } from './features.mjs';
import { missingForMachine, runInMachine } from './machine.mjs';
import { judged } from './summary.mjs';

/** What the tests start besides the host's tools, and the Debian or Ubuntu package that has it. */
const TOOLS = {
  'ovs-vsctl': 'openvswitch-switch',
  'ovsdb-server': 'openvswitch-switch',
  libvirtd: 'libvirt-daemon',
  virsh: 'libvirt-clients',
  iptables: 'iptables', // with which libvirt makes its networks
  iperf3: 'iperf3',
};
/** Of the whole run, and without a word: longer than the longest test may take (vitest.config.ts), which says why. */
const MINUTES = 120;
const SILENT_MINUTES = 30;
/** An emulated machine computes about ten times as slowly, and has not all of this one. */
const PATIENCE = 10;

/** @returns {{missing: string[], packages: string[]}} what this kernel lacks, and packages that a full run needs */
export function whatIsMissing() {
  const { missing, impossible } = probeKernel();
  if (impossible !== null) missing.push(`namespaces for ordinary users (${impossible})`);
  const packages = Object.entries(TOOLS)
    .filter(([tool]) => !whichTool(tool))
    .map(([, pkg]) => pkg);
  if (missing.length > 0) packages.push(...missingForMachine());
  return { missing, packages: [...new Set(packages)] };
}

/**
 * Runs them. A test that neither root nor an ordinary user has run counts as failed.
 * @param {{missing: readonly string[], filters?: readonly string[], onOutput?: (chunk: Buffer | string) => void}} options
 * @returns {Promise<import('../run/stages.mjs').Outcome & {where: string, summary: string}>}
 */
export async function runFull({ missing, filters = [], onOutput = () => {} }) {
  await build(['client', 'bundles']);
  const inside = [process.execPath, 'e2e/kernel/inside.mjs'];
  if (missing.length === 0) {
    const results = fs.mkdtempSync(path.join(os.tmpdir(), 'patchbay-full-kernel-'));
    fs.chmodSync(results, 0o1777);
    try {
      const ran = await runCommand([...inside, results, ...filters], { minutes: MINUTES });
      onOutput(ran.output);
      const files = Object.fromEntries(
        fs.readdirSync(results).map((name) => [name, fs.readFileSync(path.join(results, name), 'utf8')]),
      );
      return { ...counted(ran, files), where: 'on this kernel, which has everything' };
    } finally {
      fs.rmSync(results, { recursive: true, force: true });
    }
  }
  await bundleTests();
  const ran = await runInMachine([...inside, '/run/shared/results', ...filters], {
    ...{ minutes: MINUTES, silentMinutes: SILENT_MINUTES },
    env: {
      ...{ CI: 'true', NO_COLOR: '1', NODE_ENV: 'test' },
      PATCHBAY_TEST_BUNDLES: BUNDLES,
      PATCHBAY_TEST_PATIENCE: `${PATIENCE}`,
      PATCHBAY_WRITE_TABLES: process.env.PATCHBAY_WRITE_TABLES ?? '',
    },
    onOutput,
  });
  // Tables that tests make for the documents, where they were asked for.
  for (const [name, text] of Object.entries(ran.files))
    if (name.startsWith('docs-')) fs.writeFileSync(path.join(checkout, 'docs', name.slice(5)), text);
  const boot = ran.bootSeconds === null ? '' : `, booted in ${ran.bootSeconds.toFixed(1)} s`;
  return { ...counted(ran, ran.files), where: `in a virtual machine${boot}` };
}

const BUNDLES = path.join(checkout, 'dist', 'tests');

/** What kernel tests would bundle themselves: programs for inside their namespaces, which are named so. */
async function bundleTests() {
  // Not on a fresh clone yet when this file is loaded.
  const { build: bundle } = await import('esbuild');
  const koffi = path.join(checkout, 'node_modules/koffi/index.js');
  const entryPoints = fs
    .readdirSync(path.join(checkout, 'server'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /(^|\/)testing\/(kernel|in)-[\w-]+\.ts$/.test(file))
    .map((file) => path.join('server', file));
  await bundle({
    absWorkingDir: checkout,
    entryPoints,
    ...{ outdir: BUNDLES, outbase: '.', outExtension: { '.js': '.mjs' } },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'silent' },
    // It has a library of its own beside it that it looks for.
    alias: { '@': checkout, koffi },
    external: [koffi],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
}

/** @param {Record<string, string>} files as they were left in the folder for results */
function counted({ code, output }, files) {
  const notes = Object.fromEntries(
    Object.entries(files).flatMap(([name, text]) =>
      name.endsWith('.notes') ? [[name.slice(0, -'.notes'.length), text]] : [],
    ),
  );
  const { summary, ...outcome } = judged({ code, notes });
  return { ...outcome, summary, output: `${output}\n${summary}` };
}
