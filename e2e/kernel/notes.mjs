// A reporter of Vitest for runs that may be cut short: it notes at once what begins and what became of it, one JSON
// line each, in the file that `PATCHBAY_TEST_NOTES` names. `readNotes` reads it.
import fs from 'node:fs';
import path from 'node:path';

/** What tests print on a kernel, or a machine, that lacks what they are about. */
const UNTRIED = /^(SKIPPED|NOT TRIED)\b.*/gm;

/** With what brought it about: of a property, the run that failed. */
const said = ({ message, cause }) => (cause ? `${message}\n${said(cause)}` : message);

/** Vitest takes a reporter's default export. */
export default class Notes {
  #file = process.env.PATCHBAY_TEST_NOTES ?? '';
  #root = '';
  #now = '';

  #note(line) {
    fs.appendFileSync(this.#file, `${JSON.stringify({ at: performance.now(), ...line })}\n`);
  }
  #begin(file, what) {
    this.#now = path.relative(this.#root, file);
    this.#note({ is: 'begun', file: this.#now, what });
  }
  #broken(task) {
    const errors = task.errors();
    if (errors.length === 0) return;
    const file = path.relative(this.#root, (task.module ?? task).moduleId);
    this.#note({
      is: 'broken',
      file,
      name: task.fullName ?? '',
      why: errors.map(said).join('\n'),
    });
  }

  onInit(vitest) {
    this.#root = vitest.config.root;
  }
  onTestModuleQueued(module) {
    this.#begin(module.moduleId, 'loading the file');
  }
  onHookStart({ name, entity }) {
    const of = entity.type === 'module' ? 'the file' : entity.fullName;
    this.#begin((entity.module ?? entity).moduleId, `${name} of ${of}`);
  }
  onTestCaseReady(test) {
    this.#begin(test.module.moduleId, test.fullName);
  }
  onTestCaseResult(test) {
    const { state, errors = [] } = test.result();
    const file = path.relative(this.#root, test.module.moduleId);
    const why = errors.map(said).join('\n');
    this.#note({ is: 'test', file, name: test.fullName, state, ms: test.diagnostic()?.duration ?? 0, why });
  }
  onTestSuiteResult(suite) {
    this.#broken(suite);
  }
  onTestModuleEnd(module) {
    this.#broken(module);
    this.#note({ is: 'end', file: path.relative(this.#root, module.moduleId) });
  }
  onUserConsoleLog({ content }) {
    for (const [line] of content.matchAll(UNTRIED)) this.#note({ is: 'untried', file: this.#now, line });
  }
  onTestRunEnd(_, errors) {
    for (const e of errors) this.#note({ is: 'broken', file: this.#now, name: '', why: said(e) });
    this.#note({ is: 'over' });
  }
}

/**
 * @typedef {{file: string, name: string, state: 'passed' | 'failed' | 'skipped', ms: number, why: string}} NotedTest
 * @typedef {{
 *   tests: NotedTest[],
 *   broken: {file: string, name: string, why: string}[],
 *   untried: {file: string, line: string}[],
 *   seconds: Record<string, number>,
 *   running: {file: string, what: string} | null,
 * }} Noted `seconds` by file, with loading and hooks; `broken` are hooks that failed and files that did not load;
 * `running` is what had begun last when the run was cut short
 */

/** @param {string} text @returns {Noted} */
export function readNotes(text) {
  /** @type {Noted} */
  const noted = { tests: [], broken: [], untried: [], seconds: {}, running: null };
  /** @type {Record<string, number>} */
  const began = {};
  for (const line of text.split('\n')) {
    if (!line.endsWith('}')) continue; // cut short in the middle of a line
    const { is, at, ...rest } = JSON.parse(line);
    if (is === 'begun') {
      began[rest.file] ??= at;
      noted.running = rest;
    } else if (is === 'test') noted.tests.push(rest);
    else if (is === 'broken') noted.broken.push(rest);
    else if (is === 'untried') noted.untried.push(rest);
    else if (is === 'end') noted.seconds[rest.file] = (at - (began[rest.file] ?? at)) / 1000;
    else if (is === 'over') noted.running = null;
  }
  return noted;
}
