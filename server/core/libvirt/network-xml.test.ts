import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Network } from '../kinds/network';
import { randomLibvirtNetwork } from '../testing/random-libvirt';
import * as attributes from './attributes';
import { formatNetworkXml } from './format-network';
import { parseNetworkXml } from './parse-network';

const testdata = path.join(import.meta.dirname, '../testdata');
const casesOf = (folder: string) => readdirSync(path.join(testdata, folder)).sort();
const read = (file: string) => readFileSync(file, 'utf8');

function parsed(xml: string, taken: readonly string[] = []): Network {
  const network = parseNetworkXml(xml, { taken });
  if (!network.ok) throw new Error(network.error.problems?.map((p) => p.message).join('\n'));
  return network.value;
}
function problemsOf(xml: string): readonly string[] {
  const network = parseNetworkXml(xml);
  return network.ok
    ? []
    : (network.error.problems ?? []).map((p) => `${p.code} ${p.path.join('.') || 'network'}\n  ${p.message}`);
}

describe('network XML', () => {
  test.each(casesOf('xml'))('is read and written: %s', async (name) => {
    const folder = path.join(testdata, 'xml', name);
    const network = parsed(read(path.join(folder, 'in.xml')));
    await expect(`${JSON.stringify(network, null, 2)}\n`).toMatchFileSnapshot(
      path.join(folder, 'network.json'),
    );
    const out = formatNetworkXml(network);
    await expect(out).toMatchFileSnapshot(path.join(folder, 'out.xml'));
    expect(parsed(out)).toEqual(network);
  });

  test.each(casesOf('reject-xml'))('is refused: %s', async (name) => {
    const folder = path.join(testdata, 'reject-xml', name);
    const problems = problemsOf(read(path.join(folder, 'input.xml')));
    expect(problems).not.toEqual([]);
    await expect(`${problems.join('\n')}\n`).toMatchFileSnapshot(path.join(folder, 'problems.txt'));
  });

  test('any network: written, read, the same', () => {
    fc.assert(
      fc.property(randomLibvirtNetwork, (network) => {
        const xml = formatNetworkXml(network);
        expect(parsed(xml)).toEqual(network);
        expect(formatNetworkXml(parsed(xml))).toBe(xml);
      }),
      { numRuns: 300 },
    );
  });

  test('every attribute is in a case', () => {
    const xml = casesOf('xml')
      .map((name) => read(path.join(testdata, 'xml', name, 'in.xml')))
      .join('');
    const known = new Set(Object.values(attributes).flatMap((schema) => Object.keys(schema.shape)));
    known.delete('floor'); // read to be refused with a reason: see reject-xml/floor
    expect([...known].filter((name) => !new RegExp(` ${name}=`).test(xml))).toEqual([]);
  });

  test('what comes out of a broken document is refused, never thrown', () => {
    const documents = casesOf('xml').map((name) => read(path.join(testdata, 'xml', name, 'in.xml')));
    fc.assert(
      fc.property(
        fc.constantFrom(...documents),
        fc.nat(),
        fc.nat(20),
        fc.constantFrom('', '<', '>', "'", '&', '</x>', '<x/>', 'x', '\u0000', '&#0;', '\u{d800}', ']]>'),
        (document, at, length, what) => {
          const start = at % document.length;
          const broken = document.slice(0, start) + what + document.slice(start + length);
          const network = parseNetworkXml(broken);
          if (network.ok) expect(parsed(formatNetworkXml(network.value))).toEqual(network.value);
          else
            for (const { message } of network.error.problems ?? []) {
              expect(message).toMatch(/[.!]$/);
              expect(message.length).toBeLessThan(600);
            }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a bridge without a name', () => {
  const xml = "<network><name>a</name><bridge name='NAME'/></network>";
  test('gets the first that is free', () => {
    const nameless = '<network><name>a</name></network>';
    expect(parsed(nameless).bridge).toEqual({ name: 'virbr0', stp: true });
    expect(parsed(nameless, ['virbr0', 'virbr2', 'virbr1']).bridge?.name).toBe('virbr3');
    expect(parsed(xml.replace('NAME', 'lab%d'), ['lab0']).bridge?.name).toBe('lab1');
    expect(parsed(xml.replace('NAME', 'virbr0'), ['virbr0']).bridge?.name).toBe('virbr0');
  });
  test('keeps the one that its network has already', () => {
    const known = (network: string) => (network === 'a' ? 'virbr7' : undefined);
    const bridgeOf = (name: string) => {
      const network = parseNetworkXml(`<network><name>${name}</name></network>`, {
        taken: ['virbr7'],
        known,
      });
      return network.ok ? network.value.bridge?.name : null;
    };
    expect(bridgeOf('a')).toBe('virbr7');
    expect(bridgeOf('b')).toBe('virbr0');
  });
  test('is refused when none is free', () => {
    const taken = Array.from({ length: 300 }, (_, n) => `virbr${n}`);
    const network = parseNetworkXml('<network><name>a</name></network>', { taken });
    expect(network.ok ? '' : network.error.message).toBe(
      '<network>: all names that its bridge could have are taken.',
    );
  });
});

describe('hostile XML', () => {
  const around = (inside: string) => `<network><name>a</name>${inside}</network>`;
  test.each([
    ['10 MB', around(`<description>${'x'.repeat(10_000_000)}</description>`), 'XML_TOO_LONG'],
    ['65 levels', around(`<metadata>${'<a>'.repeat(64)}${'</a>'.repeat(64)}</metadata>`), 'XML_TOO_DEEP'],
    ['90 000 levels', '<a>'.repeat(90_000), 'XML_TOO_DEEP'],
    ['90 000 unclosed quotes', '<a b="'.repeat(90_000), 'XML_MALFORMED'],
    ['200 000 attributes', around(`<ip ${'a="" '.repeat(190_000)}/>`), 'XML_MALFORMED'],
    [
      'declarations upon declarations',
      around(
        `<metadata><m ${Array.from({ length: 20_000 }, (_, i) => `xmlns:n${i}="u"`).join(' ')}>${'<a xmlns:b="c"/>'.repeat(35_000)}</m></metadata>`,
      ),
      'MALFORMED',
    ],
    [
      'deep and wide',
      around(`${'<a>'.repeat(60)}${'<b/>'.repeat(90_000)}${'</a>'.repeat(60)}`),
      'XML_REFUSED',
    ],
    ['wide', around('<b/>'.repeat(90_000)), 'XML_REFUSED'],
    ['wider', around('<b/>'.repeat(200_000)), 'XML_TOO_LONG'],
    [
      'entities of entities',
      `<!DOCTYPE a [<!ENTITY b "${'c'.repeat(1000)}">]>${around(`<title>${'&b;'.repeat(1000)}</title>`)}`,
      'XML_DOCTYPE',
    ],
    [
      'a file as entity',
      `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${around('<title>&b;</title>')}`,
      'XML_DOCTYPE',
    ],
    ['a document type only', `<!DOCTYPE network SYSTEM "http://x/">${around('')}`, 'XML_DOCTYPE'],
  ])('%s', (_, xml, code) => {
    // Of the processor, not of the clock: others may be using it.
    const before = process.cpuUsage();
    const network = parseNetworkXml(xml);
    const { user, system } = process.cpuUsage(before);
    expect(network.ok ? 'taken' : network.error.problems?.[0]?.code).toBe(code);
    expect((user + system) / 1000).toBeLessThan(5000);
  });
  test('metadata cannot leave its element', () => {
    for (const inside of [
      '</metadata><bridge name="x"/><metadata>',
      '<a>',
      'text',
      '</metadata><!--',
      '<p:a/>',
    ])
      expect(parseNetworkXml(around(`<metadata>${inside}</metadata>`)).ok).toBe(false);
  });
});

/* libvirt's own samples, where they lie beside the repository (their licence keeps them out of it). */
const samples = path.join(import.meta.dirname, '../../../../shared/data/libvirt');
const there = existsSync(samples);
if (!there) console.warn(`SKIPPED: libvirt's samples of network XML are not in ${path.resolve(samples)}`);
const samplesOf = (folder: string, suffix: string) =>
  there ? readdirSync(path.join(samples, folder)).filter((f) => f.endsWith(suffix)) : [];

describe.skipIf(!there)("libvirt's samples", () => {
  test.each(samplesOf('xml', '.in.xml'))('%s comes out as libvirt writes it', (file) => {
    const xml = formatNetworkXml(parsed(read(path.join(samples, 'xml', file))));
    expect(xml).toBe(read(path.join(samples, 'xml', file.replace('.in.xml', '.out.xml'))));
  });
  test.each(samplesOf('xml', '.out.xml'))('%s stays as it is', (file) => {
    const xml = read(path.join(samples, 'xml', file));
    expect(formatNetworkXml(parsed(xml))).toBe(xml);
  });
  test.each(samplesOf('conf', '.xml'))('%s is read', (file) => {
    const network = parsed(read(path.join(samples, 'conf', file)));
    expect(parsed(formatNetworkXml(network))).toEqual(network);
  });
  test.each(samplesOf('reject', '.xml'))('%s is refused', (file) => {
    expect(problemsOf(read(path.join(samples, 'reject', file)))).not.toEqual([]);
  });
});
