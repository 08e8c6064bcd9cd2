// `npm test`: prepares what a fresh clone lacks, runs every stage, goes on after a failed one, and ends with one
// summary. `npm test -- types unit` runs only these stages.
import { say } from '../server/cli/progress.mjs';
import { failedFiles, secondCounts } from './run/again.mjs';
import { prepareTests } from './run/prepare.mjs';
import { stages } from './run/stages.mjs';

process.umask(0o022);
const asked = process.argv.slice(2).filter((a) => !a.startsWith('-'));
const known = stages();
const unknown = asked.filter((a) => !known.some((s) => s.name === a));
if (unknown.length > 0) {
  say(`There is no stage ${unknown.join(', ')}. Stages: ${known.map((s) => s.name).join(', ')}.`);
  process.exit(2);
}
const chosen = known.filter((s) => asked.length === 0 || asked.includes(s.name));

try {
  await prepareTests(chosen);
} catch (e) {
  say(e.name === 'NotReady' ? e.message : e.stack);
  process.exit(1);
}

const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const remarks = [];
/** @type {string[]} */
const failures = [];
/** @type {string[]} */
const times = [];
/** @type {string[]} */
const slow = [];
/** Seconds; of stages that take longer it is said what takes long. */
const LONG = 60;
const begun = performance.now();
const since = (started) => (performance.now() - started) / 1000;

async function runOnce(stage, files) {
  const started = performance.now();
  process.stdout.write(`${stage.title} …\n`);
  const tick = setInterval(
    () => process.stdout.write(`  … ${stage.name}: ${Math.round(since(started))} s\n`),
    30_000,
  );
  const outcome = await stage.run(files);
  clearInterval(tick);
  return { outcome, seconds: since(started) };
}

/** Some failed, maybe because others ran beside them: they are judged alone. */
async function runAgain(stage, first) {
  const files = failedFiles(first.outcome);
  if (files.length === 0) return first;
  process.stdout.write(`${first.outcome.output.trimEnd()}\n`);
  process.stdout.write(`Failed in ${stage.name}, runs once more, alone: ${files.join(', ')}\n`);
  const { outcome, seconds } = await runOnce(stage, files);
  return { outcome: secondCounts(first.outcome, outcome, files), seconds: first.seconds + seconds };
}

function tell({ name }, { outcome, seconds }) {
  times.push(`${name} ${Math.round(seconds)} s`);
  if (seconds > LONG && outcome.slowest) slow.push(`slowest in ${name}: ${outcome.slowest.join(', ')}`);
  for (const of of ['passed', 'failed', 'skipped']) total[of] += outcome[of];
  const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : '';
  if (outcome.failed > 0) {
    process.stdout.write(`${outcome.output.trimEnd()}\n`);
    const all = outcome.passed + outcome.failed;
    failures.push(
      `FAILED ${name}: ${outcome.failed} of ${all}`,
      ...outcome.failures.map((of) => `failed in ${name}: ${of}`),
    );
  }
  for (const of of outcome.unsteady ?? [])
    slow.push(`UNSTEADY in ${name}, failed beside other stages: ${of}`);
  for (const of of outcome.skippedNames) remarks.push(`skipped in ${name}: ${of}`);
  const verdict = outcome.failed > 0 ? 'FAILED' : 'ok';
  process.stdout.write(
    `  ${name} ${verdict}: ${outcome.passed} passed, ${outcome.failed} failed${skipped} in ${seconds.toFixed(1)} s\n`,
  );
}

/** A stage runs together with those after it that are said to run beside it. */
for (let i = 0; i < chosen.length; ) {
  let end = i + 1;
  while (chosen[end]?.besideTheOneBefore) end += 1;
  const group = chosen.slice(i, end);
  const ran = await Promise.all(
    group.map(async (stage) => {
      const first = await runOnce(stage);
      if (group.length === 1 || first.outcome.failed === 0) tell(stage, first);
      return first;
    }),
  );
  for (const [n, stage] of group.entries())
    if (group.length > 1 && ran[n].outcome.failed > 0) tell(stage, await runAgain(stage, ran[n]));
  i = end;
}

process.stdout.write(`\n${Math.round((performance.now() - begun) / 1000)} s: ${times.join(', ')}\n`);
for (const remark of [...remarks, ...slow, ...failures]) process.stdout.write(`${remark}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
