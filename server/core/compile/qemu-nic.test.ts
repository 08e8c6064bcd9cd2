import { describe, expect, test } from 'vitest';
import { Nic } from '../kinds/nic';
import { compileQemuNic, qemuNicArgs, qemuWord } from './qemu-nic';

const nic = (name: string, source: object, more: object = {}) =>
  Nic.parse({ name, mac: '52:54:00:00:01:01', source, ...more });
const words = (n: Nic, fds: readonly string[] = []) => qemuNicArgs([n], () => ({ fds }));
const DEVICE = (name: string) =>
  `virtio-net-pci,id=${name},netdev=host-${name},mac=52:54:00:00:01:01,romfile=`;

describe("QEMU's words for a NIC", () => {
  test.each<[string, object, string]>([
    ['network', { type: 'network', network: 'default' }, 'tap,fd=3,id=host-net0'],
    ['bridge', { type: 'bridge', bridge: 'xenbr0' }, 'tap,fd=3,id=host-net0'],
    ['ethernet', { type: 'ethernet' }, 'tap,fd=3,id=host-net0'],
    ['user', { type: 'user' }, 'user,id=host-net0'],
    [
      'server',
      { type: 'server', address: '127.0.0.1', port: 5555 },
      'socket,listen=127.0.0.1:5555,id=host-net0',
    ],
    [
      'client',
      { type: 'client', address: '127.0.0.1', port: 5555 },
      'socket,connect=127.0.0.1:5555,id=host-net0',
    ],
    [
      'mcast',
      { type: 'mcast', address: '230.0.0.1', port: 5558 },
      'socket,mcast=230.0.0.1:5558,id=host-net0',
    ],
    [
      'udp',
      { type: 'udp', address: '127.0.0.1', port: 5602, local: { address: '127.0.0.1', port: 5601 } },
      'socket,udp=127.0.0.1:5602,localaddr=127.0.0.1:5601,id=host-net0',
    ],
    ['vde', { type: 'vde', socket: '/run/vde.ctl' }, 'vde,sock=/run/vde.ctl,id=host-net0'],
  ])('%s', (type, source, netdev) => {
    const fds = ['network', 'bridge', 'ethernet'].includes(type) ? ['3'] : [];
    expect(words(nic('net0', source), fds)).toEqual(['-netdev', netdev, '-device', DEVICE('net0')]);
  });

  test('several queues are several descriptors, and vectors for each', () => {
    const many = nic('net0', { type: 'bridge', bridge: 'br0' }, { queues: 4 });
    const { netdev, device } = compileQemuNic(many, { fds: ['3', '4', '5', '6'] });
    expect(qemuWord(netdev, 'type')).toBe('tap,fds=3:4:5:6,id=host-net0');
    expect(qemuWord(device, 'driver')).toContain(',mq=on,vectors=10');
  });

  test('what a card is told: its MTU if it is virtio, its turn to boot from, who carries its packets', () => {
    const source = { type: 'bridge', bridge: 'br0' };
    const [, netdev, , device] = words(nic('net0', source, { mtu: 9000, boot: 2, vhost: true }), ['3']);
    expect(netdev).toBe('tap,fd=3,vhost=on,id=host-net0');
    expect(device).toMatch(/,host_mtu=9000,bootindex=2$/);
    const [, , , other] = words(nic('net0', source, { mtu: 9000, model: 'e1000e' }), ['3']);
    expect(other).toBe('e1000e,id=net0,netdev=host-net0,mac=52:54:00:00:01:01,romfile=');
  });

  test('a comma in a value is not the end of it', () => {
    expect(qemuWord({ type: 'vde', sock: '/run/a,b' }, 'type')).toBe('vde,sock=/run/a,,b');
  });
});

describe('what is not a NIC is said in a sentence', () => {
  test.each<[string, object, string]>([
    [
      'no such type',
      { type: 'hostdev' },
      'A NIC is of type network, bridge, ethernet, routed, user, server, client, mcast, udp, direct or vde.',
    ],
    [
      'a unicast group',
      { type: 'mcast', address: '10.0.0.1', port: 1 },
      'A multicast address lies in 224.0.0.0/4.',
    ],
    ['port 0', { type: 'server', address: '127.0.0.1', port: 0 }, 'A port is at least 1.'],
    ['IPv6', { type: 'client', address: '::1', port: 5 }, 'QEMU takes only IPv4 addresses here.'],
    [
      'a relative path',
      { type: 'vde', socket: 'vde.ctl' },
      'A path is absolute and has letters, digits and the characters _ . / @ + - only.',
    ],
  ])('%s', (_, source, message) => {
    const parsed = Nic.safeParse({ name: 'net0', mac: '52:54:00:00:01:01', source });
    expect(parsed.error?.issues.map((i) => i.message)).toEqual([message]);
  });
});
