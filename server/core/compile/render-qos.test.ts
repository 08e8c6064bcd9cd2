import { expect, test } from 'vitest';
import { IfName } from '../ids';
import { parseBandwidthXml } from '../libvirt/parse-bandwidth';
import { qosCases } from '../testing/qos-cases';
import { type QosPlace, type QosRendering, renderQos } from './render-qos';

/* The cases are what libvirt 9 itself ran: libvirt-qos.kernel.test has it run them again. */

function shown(xml: string, to: QosRendering, more: Partial<QosPlace> = {}): string {
  const read = parseBandwidthXml(xml);
  const text = read.ok
    ? renderQos(read.value, to, { dev: IfName.parse('tapx'), network: false, ...more })
    : read;
  return text.ok ? text.value : (text.error.problems ?? [text.error]).map((p) => `${p.message}\n`).join('');
}

test.each(qosCases)('$name', ({ xml, to, dev, network, macvtap, commands }) => {
  const source = macvtap
    ? `<interface type="direct"><source dev="eth0" mode="bridge"/>${xml}</interface>`
    : xml;
  expect(shown(source, to, { dev, network })).toBe(commands);
});

test('a network and an interface have the same limits as their element alone', () => {
  const limits = '<bandwidth><inbound average="1000" peak="5000"/></bandwidth>';
  const alone = shown(limits, 'tc');
  expect(shown(`<network><name>n</name><bridge name="virbr1"/>${limits}</network>`, 'tc')).toBe(alone);
  expect(shown(`<interface type="bridge"><source bridge="br0"/>${limits}</interface>`, 'tc')).toBe(alone);
});

test('a guarantee is kept by the bridge of a network, not by the port', () => {
  const floor =
    '<interface type="network"><source network="n"/><bandwidth><inbound floor="200"/></bandwidth></interface>';
  expect(shown(floor, 'tc')).toBe('tc qdisc del dev tapx root\ntc qdisc del dev tapx ingress\n');
});

test('limits of a port of Open vSwitch carry the guest, where it is given', () => {
  const vm = '406c902b-19cd-4cbb-945f-21c0679235f3';
  expect(shown('<bandwidth><inbound average="1"/></bandwidth>', 'ovs-qos', { vm })).toBe(
    `ovs-vsctl --timeout=5 set port tapx qos=@qos1 'external-ids:vm-id="${vm}"' 'external-ids:ifname="tapx"' -- --id=@qos1 create qos type=linux-htb other_config:min-rate=8000 queues:0=@queue0 'external-ids:vm-id="${vm}"' 'external-ids:ifname="tapx"' -- --id=@queue0 create queue other_config:min-rate=8000 'external-ids:vm-id="${vm}"' 'external-ids:ifname="tapx"'\novs-vsctl --timeout=5 set Interface tapx ingress_policing_rate=0 ingress_policing_burst=0\n`,
  );
});

test('limits that make no sense are refused, each in a sentence', () => {
  const limits = (inside: string) => `<bandwidth>${inside}</bandwidth>`;
  expect(
    [
      shown(limits('<inbound peak="5"/>'), 'tc'),
      shown(limits('<outbound burst="5"/>'), 'tc'),
      shown(limits('<inbound/>'), 'tc'),
      shown(limits('<inbound average="100" peak="99"/>'), 'tc'),
      shown(limits('<inbound average="5" floor="3"/>'), 'tc', { network: true }),
      shown(limits('<outbound average="5" burst="4194304"/>'), 'tc'),
      shown(limits('<inbound average="536870912"/><outbound average="1" burst="536870912"/>'), 'ovs-qos'),
      shown(limits('<inbound average="5"/>'), 'ovs-qos', { network: true }),
      shown(limits('<inbound average="10 Mbit"/>'), 'tc'),
      shown(limits('<inbound average="0"/>'), 'tc'),
      shown(limits('<sideways average="1"/>'), 'tc'),
      shown(limits(''), 'tc'),
      shown('<network><name>n</name><bridge name="virbr1"/></network>', 'tc'),
      shown('<interface type="bridge"><source bridge="br0"/></interface>', 'tc'),
      shown('<domain/>', 'tc'),
      shown('<bandwidth', 'tc'),
    ].join(''),
  ).toMatchInlineSnapshot(`
    "The inbound limit needs an average: a peak or a burst alone limits nothing.
    The outbound limit needs an average: a peak or a burst alone limits nothing.
    The inbound limit needs an average.
    The inbound limit has a peak of 99 kB/s, below its average of 100 kB/s.
    A guaranteed rate (floor) belongs to the NIC of a guest, not to a network.
    The outbound limit has a burst of 4194304 KiB: at most 4194303 KiB can be counted.
    The inbound limit has an average of 536870912 kB/s: at most 536870911 kB/s can be counted.
    The outbound limit has a burst of 536870912 KiB: at most 536870911 KiB can be counted.
    libvirt limits the ports of Open vSwitch, not its bridges.
    <inbound>: attribute average: it must be a whole number of kilobytes per second, without a unit.
    <inbound>: attribute average: A rate is at least 1 kilobyte per second.
    <bandwidth>: the element <sideways> is not known here.
    <bandwidth>: it has no limits: there is no <inbound> and no <outbound>.
    <network>: it has no limits: there is no <inbound> and no <outbound>.
    <interface>: it has no limits: there is no <inbound> and no <outbound>.
    <domain>: this has no limits: it is a <network>, an <interface> or a <bandwidth>.
    The XML is malformed in line 1, column 11: Unclosed start tag for element \`bandwidth\`.
    "
  `);
});
