// What no tool checks: files stay short, and nothing names the machine it was written on.
import fs from 'node:fs';
import path from 'node:path';

const LONGEST = 300;
const NOT_OURS = new Set([
  'node_modules',
  'dist',
  '.next',
  '.git',
  'generated',
  'test-results',
  'playwright-report',
]);

function* files(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue;
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* files(at);
    else if (entry.isFile()) yield at;
  }
}

/** Absolute paths into somebody's home or work folder, and package addresses of a private registry. */
const OWN_PATHS = [
  /(?<![\w.~-])\/(?:home|Users)\/(?!USER\b|you\b)[\w.-]+\//,
  /(?<![\w.~-])\/work\/(?:main|shared)\b/,
];
const REGISTRY = /"resolved": "https?:\/\/(?!registry\.npmjs\.org\/)/;

/**
 * @param {string} checkout
 * @returns {string[]} one line per fault
 */
export function tidy(checkout) {
  const faults = [];
  for (const file of files(checkout)) {
    const name = path.relative(checkout, file);
    if (/\.(png|svg|ico|tsbuildinfo)$/.test(name) || name === path.join('e2e', 'run', 'tidy.mjs')) continue;
    const text = fs.readFileSync(file, 'utf8');
    const lines = text.split('\n').length - 1;
    if (/\.(ts|tsx|mjs|cjs|sh)$/.test(name) && !/\.(test|spec)\.tsx?$/.test(name) && lines > LONGEST)
      faults.push(`${name}: ${lines} lines, at most ${LONGEST}`);
    text.split('\n').forEach((line, i) => {
      if (OWN_PATHS.some((p) => p.test(line))) faults.push(`${name}:${i + 1}: names somebody's own path`);
      if (REGISTRY.test(line)) faults.push(`${name}:${i + 1}: names a private registry`);
    });
  }
  return faults;
}
