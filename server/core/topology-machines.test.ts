import { expect, test } from 'vitest';
import { portMark } from './compile/ports';
import { guestGroups } from './inspect-guest';
import { observedOf } from './testing/observed';
import { toTopology } from './topology-build';

const MACS = ['52:54:00:00:00:01', '52:54:00:00:00:02'] as const;
const nic = (n: 0 | 1, cable: 'in' | 'out' = 'in') => ({
  name: `net${n}`,
  mac: MACS[n],
  tap: `vnet${n}`,
  cable,
});
const tap = (n: 0 | 1, network: string, more: object = {}) => ({
  ...{ name: `vnet${n}`, kind: 'tun', mac: `fe${MACS[n].slice(2)}`, alias: portMark(network, null), ...more },
});
const bridge = (name: string) => ({ name, kind: 'bridge' });
const lease = (network: string, n: 0 | 1, address: string) => ({
  [`${network} ${address}`]: { network, mac: MACS[n], address, hostname: 'vm', expires: 0 },
});
const FACTS = {
  links: {
    virbr1: bridge('virbr1'),
    virbr2: bridge('virbr2'),
    vnet0: tap(0, 'blue', { master: 'virbr2' }),
    vnet1: tap(1, 'red', { master: 'virbr1', up: false, carrier: false }),
  },
  leases: {
    ...lease('red', 0, '10.1.0.5'),
    ...lease('blue', 0, '10.2.0.5'),
    ...lease('red', 1, '10.1.0.6'),
  },
  tapHolders: {
    vnet0: { device: 'vnet0', processes: [{ pid: 7, command: 'qemu-system-x86', guest: 'vm' }] },
  },
};
const observed = (pid: number | null) =>
  observedOf({ ...FACTS, machines: { vm: { name: 'vm', pid, nics: [nic(0), nic(1, 'out')] } } });
const draw = (pid: number | null) => toTopology([{ observed: observed(pid), rates: {}, pending: [] }]);

test('a machine of the lab is one card, with a cable from each tap', () => {
  const { nodes, edges } = draw(7);
  const guests = Object.values(nodes).filter((n) => n.kind === 'guest');
  expect(guests).toMatchObject([{ label: 'vm', state: 'up', badges: ['QEMU'] }]);
  const cables = Object.values(edges).filter((e) => e.to === guests[0]?.id);
  expect(cables.map((e) => [e.from, e.carrier])).toEqual([
    ['lab:test/link/vnet0', true],
    ['lab:test/link/vnet1', false],
  ]);
});

test('each NIC has the addresses of the network that it is in, and none without a cable', () => {
  const guest = Object.values(draw(7).nodes).find((n) => n.kind === 'guest');
  expect(guest?.detail).toBe('10.2.0.5');
  expect(guest?.nics).toMatchObject([
    { name: 'net0', bridge: 'virbr2', plugged: { network: 'blue' }, addresses: ['10.2.0.5'] },
    { name: 'net1', bridge: 'virbr1', plugged: { network: 'red' }, cable: 'out', addresses: [] },
  ]);
});

test('one that has ended is still drawn, and says so', () => {
  const guest = Object.values(draw(null).nodes).find((n) => n.kind === 'guest');
  expect(guest).toMatchObject({ detail: 'has ended', state: 'down', badges: ['QEMU', 'ended'] });
});

test('its facts are told by NIC', () => {
  const groups = guestGroups(observed(7), 'vm');
  expect(groups.map((g) => g.title)).toEqual(['Virtual machine', 'NIC net0', 'NIC net1', 'Addresses']);
  expect(groups[2]?.facts.map((f) => [f.label, f.value])).toEqual([
    ['Tap', 'vnet1'],
    ['Plugged into', 'virbr1'],
    ['Cable', 'pulled'],
    ['MAC', MACS[1]],
    ['Address', 'by DHCP'],
  ]);
});

test('what failed once its tap was up is told at the NIC', () => {
  const trouble = 'Hook post-up.d/10-tell failed at t1: 10-tell ended with 1: nobody listens';
  const nic = { name: 'net0', mac: MACS[0], tap: 't1', cable: 'in', trouble };
  const groups = guestGroups(observedOf({ machines: { vm: { name: 'vm', pid: 7, nics: [nic] } } }), 'vm');
  expect(groups[1]?.facts.at(-1)).toMatchObject({ label: 'Trouble', value: trouble });
});
