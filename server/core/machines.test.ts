import { expect, test } from 'vitest';
import { machinesOf } from './machines';
import { observedOf } from './testing/observed';

const held = (device: string, ...processes: readonly object[]) => ({ [device]: { device, processes } });
const qemu = (pid: number, guest?: string, mac?: string) => ({ pid, command: 'qemu-system-x86', guest, mac });

test('a machine goes by its name, with all its taps; what holds a tap and is none is left out', () => {
  const tapHolders = {
    ...held('t1', qemu(7, 'web', '52:54:00:00:00:01')),
    ...held('t2', qemu(7, 'web'), { pid: 9, command: 'openvpn' }),
    ...held('t3', qemu(8)),
  };
  expect(machinesOf(observedOf({ tapHolders }))).toEqual([
    {
      ...{ pid: 7, command: 'qemu-system-x86', guest: 'web', name: 'web' },
      nics: [
        { tap: 't1', mac: '52:54:00:00:00:01' },
        { tap: 't2', mac: null },
      ],
    },
    { pid: 8, command: 'qemu-system-x86', guest: null, name: 'pid-8', nics: [{ tap: 't3', mac: null }] },
  ]);
});

test('whose name is taken goes by its number; taps of libvirt are of libvirt', () => {
  const nic = { type: 'network', mac: null, target: 'vnet0', source: 'default', model: null };
  const domains = { db: { name: 'db', uuid: 'u', state: 'running', nics: [nic] } };
  const tapHolders = {
    ...held('vnet0', qemu(5, 'db')),
    ...held('t1', qemu(6, 'db')),
    ...held('t2', qemu(7, 'web')),
    ...held('t3', qemu(8, 'web')),
  };
  expect(machinesOf(observedOf({ domains, tapHolders })).map((m) => [m.name, m.guest])).toEqual([
    ['pid-6', 'db'],
    ['web', 'web'],
    ['pid-8', 'web'],
  ]);
});

test('those that the agent started come first, also when they have ended; their taps are nobody else’s', () => {
  const nic = { name: 'net0', mac: '52:54:00:00:00:01', tap: 't1', cable: 'in' };
  const machines = {
    vm: { name: 'vm', pid: 7, nics: [nic] },
    gone: { name: 'gone', pid: null, nics: [{ ...nic, tap: 't2' }] },
  };
  const tapHolders = { ...held('t1', qemu(7, 'vm')), ...held('t3', qemu(9, 'vm')) };
  const own = { command: 'qemu', own: true };
  expect(machinesOf(observedOf({ machines, tapHolders }))).toEqual([
    { ...own, pid: 7, guest: 'vm', name: 'vm', nics: [nic] },
    { ...own, pid: null, guest: 'gone', name: 'gone', nics: [{ ...nic, tap: 't2' }] },
    {
      ...{ pid: 9, command: 'qemu-system-x86', guest: 'vm', name: 'pid-9' },
      nics: [{ tap: 't3', mac: null }],
    },
  ]);
});
