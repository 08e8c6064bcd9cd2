import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { facts } from './inspect';
import { Observed } from './observed';
import { toTopology } from './topology-build';

const golden = (name: string): Observed =>
  Observed.parse(
    JSON.parse(
      readFileSync(join(import.meta.dirname, 'testdata', 'topology', name, 'observed.json'), 'utf8'),
    ),
  );
const lab = golden('lab-full');
const kvm = golden('kvm-host');

function lookUp(observed: Observed, id: string, title: string, label: string) {
  return facts(observed, id)
    .find((g) => g.title === title)
    ?.facts.find((f) => f.label === label);
}

describe('facts', () => {
  it('has something for everything that is drawn', () => {
    for (const observed of [lab, kvm, golden('open-vswitch')]) {
      const { nodes } = toTopology([{ observed, rates: {}, pending: [] }]);
      for (const node of Object.values(nodes))
        if (!node.id.includes('/ovs/')) expect(facts(observed, node.id), node.id).not.toEqual([]);
    }
  });

  it('names the command of every fact', () => {
    for (const group of facts(lab, 'lab:demo/link/virbr1'))
      for (const fact of group.facts) expect(fact.command, fact.label).not.toBe('');
    expect(lookUp(lab, 'lab:demo/link/virbr1', 'Link', 'Kind')).toMatchObject({ value: 'bridge' });
    expect(lookUp(lab, 'lab:demo/link/virbr1', 'Link', 'Kind')?.command).toMatch(/^ip .*addr/);
  });

  it('shows the reason where it does not know', () => {
    expect(lookUp(kvm, 'machine', 'What was read', 'Firewall')).toEqual({
      label: 'Firewall',
      value: null,
      command: 'nft -j list ruleset',
      why: 'nft: Operation not permitted.',
    });
    expect(facts(golden('unknown-links'), 'lab:demo/link/virbr1')[0]?.facts[0]).toMatchObject({
      value: null,
      why: 'ip is not installed.',
    });
  });

  it('looks into guests of every kind', () => {
    expect(lookUp(lab, 'lab:demo/guest/web', 'NIC eth0', 'IPv4')?.value).toBe('10.20.0.15/24');
    expect(lookUp(kvm, 'machine/guest/web', 'NIC 1', 'Tap')?.value).toBe('vnet0');
    expect(lookUp(kvm, 'machine/guest/web', 'Addresses', '192.168.122.50')?.value).toBe(
      'lease of default as web; the host has not talked to it yet',
    );
    expect(lookUp(kvm, 'machine/guest/pid-1300', 'Process', 'Tap vnet1')?.value).toBe(
      'qemu-system-x86 (1300)',
    );
  });

  it('tells who holds a tap, or that nobody does', () => {
    expect(lookUp(kvm, 'machine/link/vnet0', 'Held by', 'Process 1200')?.value).toBe('qemu-system-x86');
    expect(lookUp(kvm, 'machine/link/tap5', 'Held by', 'Process')?.value).toBe('none: nothing has it open');
  });

  it('tells of limits on Open vSwitch what the kernel has of them', () => {
    const limited = golden('open-vswitch-limited');
    const limit = (device: string, of: string) =>
      lookUp(limited, `machine/link/${device}`, 'Limits', of)?.value ?? null;
    expect(['ovsbr', 'tap0'].map((device) => [limit(device, 'Sent'), limit(device, 'Received')])).toEqual([
      ['10 Mbit/s, burst 64 KiB', '4 Mbit/s, burst 125 KiB, the rest is dropped'],
      [null, '4 Mbit/s, burst 125 KiB, the rest is dropped'],
    ]);
  });

  it('has nothing to say about other hosts and strangers', () => {
    expect(facts(lab, 'machine/link/eth0')).toEqual([]);
    expect(facts(lab, 'lab:demo/nothing/x')).toEqual([]);
  });
});
