// The stages of `npm test`, in the order in which they run: quick ones first.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build, checkout } from '../../server/cli/build.mjs';
import { ensureGuestImage } from '../../server/cli/guest-ready.mjs';
import { asOrdinaryUser, runCommand } from './command.mjs';
import { fullKernel } from './full-kernel.mjs';
import { slowest, withReason } from './report.mjs';
import { tidy } from './tidy.mjs';

/**
 * @typedef {{passed: number, failed: number, skipped: number, failures: string[], skippedNames: string[], output: string, slowest?: readonly string[], files?: Record<string, import('./again.mjs').OfFile>, unsteady?: readonly string[]}} Outcome
 * `files`: by their paths in the checkout. `unsteady`: what failed at first, where others ran beside it, and why.
 * @typedef {{name: string, title: string, needs: readonly ('tools' | 'chromium')[], besideTheOneBefore?: boolean, run: (files?: readonly string[]) => Promise<Outcome>}} Stage
 * `run` with files: these alone, where the stage knows files.
 */

const one = (ok, output) => ({
  passed: ok ? 1 : 0,
  failed: ok ? 0 : 1,
  skipped: 0,
  failures: [],
  skippedNames: [],
  output,
});

/** A stage that is right or wrong as a whole. @returns {Stage} */
const whole = (name, title, ...argv) => ({
  name,
  title,
  needs: [],
  run: async () => {
    const r = await runCommand([process.execPath, ...argv], { minutes: 5 });
    return one(r.code === 0, r.output);
  },
});
const bin = (p) => path.join('node_modules', p);

/** Reads the report of a test runner; without one, the run as a whole has failed. */
async function counted(argv, options, report, read) {
  fs.rmSync(report, { force: true });
  const r = await runCommand(argv, options);
  try {
    const outcome = read(JSON.parse(fs.readFileSync(report, 'utf8')));
    // A file that does not even load has no failed test, but the runner says so.
    if (r.code !== 0 && outcome.failed === 0) outcome.failed = 1;
    return { ...outcome, output: r.output };
  } catch {
    return one(false, `${r.output}\nThe run ended with ${r.code} and left no report.`);
  } finally {
    fs.rmSync(report, { force: true });
  }
}

function fromVitest(json) {
  const tests = json.testResults.flatMap((f) => f.assertionResults);
  const names = (of) => of.map((t) => t.fullName);
  return {
    passed: json.numPassedTests,
    failed: json.numFailedTests,
    skipped: json.numPendingTests + json.numTodoTests,
    failures: [
      ...tests
        .filter((t) => t.status === 'failed')
        .map((t) => withReason(t.fullName, t.failureMessages.join('\n'))),
      ...json.testResults
        .filter((f) => f.status === 'failed' && f.assertionResults.every((t) => t.status !== 'failed'))
        .map((f) => withReason(`${path.relative(checkout, f.name)} as a whole`, f.message)),
    ],
    skippedNames: names(tests.filter((t) => !['passed', 'failed'].includes(t.status))),
    files: Object.fromEntries(json.testResults.map((f) => [path.relative(checkout, f.name), ofFile(f)])),
    slowest: slowest(json.testResults.map((f) => [f.name, f.endTime - f.startTime])),
  };
}

function ofFile({ status, assertionResults }) {
  const count = (state) => assertionResults.filter((t) => t.status === state).length;
  const [passed, failed] = [count('passed'), count('failed')];
  const asAWhole = status === 'failed' && failed === 0 ? 1 : 0;
  return { passed, failed: failed + asAWhole, skipped: assertionResults.length - passed - failed };
}

function fromPlaywright(json) {
  const failures = [];
  const skippedNames = [];
  /** @type {Map<string, number>} */
  const times = new Map();
  const walk = (suite) => {
    for (const spec of suite.specs ?? [])
      for (const { status, results } of spec.tests) {
        const ms = results.reduce((sum, r) => sum + r.duration, 0);
        times.set(spec.file, (times.get(spec.file) ?? 0) + ms);
        if (status === 'skipped') skippedNames.push(`${suite.title} ${spec.title}`);
        else if (status !== 'expected') {
          const why = results.flatMap((r) => r.errors.map((e) => e.message)).join('\n');
          failures.push(withReason(`${spec.file} ${spec.title}`, why));
        }
      }
    for (const inner of suite.suites ?? []) walk(inner);
  };
  for (const suite of json.suites) walk(suite);
  const { expected, unexpected, flaky, skipped } = json.stats;
  const failed = unexpected + flaky + json.errors.length;
  return { passed: expected, failed, skipped, failures, skippedNames, slowest: slowest(times) };
}

/** Reports are written where the ordinary user may write too. */
const reportFile = (name) => path.join(os.tmpdir(), `patchbay-report-${process.pid}-${name}.json`);

const asHere = (argv) => ({ argv, env: {} });

const vitest =
  (name, project, as = asHere) =>
  async (files = []) => {
    const report = reportFile(name);
    const { argv, env } = as([
      process.execPath,
      bin('vitest/vitest.mjs'),
      'run',
      '--configLoader=runner', // writes nothing into the checkout
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...files,
    ]);
    return counted(argv, { minutes: 60, env }, report, fromVitest);
  };

/** Starts agents and labs as people do. The others make user namespaces of their own, which are the same for everybody. */
const GOES_BY_USER = /testing\/(machine|story)'/;
/** In the files that would take long, and are the same for everybody, too. */
const ONCE = '@once';
const byUser = () =>
  fs
    .readdirSync(path.join(checkout, 'server'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.kernel.test.ts'))
    .map((file) => path.join('server', file))
    .filter((file) => {
      const text = fs.readFileSync(path.join(checkout, file), 'utf8');
      return (file.startsWith('server/cli/') || GOES_BY_USER.test(text)) && !text.includes(ONCE);
    });

/** On a machine that does something else besides. */
const patiently = (argv, as = asHere) => {
  const { env, ...how } = as(argv);
  return { ...how, env: { ...env, PATCHBAY_TEST_PATIENCE: '2' } };
};

const playwright =
  (name, args, as = asHere) =>
  async () => {
    const report = reportFile(name);
    const { argv, env } = as([
      process.execPath,
      bin('@playwright/test/cli.js'),
      'test',
      '--config',
      'e2e/playwright.config.ts',
      '--reporter=list,json',
      ...args,
    ]);
    const options = { minutes: 40, env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: report } };
    return counted(argv, options, report, fromPlaywright);
  };

/** @returns {Stage[]} */
export function stages() {
  const root = process.getuid?.() === 0;
  const tools = /** @type {const} */ (['tools']);
  const browser = /** @type {const} */ (['tools', 'chromium']);
  return [
    { name: 'build', title: 'Client, bundles and pages are built', needs: [], run: buildAll },
    whole('types', 'Types', bin('typescript/bin/tsc'), '--noEmit', '-p', '.'),
    whole('format', 'Lint and format', bin('@biomejs/biome/bin/biome'), 'ci', '--colors=off', '.'),
    whole(
      'arrows',
      'Import boundaries',
      bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'app',
      'components',
      'server',
      'e2e',
    ),
    whole('unused', 'Unused files, exports and packages', bin('knip/bin/knip.js'), '--no-progress'),
    {
      name: 'tidy',
      title: 'Files under 300 lines, nobody’s own paths',
      needs: [],
      run: async () => {
        const faults = tidy(checkout);
        return one(faults.length === 0, faults.join('\n'));
      },
    },
    whole('drift', 'Migrations agree with the schema', 'server/cli/prisma/check.mjs'),
    { name: 'unit', title: 'Unit, golden and property tests', needs: [], run: vitest('unit', 'unit') },
    { name: 'db', title: 'Tests with a real Postgres', needs: [], run: vitest('db', 'db') },
    // Most of their time kernel tests wait: two runs at once take hardly longer than one, with more patience.
    {
      name: 'kernel',
      title: 'Kernel tests in a lab',
      needs: tools,
      run: vitest('kernel', 'kernel', patiently),
    },
    {
      name: 'full-kernel',
      title: 'Kernel tests on a kernel that has everything, beside them',
      needs: tools,
      besideTheOneBefore: true,
      run: fullKernel,
    },
    { name: 'browser', title: 'Browser tests', needs: browser, run: playwright('browser', []) },
    ...(root
      ? [
          {
            name: 'kernel-user',
            title: 'Kernel tests that go by who runs them, as an ordinary user',
            needs: tools,
            run: (files = byUser()) =>
              vitest('kernel-user', 'kernel', (argv) => patiently(argv, asOrdinaryUser))(files),
          },
          {
            name: 'unit-user',
            title: 'Unit tests as an ordinary user, beside them',
            needs: [],
            besideTheOneBefore: true,
            run: vitest('unit-user', 'unit', asOrdinaryUser),
          },
          {
            name: 'story-user',
            title: 'The whole story in the browser as an ordinary user',
            needs: browser,
            run: playwright('story-user', ['story.spec.ts'], asOrdinaryUser),
          },
        ]
      : []),
  ];
}

async function buildAll() {
  try {
    await build(['client', 'bundles', 'pages']);
    await ensureGuestImage();
    return one(true, '');
  } catch (e) {
    return one(false, e.message);
  }
}
