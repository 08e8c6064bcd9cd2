import { expect, test } from 'vitest';
import { Network } from '@/server/core/kinds/network';
import type { Result } from '@/server/core/result';
import { libvirtCannotPlug } from './guests-libvirt';
import { groupsInLab, usersInLab } from './lab-libvirt';

test('in a lab the users of services are root, in a group that does not exist, and there is no dip', () => {
  const passwd =
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/x\nme:x:1000:1000::/:/bin/sh\n';
  expect(usersInLab(passwd).split('\n')).toEqual([
    'root:x:0:0:root:/root:/bin/sh',
    'me:x:1000:1000::/:/bin/sh',
    'nobody:x:0:65533::/:/usr/sbin/nologin',
    'dnsmasq:x:0:65533::/:/usr/sbin/nologin',
    'libvirt-dnsmasq:x:0:65533::/:/usr/sbin/nologin',
    'libvirt-qemu:x:0:65533::/:/usr/sbin/nologin',
    '',
  ]);
  const group = 'root:x:0:\ndip:x:30:\nnogroup:x:65534:\nodd:x:65533:me\nlibvirt-qemu:x:64055:\n';
  expect(groupsInLab(group)).toBe('root:x:0:\nnogroup:x:65534:\nlibvirt-qemu:x:0:\n');
});

test('a guest is plugged in as the virtual port says, or not at all', () => {
  const network = (more: object) =>
    Network.parse({
      ...{ kind: 'network', name: 'lan', footing: 'libvirt', subnets: [] },
      ...{ forward: { mode: 'bridge', bridge: 'br0' }, ...more },
    });
  const whyNot = (wrong: Result<never> | null) => (wrong === null || wrong.ok ? null : wrong.error.message);
  const why = (more: object, isSwitch: boolean, portgroup?: string) =>
    whyNot(libvirtCannotPlug(network(more), portgroup, isSwitch));
  const ovs = { virtualPort: { type: 'openvswitch' } };
  expect(why({}, false)).toBeNull();
  expect(why(ovs, true)).toBeNull();
  expect(why({}, true)).toBe(
    'Bridge br0 is one of Open vSwitch, but network lan has no virtual port of type openvswitch: libvirt could not plug a guest in.',
  );
  expect(why(ovs, false)).toBe(
    'Bridge br0 is a Linux bridge, but the virtual port of network lan is of type openvswitch: libvirt could not plug a guest in.',
  );
  const group = { portgroups: [{ name: 'red', ...ovs }, { name: 'blue' }] };
  expect([why(group, true, 'red'), why(group, false, 'blue')]).toEqual([null, null]);
  expect(why(group, true, 'blue')).toMatch(/no virtual port of type openvswitch/);
  expect(why({ ...group, footing: undefined }, true, 'blue')).toBeNull();
});
