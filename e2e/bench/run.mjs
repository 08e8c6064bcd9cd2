// `npm run bench`: measures, and prints what docs/measured.md has. Figures, not tests: nothing fails for being slow.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build, checkout } from '../../server/cli/build.mjs';
import { say } from '../../server/cli/progress.mjs';
import { prepareTests } from '../run/prepare.mjs';

await prepareTests([{ needs: ['tools', 'chromium'] }]);
await build(['client', 'bundles', 'pages']);

/** @type {{what: string, value: string, wanted: string}[]} */
const rows = [];

say('Reading a host with 1,000 taps …');
const namespaces = ['--user', '--map-root-user', '--net', '--mount'];
const inside = path.join(import.meta.dirname, 'observe-inside.mjs');
const observed = spawnSync('unshare', [...namespaces, process.execPath, inside, '1000'], {
  encoding: 'utf8',
});
if (observed.status === 0) {
  const { raw, observe } = JSON.parse(observed.stdout);
  rows.push(
    { what: 'ten raw reading commands, 1,000 taps on a bridge', value: `${raw} ms`, wanted: '' },
    {
      what: '`patchbay observe --json` there',
      value: `${observe} ms (${(observe / raw).toFixed(1)}×)`,
      wanted: '≤ 2×',
    },
  );
} else say(observed.stderr);

say('Starting the application, a lab and a browser …');
const results = path.join(os.tmpdir(), `patchbay-bench-${process.pid}.jsonl`);
const cli = path.join(checkout, 'node_modules/@playwright/test/cli.js');
const config = path.join(import.meta.dirname, 'playwright.config.ts');
const ran = spawnSync(
  process.execPath,
  [cli, 'test', '--config', config, '--reporter=line', ...process.argv.slice(2)],
  {
    cwd: checkout,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATCHBAY_BENCH_RESULTS: results },
  },
);
if (fs.existsSync(results)) {
  for (const line of fs.readFileSync(results, 'utf8').trim().split('\n')) rows.push(JSON.parse(line));
  fs.rmSync(results);
}

const cpu = os.cpus();
const machine = `${cpu.length} × ${cpu[0]?.model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release()}, Node ${process.versions.node}`;
process.stdout.write(`\`npm run bench\` on ${machine}, ${new Date().toISOString().slice(0, 10)}\n\n`);
process.stdout.write('| measured | figure | wanted |\n|---|---|---|\n');
for (const { what, value, wanted } of rows) process.stdout.write(`| ${what} | ${value} | ${wanted} |\n`);
process.exitCode = ran.status ?? 1;
