// What the end of a long run repeats.
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Of a reason: the whole is where the test ran. */
const LINES = 8;

/** A failed test with the beginning of why, for the summary. @param {string} name @param {string} why */
export const withReason = (name, why) =>
  [
    name,
    ...stripVTControlCharacters(why)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(0, LINES)
      .map((line) => `    ${line.trim().slice(0, 300)}`),
  ].join('\n');

/** The files that took longest, with whole seconds. @param {Iterable<readonly [string, number]>} files milliseconds */
export const slowest = (files) =>
  [...files]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 8)
    .map(([file, ms]) => `${path.basename(file)} ${Math.round(ms / 1000)} s`);
