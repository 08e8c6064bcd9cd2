// `npm run bench`: measures, and prints what docs/measured.md has. Figures, not tests: nothing fails for being slow.
// `npm run bench -- NAME…` measures only that: a name of places.mjs, or part of the name of a file *.bench.ts.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build, checkout } from '../../server/cli/build.mjs';
import { say } from '../../server/cli/progress.mjs';
import { prepareTests } from '../run/prepare.mjs';
import { PLACES } from './places.mjs';

const words = process.argv.slice(2);
const places = Object.keys(PLACES).filter((name) =>
  words.length === 0 ? PLACES[name].words === undefined : words.includes(name),
);
const ofPlaces = (word) => word in PLACES || places.some((name) => PLACES[name].words?.test(word));
const others = words.filter((word) => !ofPlaces(word));
const unknown = others.filter((word) => word.startsWith('-'));
if (unknown.length > 0) {
  say(`${unknown.join(' ')}: no measurement that was asked for takes that.`);
  process.exit(2);
}
const withBrowser = words.length === 0 || others.length > 0;

await prepareTests([{ needs: withBrowser ? ['tools', 'chromium'] : ['tools'] }]);
await build(withBrowser ? ['client', 'bundles', 'pages'] : ['client', 'bundles']);

/** @type {import('./places.mjs').Row[]} */
const rows = [];
let failed = false;
for (const name of places) {
  const { says, run } = PLACES[name];
  say(`${says} …`);
  try {
    rows.push(...(await run(words.filter((word) => PLACES[name].words?.test(word)))));
  } catch (e) {
    failed ||= !e.message.startsWith('SKIPPED');
    say(e.message);
  }
}

if (withBrowser) {
  say('Starting the application, a lab and a browser …');
  const results = path.join(os.tmpdir(), `patchbay-bench-${process.pid}.jsonl`);
  const cli = path.join(checkout, 'node_modules/@playwright/test/cli.js');
  const config = path.join(import.meta.dirname, 'playwright.config.ts');
  const ran = spawnSync(process.execPath, [cli, 'test', '--config', config, '--reporter=line', ...others], {
    cwd: checkout,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATCHBAY_BENCH_RESULTS: results },
  });
  failed ||= ran.status !== 0;
  if (fs.existsSync(results)) {
    for (const line of fs.readFileSync(results, 'utf8').trim().split('\n')) rows.push(JSON.parse(line));
    fs.rmSync(results);
  }
}

const cpu = os.cpus();
const machine = `${cpu.length} × ${cpu[0]?.model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release()}, Node ${process.versions.node}`;
if (rows.length > 0 || places.length === 0) printRows();
process.exitCode = failed ? 1 : 0;

function printRows() {
  process.stdout.write(
    `\`${['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' ')}\` on ${machine}, ${new Date().toISOString().slice(0, 10)}\n\n`,
  );
  process.stdout.write('| measured | figure | wanted |\n|---|---|---|\n');
  for (const { what, value, wanted } of rows) process.stdout.write(`| ${what} | ${value} | ${wanted} |\n`);
}
