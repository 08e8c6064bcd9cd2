// `npm test`: prepares what a fresh clone lacks, runs every stage, goes on after a failed one, and ends with one
// summary. `npm test -- types unit` runs only these stages.
import { say } from '../server/cli/progress.mjs';
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
async function runStage(stage) {
  const started = performance.now();
  process.stdout.write(`${stage.title} …\n`);
  const tick = setInterval(
    () => process.stdout.write(`  … ${stage.name}: ${Math.round((performance.now() - started) / 1000)} s\n`),
    30_000,
  );
  const outcome = await stage.run();
  clearInterval(tick);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  times.push(`${stage.name} ${Math.round(Number(seconds))} s`);
  if (Number(seconds) > LONG && outcome.slowest)
    slow.push(`slowest in ${stage.name}: ${outcome.slowest.join(', ')}`);
  total.passed += outcome.passed;
  total.failed += outcome.failed;
  total.skipped += outcome.skipped;
  const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : '';
  if (outcome.failed > 0) {
    process.stdout.write(`${outcome.output.trimEnd()}\n`);
    const all = outcome.passed + outcome.failed;
    failures.push(
      `FAILED ${stage.name}: ${outcome.failed} of ${all}`,
      ...outcome.failures.map((name) => `failed in ${stage.name}: ${name}`),
    );
  }
  for (const name of outcome.skippedNames) remarks.push(`skipped in ${stage.name}: ${name}`);
  const verdict = outcome.failed > 0 ? 'FAILED' : 'ok';
  process.stdout.write(
    `  ${stage.name} ${verdict}: ${outcome.passed} passed, ${outcome.failed} failed${skipped} in ${seconds} s\n`,
  );
}

/** A stage runs together with those after it that are said to run beside it. */
for (let i = 0; i < chosen.length; ) {
  let end = i + 1;
  while (chosen[end]?.besideTheOneBefore) end += 1;
  await Promise.all(chosen.slice(i, end).map(runStage));
  i = end;
}

process.stdout.write(`\n${Math.round((performance.now() - begun) / 1000)} s: ${times.join(', ')}\n`);
for (const remark of [...remarks, ...slow, ...failures]) process.stdout.write(`${remark}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
