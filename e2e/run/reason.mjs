import { stripVTControlCharacters } from 'node:util';

/** Of a reason, how much the end of a long run repeats: the whole is where the test ran. */
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
