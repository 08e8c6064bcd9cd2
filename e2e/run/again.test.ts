import { expect, test } from 'vitest';
import { failedFiles, secondCounts } from './again.mjs';

const outcome = (files: Record<string, { passed: number; failed: number; skipped: number }>, loose = 0) => {
  const sum = (of: 'passed' | 'failed' | 'skipped') => Object.values(files).reduce((n, f) => n + f[of], 0);
  return {
    ...{ passed: sum('passed'), failed: sum('failed') + loose, skipped: sum('skipped'), files },
    failures: Object.entries(files).flatMap(([name, f]) => (f.failed > 0 ? [`${name} failed`] : [])),
    ...{ skippedNames: ['x'], output: 'told' },
  };
};
const first = outcome({
  a: { passed: 3, failed: 0, skipped: 0 },
  b: { passed: 1, failed: 2, skipped: 1 },
});

test('what failed runs once more, unless it is much or in no file', () => {
  expect(failedFiles(first)).toEqual(['b']);
  expect(failedFiles(outcome({ b: { passed: 1, failed: 2, skipped: 0 } }, 1))).toEqual([]);
  const bad = { passed: 0, failed: 1, skipped: 0 };
  expect(failedFiles(outcome({ a: bad, b: bad, c: bad, d: bad }))).toEqual([]);
  const { files: _, ...unknown } = first;
  expect(failedFiles(unknown)).toEqual([]);
});

test('the second run counts, and the first is told of', () => {
  const well = secondCounts(first, outcome({ b: { passed: 3, failed: 0, skipped: 1 } }), ['b']);
  expect(well).toMatchObject({ passed: 6, failed: 0, skipped: 1, failures: [], unsteady: ['b failed'] });
  const ill = secondCounts(first, outcome({ b: { passed: 2, failed: 1, skipped: 1 } }), ['b']);
  expect(ill).toMatchObject({ passed: 5, failed: 1, skipped: 1, failures: ['b failed'] });
  expect(ill.output).toContain('Once more, alone');
});
