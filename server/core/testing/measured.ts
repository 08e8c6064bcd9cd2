import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/*
 * Tables of docs/ that tests make, between `<!-- NAME: made by FILE -->` and `<!-- end of NAME -->`. With
 * PATCHBAY_WRITE_TABLES=1 they are written; a virtual machine hands them over in its folder of results.
 */

const docs = path.join(import.meta.dirname, '../../../docs');

/** What the document has there, without the marks; throws when the marks are missing. */
export function writtenTable(file: string, name: string): string {
  return parts(readFileSync(path.join(docs, file), 'utf8'), name).table;
}

/** The rows of that table below its head, cell by cell, and the items of the list after it. */
export function writtenRows(file: string, name: string) {
  const lines = writtenTable(file, name).split('\n');
  const rows = lines.filter((line) => line.startsWith('|')).slice(2);
  return {
    rows: rows.map((row) => row.slice(2, -2).split(' | ')),
    reasons: lines.filter((line) => line.startsWith('- ')),
  };
}

/** Puts what was measured into the document, where that was asked for. */
export function keepTable(file: string, name: string, table: string): void {
  if (process.env.PATCHBAY_WRITE_TABLES !== '1') return;
  const { before, after } = parts(readFileSync(path.join(docs, file), 'utf8'), name);
  const results = process.env.RESULTS;
  const at = results === undefined ? path.join(docs, file) : path.join(results, `docs-${file}`);
  writeFileSync(at, `${before}\n${table}\n${after}`);
}

function parts(text: string, name: string) {
  const begin = text.indexOf(`<!-- ${name}: `);
  const open = text.indexOf('\n', begin) + 1;
  const close = text.indexOf(`\n<!-- end of ${name} -->`, open - 1);
  if (begin < 0 || close < 0) throw new Error(`the document has no place for the table "${name}"`);
  return {
    before: text.slice(0, open),
    table: text.slice(open, Math.max(open, close)).trim(),
    after: text.slice(close),
  };
}

/** Rows of cells as Markdown. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
