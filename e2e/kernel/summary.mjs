// What a full kernel run came to, for people: a row for every file, then whatever is not as it should be.
import { slowest, withReason } from '../run/report.mjs';
import { readNotes } from './notes.mjs';

/**
 * Judges a run. A test that neither root nor an ordinary user has run counts as failed, and so does what root's run
 * said it had not tried: on a kernel that has everything there is no reason for either.
 * @param {{code: number | string, notes: Readonly<Record<string, string>>}} ran the exit code or why there is none, and
 * what was noted by whom: `root`, `user`
 * @returns {import('../run/stages.mjs').Outcome & {summary: string}} the summary ends with a line break
 */
export function judged({ code, notes }) {
  const runs = Object.values(notes).map(readNotes);
  const first = readNotes(notes.root ?? '');
  /** @type {Map<string, import('./notes.mjs').NotedTest[]>} */
  const became = new Map();
  for (const test of runs.flatMap((r) => r.tests)) {
    const id = `${test.file}: ${test.name}`;
    became.set(id, [...(became.get(id) ?? []), test]);
  }
  const faults = [];
  /** @type {Record<string, import('../run/again.mjs').OfFile>} */
  const rows = {};
  const rowOf = (file) => (rows[file] ??= { passed: 0, failed: 0, skipped: 0 });
  for (const [id, times] of became) {
    const row = rowOf(times[0].file);
    const bad = times.find((t) => t.state === 'failed');
    const passed = !bad && times.some((t) => t.state === 'passed');
    row[passed ? 'passed' : 'failed']++;
    if (bad) faults.push(`FAILED ${id}\n${indented(bad.why)}`);
    else if (!passed) faults.push(`SKIPPED, which counts as failed here: ${id}`);
  }
  const broken = runs.flatMap((r) => r.broken);
  const others = [
    ...broken.map((b) => `BROKEN ${b.file} ${b.name}\n${indented(b.why)}`),
    // Root's run skips what is for ordinary users, and theirs what is for root: only root's is asked.
    ...first.untried.map((u) => `${u.file} says: ${u.line}`),
  ];
  for (const { file } of [...broken, ...first.untried]) rowOf(file).failed++;
  const at = runs.flatMap((r) => r.running ?? []).map((begun) => ` It was at ${begun.file}: ${begun.what}`);
  if (typeof code !== 'number') others.push(`${code}${at.join('')}`);
  // Vitest may end with a failure that it told nobody of, or be ended.
  else if (code !== 0 && faults.length + others.length === 0)
    others.push(`The run ended with ${code}; its output says why.${at.join('')}`);
  const passed = Object.values(rows).reduce((sum, r) => sum + r.passed, 0);
  const seconds = (file) => runs.reduce((sum, r) => sum + (r.seconds[file] ?? 0), 0);
  const table = Object.entries(rows)
    .sort(([a], [b]) => seconds(b) - seconds(a))
    .map(([file, r]) => {
      const bad = r.failed > 0 ? `, ${r.failed} failed` : '';
      return `${seconds(file).toFixed(1).padStart(8)} s  ${file}: ${r.passed} passed${bad}`;
    });
  const summary = [...table, ...faults, ...others].map((line) => `${line}\n`).join('');
  return {
    passed,
    failed: faults.length + others.length,
    skipped: 0,
    failures: [...faults, ...others].map((fault) => {
      const [name = '', ...why] = fault.split('\n');
      return withReason(name, why.join('\n'));
    }),
    skippedNames: [],
    files: rows,
    output: '',
    summary,
    slowest: slowest(Object.keys(rows).map((file) => [file, seconds(file) * 1000])),
  };
}

const indented = (text) =>
  text
    .split('\n')
    .slice(-16)
    .map((line) => `    ${line}`)
    .join('\n');
