import { expect, it } from 'vitest';
import type { Action, Step } from '@/server/core/change';
import { aLink, observedWith } from '@/server/core/testing/crowd';
import { forwardingKept, keptText, notRestored, turnsOff } from './undone';

const action = (tool: 'ip' | 'sysctl', ...args: string[]): Action => ({ do: 'run', tool, args });
const links = {
  virbr1: aLink({ index: 2, name: 'virbr1', kind: 'bridge' }),
  vnet0: aLink({ index: 3, name: 'vnet0', kind: 'tun', master: 'virbr1' }),
  vnet1: aLink({ index: 4, name: 'vnet1', kind: 'tun', master: null }),
};
const key = 'net.ipv4.ip_forward';
const observed = {
  ...observedWith(links),
  sysctls: { known: true as const, command: 'sysctl', value: { [key]: { value: '1' } } },
};

it('judges inverses that failed by what is there now', () => {
  const plug = (port: string) => action('ip', 'link', 'set', 'dev', port, 'master', 'virbr1');
  const route = action('ip', '-4', 'route', 'add', '10.9.0.0/16', 'dev', 'virbr1', 'table', 'main');
  const wrong = [action('sysctl', '-w', `${key}=0`), plug('vnet1'), route];
  const right = [
    action('sysctl', '-w', `${key}=1`),
    action('sysctl', '-w', 'net.ipv4.conf.gone0.forwarding=1'),
    plug('vnet0'),
    plug('vnet9'), // gone with its guest
    action('ip', 'link', 'del', 'dev', 'virbr1'), // the desired state speaks of it
    action('ip', '-4', 'route', 'add', '10.9.0.0/16', 'dev', 'gone0', 'table', 'main'),
  ];
  expect(wrong.map((a) => notRestored(a, observed))).toEqual([true, true, true]);
  expect(right.map((a) => notRestored(a, observed))).toEqual(right.map(() => false));
  const unreadable = { ...observed, sysctls: { known: false as const, command: 'sysctl', why: 'denied' } };
  expect(notRestored(action('sysctl', '-w', `${key}=0`), unreadable)).toBe(true);
});

it('keeps what a forwarding host needs for its IPv6 default route, and nothing of the other family', () => {
  const before = { version: 0, desired: { networks: [], links: [] }, changeId: null, at: '' };
  const place = { runDir: '/run/x', singleUser: true };
  const who = { "IPv6: libvirt's network default": 1 };
  const kept = forwardingKept({ before, earlier: {}, now: who }, place);
  expect(keptText(kept)).toBe(" IPv6 forwarding was left on: libvirt's network default relies on it by now.");
  expect(forwardingKept({ before, earlier: who, now: who }, place).size).toBe(0);
  const step = (...touches: string[]): Step => ({ n: 1, title: '', touches, actions: [], inverse: [] });
  const off = (text: string, touches: string) => turnsOff(action('sysctl', '-w', text), step(touches), kept);
  expect(off('net.ipv6.conf.all.forwarding=0', 'the whole host')).toBe(true);
  expect(off('net.ipv6.conf.eth0.accept_ra=1', 'link eth0')).toBe(true);
  expect(off('net.ipv6.conf.virbr1.accept_ra=1', 'bridge virbr1')).toBe(false);
  expect(off(`${key}=0`, 'the whole host')).toBe(false);
});
