// What failed while other stages ran beside it runs once more, alone: the machine was not its own.

/**
 * @typedef {{passed: number, failed: number, skipped: number}} OfFile
 * @typedef {import('./stages.mjs').Outcome} Outcome
 */

/** With more than these something is wrong that does not pass. */
const MOST = 3;

/** The files to run once more; none where not all of what failed is in a few files. @param {Outcome} outcome */
export function failedFiles({ failed, files = {} }) {
  const bad = Object.keys(files).filter((f) => files[f].failed > 0);
  const accounted = bad.reduce((sum, f) => sum + files[f].failed, 0);
  return accounted === failed && bad.length <= MOST ? bad : [];
}

/**
 * What both runs came to: of these files the second counts, and why the first failed is kept.
 * @param {Outcome} first @param {Outcome} second @param {readonly string[]} files
 * @returns {Outcome}
 */
export function secondCounts(first, second, files) {
  const count = (of) => first[of] - files.reduce((sum, f) => sum + first.files[f][of], 0) + second[of];
  return {
    ...first,
    ...{ passed: count('passed'), failed: count('failed'), skipped: count('skipped') },
    failures: second.failures,
    unsteady: first.failures,
    output: second.failed > 0 ? `${first.output}\nOnce more, alone:\n${second.output}` : '',
  };
}
