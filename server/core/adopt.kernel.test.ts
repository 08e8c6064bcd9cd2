import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { adoptPlays, UPLINKS } from './testing/adopt-plays';
import { hasOvs, noTapsHere, whyNoLibvirt } from './testing/available';
import { whyNoNamespaces } from './testing/kernel';

const why = await whyNoNamespaces();
if (why !== null) console.warn(`SKIPPED: nothing was adopted on a real kernel: ${why}`);

const noTaps = noTapsHere();
const noOvs = why !== null || !(await hasOvs());
if (noOvs) console.warn('SKIPPED: no bridge of Open vSwitch was adopted: it is not installed');
const noLibvirt = (await whyNoLibvirt()) !== null;
if (noLibvirt)
  console.warn('SKIPPED: no network of libvirt was adopted: it is not installed, or we are not root');

for (const [title, as, skip] of [
  ['what was made by hand', 'anybody', why !== null],
  ['what libvirt made', 'root', noLibvirt],
] as const)
  describe.skipIf(skip)(title, () => {
    const { play, folder } = adoptPlays(as);
    const nothing = { adopt: [], forget: [] };

    if (as === 'anybody') {
      test.skipIf(noTaps)('a bridge with an uplink, a guest in it, addresses and routes', async () => {
        const seen = await play({
          prepare: [
            ...UPLINKS,
            'ip link add name br0 type bridge forward_delay 1500 stp_state 1',
            'ip link set dev br0 alias somebodys',
            'ip link set dev uplink0 master br0 up',
            'ip tuntap add dev tap0 mode tap user root multi_queue',
            'ip link set dev tap0 master br0 up',
            'ip tuntap add dev pi0 mode tap pi',
            'ip addr add 203.0.113.2/24 brd + dev br0',
            'ip addr add 2001:db8:113::2/64 dev br0 nodad',
            'ip link set dev br0 up',
            'ip route add default via 203.0.113.1 dev br0 metric 100',
            'ip route add ::/0 via 2001:db8:113::1 dev br0',
            'ip route add 10.0.0.0/8 via 203.0.113.9 dev br0',
            'ip route add 192.0.2.0/24 via 203.0.113.9 dev br0 table 77',
          ],
          targets: ['br0', 'tap0', 'pi0'],
          change: {
            tap0: { mtu: 1400 },
            br0: { mtu: 1400, stp: false, delay: 15, uplinks: ['uplink0', 'uplink1'] },
          },
        });
        expect(seen.faults).toEqual([]);
        expect(seen.plans).toMatchObject(nothing);
        expect(seen.designs).toEqual([
          {
            ...{ kind: 'bridge', name: 'br0', adopted: true, stp: true, delay: 15, uplinks: ['uplink0'] },
            addresses: [
              { address: '203.0.113.2', prefix: 24 },
              { address: '2001:db8:113::2', prefix: 64 },
            ],
            routes: expect.arrayContaining([
              { gateway: '203.0.113.1', metric: 100 },
              { to: { address: '10.0.0.0', prefix: 8 }, gateway: '203.0.113.9' },
              { gateway: '2001:db8:113::1' },
            ]),
          },
          { kind: 'tap', name: 'tap0', adopted: true, user: 'root', multiQueue: true, bridge: 'br0' },
          "Frames of pi0 bear the kernel's own header (pi), for which a design has no words.",
        ]);
        expect(seen.notes).toContain(
          'This route stays without being in the design of br0: 192.0.2.0/24 via 203.0.113.9.',
        );
        expect(seen.notes).toContain(
          'Bridge br0 stays on this host as it is: it was here before Patchbay, which only forgets it.',
        );
      });

      test.skipIf(noOvs)('a bridge of Open vSwitch, and one that is none for a network', async () => {
        const seen = await play(
          {
            prepare: [
              ...UPLINKS,
              'sysctl -qw net.ipv4.ip_forward=1',
              'ovs-vsctl add-br ovsbr0 -- set Bridge ovsbr0 datapath_type=DATAPATH',
              'ip addr add 10.9.0.1/24 brd + dev ovsbr0',
              'ip link set dev ovsbr0 up',
              'ip tuntap add dev tap0 mode tap',
              'ovs-vsctl add-port ovsbr0 tap0 tag=7',
              'ovs-vsctl add-br ovsbr1 -- set Bridge ovsbr1 datapath_type=DATAPATH',
              'ip tuntap add dev tap1 mode tap user root',
              'ovs-vsctl add-port ovsbr1 tap1 tag=5 trunks=5,10,20 vlan_mode=native-untagged',
              'ip tuntap add dev tap2 mode tap',
              'ovs-vsctl add-port ovsbr1 tap2',
              'ip link set dev tap0 up',
              'ip link set dev tap1 up',
              'ip link set dev tap2 up',
            ],
            targets: ['ovsbr0', 'ovsbr1', 'tap0', 'tap1', 'tap2'],
            change: {
              ovsbr0: { isolated: true },
              tap0: { vlan: { tags: [{ id: 8 }] } },
              tap1: { vlan: { tags: [{ id: 9 }] }, mtu: 1400 },
              tap2: { bridge: 'ovsbr0' },
            },
            probe: [
              'ovs-vsctl list-ports ovsbr0',
              'ovs-vsctl list-ports ovsbr1',
              ...[0, 1, 2].map((n) => `ovs-vsctl --columns=tag,trunks,protected list Port tap${n}`),
            ],
          },
          { ovs: path.join(folder(), 'ovs') },
        );
        expect(seen.faults).toEqual([]);
        expect(seen.plans).toMatchObject(nothing);
        expect(seen.plans.change).toEqual([
          ...['Change the MTU of tap1 to 1400', 'Set port tap0: VLAN 8, isolated'],
          ...['Put tap1 into VLAN 9', 'Plug tap2 into ovsbr0'],
        ]);
        expect(seen.designs).toEqual([
          expect.objectContaining({ kind: 'network', name: 'ovsbr0', footing: 'ovs', adopted: true }),
          expect.stringMatching(/^The host has no IPv4 address on Open vSwitch bridge ovsbr1/),
          { kind: 'tap', name: 'tap0', adopted: true, bridge: 'ovsbr0', vlan: { tags: [{ id: 7 }] } },
          {
            ...{ kind: 'tap', name: 'tap1', adopted: true, user: 'root', bridge: 'ovsbr1' },
            vlan: { trunk: true, tags: [{ id: 5, nativeMode: 'untagged' }, { id: 10 }, { id: 20 }] },
          },
          { kind: 'tap', name: 'tap2', adopted: true, bridge: 'ovsbr1' },
        ]);
      });
    } else
      test('a network of libvirt keeps its UUID, and its guests stay', async () => {
        const xml = path.join(folder(), 'net.xml');
        const uuid = '81ff0d90-c91e-6742-64da-4a736edb9a9b';
        writeFileSync(
          xml,
          `<network><name>theirs</name><uuid>${uuid}</uuid><metadata><x:y xmlns:x="urn:other"/></metadata>
           <forward mode='nat'/><bridge name='virbr7' stp='on' delay='0'/><mac address='52:54:00:11:22:33'/>
           <ip address='192.168.77.1' netmask='255.255.255.0'><dhcp><range start='192.168.77.2' end='192.168.77.99'/></dhcp></ip>
           </network>`,
        );
        const seen = await play(
          {
            prepare: [
              ...UPLINKS,
              `virsh -q -c qemu:///system net-define ${xml}`,
              'virsh -q -c qemu:///system net-autostart theirs',
              'virsh -q -c qemu:///system net-start theirs',
              'ip tuntap add dev tap0 mode tap',
              'ip link set dev tap0 master virbr7 up',
            ],
            targets: ['virbr7'],
            change: { theirs: { dns: { hosts: [{ ip: '192.168.77.5', names: ['db'] }] } } },
            probe: ['virsh -c qemu:///system net-dumpxml --inactive theirs'],
          },
          { libvirt: path.join(folder(), 'libvirt') },
        );
        expect(seen.faults).toEqual([]);
        expect(seen.plans).toMatchObject({
          ...nothing,
          change: ['Change network theirs in libvirt while it runs'],
        });
        expect(seen.designs).toMatchObject([{ name: 'theirs', footing: 'libvirt', adopted: true, uuid }]);
      });
  });
