import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { formatInterfaces } from '../libvirt/format-interface';
import { parseDomainXml } from '../libvirt/parse-domain';
import { randomNics } from '../testing/random-nics';
import type { GuestNics } from './guest-nics';
import { readNics } from './read';

/*
 * libvirt judges the interfaces that are written: its schema of domains, and its parser, by way of the driver for tests
 * that `virsh` has in itself.
 */

const schema = '/usr/share/libvirt/schemas/domain.rng';
const there = ['/usr/bin/virt-xml-validate', '/usr/bin/xmllint', '/usr/bin/virsh', schema].every((f) =>
  existsSync(f),
);
if (!there)
  console.warn(
    'SKIPPED: libvirt does not judge our interfaces (libvirt-clients, libxml2-utils, libvirt-common)',
  );

const cases = path.join(import.meta.dirname, '../testdata/nics');
const names = readdirSync(cases).sort();

describe.skipIf(!there)('libvirt', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'patchbay-nics-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'guest.xml');
  function guestWith(interfaces: string): void {
    const os = "<os><type arch='x86_64'>hvm</type></os>";
    const head = `<domain type='kvm'><name>guest</name><memory>1048576</memory>${os}`;
    writeFileSync(file, `${head}<devices>\n${interfaces}</devices></domain>\n`);
  }
  /** What the tool says; throws what it complains of. */
  function ask(...argv: readonly [string, ...string[]]): string {
    const [tool, ...words] = argv;
    try {
      return execFileSync(tool, words, { stdio: 'pipe', encoding: 'utf8' });
    } catch (e) {
      throw new Error(`${e instanceof Error ? e.message : e}\n${readFileSync(file, 'utf8')}`);
    }
  }
  const validate = () => ask('/usr/bin/virt-xml-validate', file, 'domain');
  const rewritten = () =>
    ask('/usr/bin/virsh', '-q', '-c', 'test:///default', `define ${file}; dumpxml --inactive guest`);

  test.each(names)("'s schema takes what is written: %s", (name) => {
    const input = readdirSync(path.join(cases, name)).find((f) => f.startsWith('in.')) ?? '';
    const nics = readNics(readFileSync(path.join(cases, name, input), 'utf8'));
    if (!nics.ok) throw new Error(nics.error.message);
    guestWith(formatInterfaces(nics.value.nics));
    validate();
  });

  test('reads and writes any NICs as they are, in their order', () => {
    fc.assert(
      fc.property(randomNics, ({ nics }) => {
        guestWith(formatInterfaces(nics));
        validate();
        const said = rewritten().replaceAll(/^ *<target dev='testnet\d+'\/>\n/gm, ''); // it gives one to each
        const read = parseDomainXml(said.slice(said.indexOf('<domain')));
        if (!read.ok) throw new Error(`${read.error.message}\n${said}`);
        expect(withoutMade(read.value, nics)).toEqual(withoutMade({ nics }, nics));
      }),
      { numRuns: 15 },
    );
    // Two processes for each.
  }, 120_000);

  test('refuses what is no interface, so that taking means something', () => {
    guestWith("<interface type='user'><nothing/></interface>");
    expect(validate).toThrow('fails to validate');
  });
});

/** Without what this driver makes where nothing is said: MAC addresses, taps, ids of ports. */
function withoutMade({ nics }: GuestNics, asked: GuestNics['nics']) {
  return nics.map(({ mac, tap, virtualPort, ...rest }, i) => {
    const own = asked[i];
    const { interfaceId, instanceId, ...port } = virtualPort ?? {};
    return {
      ...rest,
      mac: own?.mac === undefined ? null : mac,
      tap: own?.tap === undefined ? null : tap,
      port,
      interfaceId: own?.virtualPort?.interfaceId === undefined ? null : interfaceId,
      instanceId: own?.virtualPort?.instanceId === undefined ? null : instanceId,
    };
  });
}
