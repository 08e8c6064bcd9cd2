import fc from 'fast-check';
import { NIC_MODELS } from '../kinds/nic';
import { interfaceProblems } from '../libvirt/format-interface';
import { GuestNics, nicProblems } from '../nics/guest-nics';
import { bandwidth, mac, maybe, virtualPort, vlan } from './random-libvirt-parts';

/*
 * Random NICs that libvirt can be told of: all combinations of what can be there or not, as libvirt reads them
 * (virtio by being absent, bandwidth only with something in it).
 */

const { constantFrom: oneOf, integer, boolean, array } = fc;

const address = oneOf('127.0.0.1', '0.0.0.0', '192.0.2.7');
const end = { address, port: integer({ min: 1, max: 65_535 }) };
const file = oneOf('/etc/qemu-ifup', '/usr/lib/a+b/if-down.sh');
const type = <T extends string>(name: T) => fc.constant(name);
const OF_TAPS = [
  fc.record(
    { type: type('network'), network: oneOf('default', 'private.1'), portgroup: oneOf('web', 'db') },
    { requiredKeys: ['type', 'network'] },
  ),
  fc.record({ type: type('bridge'), bridge: oneOf('xenbr0', 'br.17') }),
  fc.record({ type: type('ethernet'), script: file, downscript: file }, { requiredKeys: ['type'] }),
  fc.record({
    type: type('direct'),
    device: oneOf('eth0', 'bond0'),
    mode: oneOf('bridge', 'vepa', 'private', 'passthrough'),
  }),
];
const WITHOUT = [
  fc.record({ type: type('user') }),
  fc.record({ type: oneOf('server', 'client'), ...end }),
  fc.record({ type: type('mcast'), address: oneOf('230.0.0.1', '239.255.0.9'), port: end.port }),
  fc.record({ type: type('udp'), ...end, local: fc.record(end) }),
];
const card = {
  mac,
  boot: integer({ min: 1, max: 65_535 }),
  link: fc.constant('down'),
};
const side = {
  mtu: integer({ min: 68, max: 65_535 }),
  trustGuestRxFilters: boolean(),
  vlan,
  bandwidth,
};
const port = fc.oneof(
  fc.record({ virtualPort, isolated: fc.constant(false) }, maybe),
  oneOf({ isolated: true }, {}),
);
const models = fc.oneof(
  fc.record({ queues: integer({ min: 2, max: 16 }), vhost: boolean() }, maybe),
  oneOf(...NIC_MODELS.filter((m) => m !== 'virtio')).map((model) => ({ model })),
);
const tapName = array(oneOf('t', 'a', '0', '-', '_'), { minLength: 1, maxLength: 9 }).map(
  (t) => `x${t.join('')}`,
);
/** What it is plugged into, and what is set there. */
const plug = fc.oneof(
  fc
    .tuple(fc.oneof(...OF_TAPS), fc.record({ tap: tapName, ...side }, maybe), port)
    .map(([source, more, set]) => ({ source, ...more, ...set })),
  fc.oneof(...WITHOUT).map((source) => ({ source })),
);
const nic = fc.tuple(fc.record(card, maybe), models, plug);

/** At most six, with the names that they have by place, other names, or a mixture. */
export const randomNics = array(nic, { maxLength: 6 })
  .chain((nics) =>
    fc
      .shuffledSubarray(['net0', 'net1', 'net2', 'lan', 'a_b-1', 'uplink', 'ua-x', 'nic1'], {
        minLength: nics.length,
        maxLength: nics.length,
      })
      .map((names) => ({
        nics: nics.map(([fields, model, plugged], i) => ({
          name: names[i],
          ...fields,
          ...model,
          ...plugged,
        })),
      })),
  )
  .map((nics) => GuestNics.parse(nics))
  .filter((guest) => nicProblems(guest.nics).length + interfaceProblems(guest).length === 0);
