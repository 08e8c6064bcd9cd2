import { run } from '@/server/agent/exec';

/* What the host has on which samples of networks are made. */

/** libvirt turns forwarding on for good: it is on before, so that nothing differs afterwards. */
const FORWARDS = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'];
const device = (name: string) => [
  'ip',
  'link',
  'add',
  'name',
  name,
  'type',
  'veth',
  'peer',
  'name',
  `${name}-far`,
];
/** Commands that make it: devices and bridges that the samples name, folders that they serve. */
export const STAGE: readonly (readonly string[])[] = [
  ...['eth0', 'eth1', 'eth3', 'eth5', 'eth10', 'eth20', 'eth21', 'eth22', 'bond0'].map(device),
  ['sysctl', '-w', ...FORWARDS],
  // With MACs of their own, which do not follow their ports.
  ['ip', 'link', 'add', 'name', 'br0', 'address', '52:54:00:00:00:b0', 'type', 'bridge'],
  ['ip', 'link', 'add', 'name', 'ovsbr0', 'address', '52:54:00:00:00:b1', 'type', 'bridge'],
  // That of this network namespace: libvirt sets bridges by it.
  ['mount', '-t', 'sysfs', 'sys', '/sys'],
  ['mount', '-t', 'tmpfs', 'srv', '/srv'],
  ['mkdir', '-p', '/srv/tftp', '/var/lib/tftproot'],
];

/** Has this kernel the queueing disciplines that libvirt limits bandwidth with? */
export async function shapesTraffic(): Promise<boolean> {
  const tried = 'ip link add name a type veth && tc qdisc add dev a root sfq';
  return (await run(['unshare', '--user', '--map-root-user', '--net', 'sh', '-c', tried])).ok;
}
