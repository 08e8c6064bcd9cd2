import { describe, expect, test } from 'vitest';
import { adoptPlays, UPLINKS } from './testing/adopt-plays';
import { kernelLacks, noTapsHere } from './testing/available';
import { whyNoNamespaces } from './testing/kernel';

/* @full-kernel: asks for features that many kernels lack. */

const why = await whyNoNamespaces();
if (why !== null) console.warn(`SKIPPED: no bond or VLAN was adopted on a real kernel: ${why}`);

const lacks = async (what: string, link: string) => why !== null || (await kernelLacks(what, link));
const noTaps = noTapsHere();
const noBonds = await lacks('bonds', 'type bond');
const noVlans = await lacks('VLAN devices', 'link v0 type vlan id 5');
const noFilters = await lacks('VLAN filtering', 'type bridge vlan_filtering 1');

describe.skipIf(why !== null)('what was made by hand', () => {
  const { play } = adoptPlays('anybody');
  const nothing = { adopt: [], forget: [] };

  test.skipIf(noTaps || noBonds || noVlans || noFilters)(
    'a bond, a VLAN on it, and a VLAN-aware bridge',
    async () => {
      const seen = await play({
        prepare: [
          ...UPLINKS,
          'ip link add name bond0 type bond mode active-backup miimon 50',
          'ip link set dev uplink0 down',
          'ip link set dev uplink1 down',
          'ip link set dev uplink0 master bond0',
          'ip link set dev uplink1 master bond0',
          'ip link set dev bond0 up',
          'ip link set dev bond0 type bond primary uplink1',
          'ip link add link bond0 name bond0.7 mtu 1400 type vlan id 7',
          'ip addr add 198.51.100.7/24 brd + dev bond0.7',
          'ip link set dev bond0.7 up',
          'ip link add name v0 type veth peer name v1 netns outside',
          'ip link add name br1 type bridge vlan_filtering 1',
          'ip link set dev v0 master br1 up',
          'bridge vlan add dev v0 vid 10-12',
          'ip link set dev br1 up',
          'ip link add link br1 name br1.10 type vlan id 10',
          'bridge vlan add dev br1 vid 10 self',
          'ip link set dev br1.10 up',
          'ip tuntap add dev tap1 mode tap vnet_hdr',
          'ip link set dev tap1 master br1 up',
          'bridge vlan add dev tap1 vid 10 pvid untagged',
          'bridge vlan del dev tap1 vid 1',
          'bridge vlan add dev tap1 vid 20',
        ],
        targets: ['bond0', 'bond0.7', 'br1', 'br1.10', 'tap1'],
        change: {
          bond0: { miimon: 200 },
          'bond0.7': { mtu: 1300 },
          br1: { stp: true, delay: 4 },
          tap1: { vlan: { tags: [{ id: 12 }] } },
        },
        probe: ['bridge vlan show'],
      });
      expect(seen.faults).toEqual([]);
      expect(seen.plans).toMatchObject(nothing);
      expect(seen.designs).toMatchObject([
        { kind: 'bond', members: ['uplink0', 'uplink1'], miimon: 50, primary: 'uplink1' },
        { kind: 'vlan', device: 'bond0', id: 7, mtu: 1400, addresses: [{ address: '198.51.100.7' }] },
        { kind: 'bridge', uplinks: ['v0'], vlanAware: { vlans: [{ from: 10, to: 12 }] } },
        { kind: 'vlan', device: 'br1', id: 10 },
        {
          ...{ kind: 'tap', bridge: 'br1', vnetHdr: true },
          vlan: { trunk: true, tags: [{ id: 10, nativeMode: 'untagged' }, { id: 20 }] },
        },
      ]);
    },
  );
});
