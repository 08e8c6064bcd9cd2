import { expect, test } from 'vitest';
import { parseQemuArgs } from './qemu-args';

test('as libvirt writes it today', () => {
  const argv = [
    ...['/usr/bin/qemu-system-x86_64', '-name', 'guest=web,debug-threads=on'],
    ...['-netdev', '{"type":"tap","fd":"34","vhost":true,"vhostfd":"36","id":"hostnet0"}'],
    '-device',
    '{"driver":"virtio-net-pci","netdev":"hostnet0","id":"net0","mac":"52:54:00:6b:3c:58","bus":"pci.1","addr":"0x0"}',
    ...['-netdev', '{"type":"user","id":"hostnet1"}'],
    ...['-device', '{"driver":"e1000","netdev":"hostnet1","id":"net1","mac":"52:54:00:6b:3c:59"}'],
  ];
  expect(parseQemuArgs(argv)).toEqual({
    name: 'web',
    nics: [
      { mac: '52:54:00:6b:3c:58', ifname: null, fds: [34] },
      { mac: '52:54:00:6b:3c:59', ifname: null, fds: [] },
    ],
  });
});

test('as libvirt wrote it before, with several queues', () => {
  const argv = [
    ...['-name', 'guest=db,,1', '-netdev', 'tap,fds=30:31,id=hostnet0,vhost=on,vhostfds=32:33'],
    ...['-device', 'virtio-net-pci,mq=on,vectors=6,netdev=hostnet0,id=net0,mac=52:54:00:00:00:01,bus=pci.1'],
  ];
  expect(parseQemuArgs(argv)).toEqual({
    name: 'db,1',
    nics: [{ mac: '52:54:00:00:00:01', ifname: null, fds: [30, 31] }],
  });
});

test('as people write it', () => {
  expect(
    parseQemuArgs(['-name', 'small', '-nic', 'tap,ifname=tap0,script=no,mac=52:54:00:00:00:02,model=e1000']),
  ).toEqual({ name: 'small', nics: [{ mac: '52:54:00:00:00:02', ifname: 'tap0', fds: [] }] });
  expect(
    parseQemuArgs(['--netdev', 'tap,id=n,ifname=tap7,downscript=no', '--device', 'rtl8139,netdev=n']),
  ).toEqual({ name: null, nics: [{ mac: null, ifname: 'tap7', fds: [] }] });
});

test('what is cut off, or not there, is nothing', () => {
  expect(parseQemuArgs([])).toEqual({ name: null, nics: [] });
  expect(parseQemuArgs(['-name'])).toEqual({ name: null, nics: [] });
  expect(parseQemuArgs(['-device', 'virtio-net-pci,netdev=nowhere', '-netdev', '{"type":'])).toEqual({
    name: null,
    nics: [],
  });
});
