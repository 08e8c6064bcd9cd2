import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { asOld, rng } from '../testing/libvirt-schema';
import { randomLibvirtNetwork } from '../testing/random-libvirt';
import { formatNetworkXml } from './format-network';
import { parseNetworkXml } from './parse-network';

/* libvirt's own schema judges what is written: where `virt-xml-validate` and the schema of networks are installed. */

const validator = '/usr/bin/virt-xml-validate';
// It hands the work to xmllint, which its package only recommends.
const there = rng !== '' && [validator, '/usr/bin/xmllint'].every((file) => existsSync(file));
if (!there)
  console.warn(
    'SKIPPED: libvirt does not judge our XML, virt-xml-validate is not installed (libvirt-clients, libxml2-utils)',
  );

const cases = path.join(import.meta.dirname, '../testdata/xml');
const names = readdirSync(cases).sort();
describe.skipIf(!there)("libvirt's schema", () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'patchbay-xml-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** What the validator says; empty when it takes the file. */
  function verdict(xml: string): string {
    const file = path.join(folder, 'network.xml');
    writeFileSync(file, xml);
    try {
      execFileSync(validator, [file, 'network'], { stdio: 'pipe', encoding: 'utf8' });
      return '';
    } catch (e) {
      return `${e instanceof Error ? e.message : e}\n${xml}`;
    }
  }

  test.each(names)('takes what is written: %s', (name) => {
    const network = parseNetworkXml(readFileSync(path.join(cases, name, 'in.xml'), 'utf8'));
    if (!network.ok) throw new Error(network.error.message);
    expect(verdict(formatNetworkXml(asOld(network.value)))).toBe('');
  });

  test('takes whatever is written', () => {
    fc.assert(
      fc.property(randomLibvirtNetwork, (network) => {
        expect(verdict(formatNetworkXml(asOld(network)))).toBe('');
      }),
      { numRuns: 60 },
    );
  });

  test('refuses what is no network, so that taking means something', () => {
    expect(verdict('<network><name>a</name><nothing/></network>')).toContain('fails to validate');
  });

  test('has no element and no attribute that no case has', () => {
    const xml = names.map((name) => readFileSync(path.join(cases, name, 'in.xml'), 'utf8')).join('');
    const words = (what: string) =>
      [...rng.matchAll(new RegExp(`<${what} name="([^"]+)"`, 'g'))].map((m) => m[1]);
    // Only domains have a classID; floor is refused with a reason.
    const elsewhere = ['classID', 'floor'];
    expect(words('element').filter((w) => !new RegExp(`[<:]${w}[ />]`).test(xml))).toEqual([]);
    expect(
      words('attribute').filter((w) => !elsewhere.includes(String(w)) && !new RegExp(` ${w}=`).test(xml)),
    ).toEqual([]);
  });
});
