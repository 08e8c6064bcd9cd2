import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkout } from './checkout';
import { commandForTest } from './testing/command';

/* The verb `nics` as it is typed: what comes out where, and with which exit code. */

const cases = path.join(checkout(), 'server/core/testdata/nics');
const firewall = path.join(cases, 'five-nic-firewall-with-macs');
const { bundle } = commandForTest();

function patchbay(words: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle(), ...words], {
    encoding: 'utf8',
    input,
  });
  return { code: status, stdout, stderr };
}
const golden = (file: string) => readFileSync(path.join(firewall, file), 'utf8');

describe('patchbay nics', () => {
  test.each([
    ['interfaces', 'interfaces.xml'],
    ['qemu', 'qemu.txt'],
    ['json', 'nics.json'],
  ])('shows them as %s, and says beside it what else there is to know', (to, file) => {
    const { code, stdout, stderr } = patchbay(['nics', path.join(firewall, 'in.xml'), '--to', to]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: golden(file) });
    expect(stderr).toMatch(/^(Note: [^\n]+\.\n)*$/);
    expect(stderr === '').toBe(to === 'json');
  });

  test('reads standard input, and what it has written itself', () => {
    const interfaces = golden('interfaces.xml');
    for (const from of [[], ['--from', 'libvirt']])
      expect(patchbay(['nics', '-', '--to', 'interfaces', ...from], interfaces)).toMatchObject({
        code: 0,
        stdout: interfaces,
      });
  });

  test.each([
    ['what is not there', ['/nonexistent'], '', /^patchbay: \/nonexistent cannot be read: [^\n]+\.\n$/],
    ['what nobody writes', ['-'], 'hello', /^patchbay: This is neither [^\n]+\.\n$/],
    [
      'each problem with its place',
      ['-', '--from', 'autotest'],
      'netdst = br0\nmem = 1\ncpu = 2\n',
      /^patchbay: Line 2: [^\n]+\.\npatchbay: Line 3: [^\n]+\.\n$/,
    ],
    [
      'what is of another kind than said',
      ['-', '--from', 'libvirt'],
      'netdst = br0\n',
      /^patchbay: The XML is malformed in line 1, column 1: [^\n]+\.\n$/,
    ],
  ])('refuses %s with exit code 1', (_, words, input, message) => {
    const { code, stdout, stderr } = patchbay(['nics', ...words, '--to', 'json'], input);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test.each([
    [[]],
    [['-']],
    [['-', '--to', 'yaml']],
    [['-', '--to', 'json', '--from', 'xen']],
    [['-', '--to', 'json', 'more']],
  ])('wrong usage is one sentence and exit code 2: %j', (words) => {
    const { code, stdout, stderr } = patchbay(['nics', ...words]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^patchbay: [^\n]+\n$/);
  });

  test('has help', () => {
    const { code, stdout } = patchbay(['nics', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--from <what>.*libvirt.*autotest.*ganeti/s);
  });
});
