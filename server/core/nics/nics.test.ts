import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as attributes from '../libvirt/interface-attributes';
import type { Result } from '../result';
import { randomNics } from '../testing/random-nics';
import type { ReadNics } from './guest-nics';
import { type NicFormat, readNics } from './read';
import { type NicRendering, renderNics } from './render';

const testdata = path.join(import.meta.dirname, '../testdata');
const casesOf = (folder: string) => readdirSync(path.join(testdata, folder)).sort();

/** Its name says who describes the NICs: `in.xml` of libvirt, `in.cfg` of autotest, `in.json` and `in.txt` of Ganeti. */
const FORMATS: Readonly<Record<string, NicFormat>> = {
  '.xml': 'libvirt',
  '.cfg': 'autotest',
  '.json': 'ganeti',
  '.txt': 'ganeti',
};
function inputOf(folder: string): { readonly text: string; readonly format: NicFormat } {
  const file = readdirSync(folder).find((f) => f.startsWith('in.')) ?? '';
  const format = FORMATS[path.extname(file)];
  if (format === undefined) throw new Error(`${folder} has no in.xml, in.cfg, in.json or in.txt`);
  return { text: readFileSync(path.join(folder, file), 'utf8'), format };
}

const sentences = (result: Result<unknown>): readonly string[] =>
  result.ok ? [] : (result.error.problems ?? [result.error]).map((p) => p.message);
function read(text: string, from?: NicFormat): ReadNics {
  const nics = readNics(text, from);
  if (!nics.ok) throw new Error(sentences(nics).join('\n'));
  return nics.value;
}
const of = ({ notes: _, ...guest }: ReadNics) => guest;

/** What is shown, or why it cannot be. */
function shown(
  nics: ReadNics,
  to: NicRendering,
): { readonly text: string; readonly notes: readonly string[] } {
  const rendered = renderNics(nics, to);
  if (rendered.ok) return rendered.value;
  return {
    text: sentences(rendered)
      .map((s) => `REFUSED ${s}\n`)
      .join(''),
    notes: [],
  };
}

describe('NICs', () => {
  test.each(casesOf('nics'))('are read and written: %s', async (name) => {
    const folder = path.join(testdata, 'nics', name);
    const { text, format } = inputOf(folder);
    const nics = read(text, format);
    expect(read(text)).toEqual(nics);
    const [interfaces, qemu] = [shown(nics, 'interfaces'), shown(nics, 'qemu')];
    const notes = { read: nics.notes, interfaces: interfaces.notes, qemu: qemu.notes };
    const said = Object.entries(notes).flatMap(([when, all]) => all.map((note) => `${when}: ${note}\n`));
    const file = (what: string) => path.join(folder, what);
    await expect(shown(nics, 'json').text).toMatchFileSnapshot(file('nics.json'));
    await expect(interfaces.text).toMatchFileSnapshot(file('interfaces.xml'));
    await expect(qemu.text).toMatchFileSnapshot(file('qemu.txt'));
    await expect(said.join('')).toMatchFileSnapshot(file('notes.txt'));
  });

  test.each(casesOf('reject-nics'))('are refused: %s', async (name) => {
    const folder = path.join(testdata, 'reject-nics', name);
    const { text, format } = inputOf(folder);
    const problems = sentences(readNics(text, format));
    expect(problems).not.toEqual([]);
    await expect(`${problems.join('\n')}\n`).toMatchFileSnapshot(path.join(folder, 'problems.txt'));
  });

  test('any NICs: written for libvirt, read, the same in the same order', () => {
    fc.assert(
      fc.property(randomNics, (guest) => {
        const { text } = shown({ ...guest, notes: [] }, 'interfaces');
        if (guest.nics.length > 0) {
          expect(of(read(text, 'libvirt'))).toEqual(guest);
          expect(shown(read(text, 'libvirt'), 'interfaces').text).toBe(text);
        }
        expect(of(read(`<domain><devices>${text}</devices></domain>`))).toEqual(guest);
      }),
      { numRuns: 150 },
    );
  });

  test('every attribute that is kept is in a case', () => {
    const xml = casesOf('nics')
      .map((name) => inputOf(path.join(testdata, 'nics', name)))
      .filter(({ format }) => format === 'libvirt')
      .map(({ text }) => text)
      .join('');
    const kept = Object.values(attributes).flatMap((schema) =>
      Object.keys(schema.shape).filter(
        (name) => schema.safeParse({ [name]: 'x' }).error?.message.includes('cannot keep') !== true,
      ),
    );
    expect(kept.filter((name) => !new RegExp(` ${name}=`).test(xml))).toEqual([]);
  });

  test('what comes out of a broken text is refused, never thrown', () => {
    const inputs = casesOf('nics').map((name) => inputOf(path.join(testdata, 'nics', name)));
    fc.assert(
      fc.property(
        fc.constantFrom(...inputs),
        fc.nat(),
        fc.nat(20),
        fc.constantFrom(
          '',
          '<',
          '>',
          "'",
          '=',
          ':',
          ',',
          '_nic1',
          '</x>',
          'x',
          '\u0000',
          '{',
          ']',
          '\n',
          '9',
        ),
        ({ text, format }, at, length, what) => {
          const start = at % text.length;
          const result = readNics(text.slice(0, start) + what + text.slice(start + length), format);
          for (const message of sentences(result)) {
            expect(message).toMatch(/[.!?]$/);
            expect(message.length).toBeLessThan(600);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each<[string, string, NicFormat]>([
    ['16 000 interfaces', "<interface type='user'/>".repeat(16_000), 'libvirt'],
    ['90 000 unknown elements', `<interface type='user'>${'<x/>'.repeat(90_000)}</interface>`, 'libvirt'],
    ['100 000 other parameters', 'mem = 5\n'.repeat(100_000), 'autotest'],
    ['as many NICs as there is room for', `nics = ${'n '.repeat(490_000)}`, 'autotest'],
    ['300 000 words', '0: '.repeat(300_000), 'ganeti'],
    ['200 000 addresses', `{"nic.macs": [${'null,'.repeat(190_000)}null]}`, 'ganeti'],
    ['2 MB', ' '.repeat(2_000_000), 'autotest'],
  ])('what is far too much is refused soon: %s', (_, text, format) => {
    const before = process.cpuUsage();
    const problems = sentences(readNics(text, format));
    const { user, system } = process.cpuUsage(before);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(20);
    expect((user + system) / 1000).toBeLessThan(5000);
  });

  test.each(['', 'hello', '   \n', '#a = b'])('a text that nobody writes is refused: %j', (text) => {
    expect(sentences(readNics(text))).toEqual([expect.stringMatching(/^This is neither/)]);
  });
});
