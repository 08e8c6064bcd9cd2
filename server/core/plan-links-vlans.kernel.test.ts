import { describe, expect, test } from 'vitest';
import { NOTHING } from './change';
import { kernelLacks, noTapsHere } from './testing/available';
import { whyNoNamespaces } from './testing/kernel';
import { ADDRESSES, br0, guestTap, inNetwork, linkWalks, of, ROUTES } from './testing/link-walks';

/* @full-kernel: asks for features that many kernels lack. */

const why = await whyNoNamespaces();
if (why !== null)
  console.warn(
    `SKIPPED: no plan for VLANs and bonds was run on a real kernel, namespaces cannot be made: ${why}`,
  );

const lacks = async (what: string, link: string) => why !== null || (await kernelLacks(what, link));
const noTaps = noTapsHere();
const noBonds = await lacks('bonds', 'type bond');
const noVlans = await lacks('VLAN devices', 'link v0 type vlan id 5');
const noFilters = await lacks('VLAN filtering', 'type bridge vlan_filtering 1');

describe.skipIf(why !== null)('VLANs and bonds of the host on a real kernel', () => {
  const walk = linkWalks();

  test.skipIf(noTaps || noFilters)('a tap is in the VLANs of its network', async () => {
    const vlan = { tags: [{ id: 20 }] };
    const { faults } = await walk(inNetwork({ vlan }, guestTap));
    expect(faults).toEqual([]);
  });

  test.skipIf(noTaps || noFilters)('a tap is in VLANs of its bridge', async () => {
    const aware = { kind: 'bridge', name: 'br0', stp: false, vlanAware: { vlans: [] } };
    const tap = { kind: 'tap', name: 'tap0', bridge: 'br0' };
    const trunk = { trunk: true, tags: [{ id: 10, nativeMode: 'untagged' }, { id: 20 }] };
    const { faults } = await walk(
      of(aware, { ...tap, vlan: { tags: [{ id: 10 }] } }),
      of(aware, { ...tap, vlan: trunk }),
      of(aware, tap),
      { desired: NOTHING },
    );
    expect(faults).toEqual([]);
  });

  test.skipIf(noTaps || noFilters)('many taps come into VLANs of their bridge in one step', async () => {
    const aware = { kind: 'bridge', name: 'br0', stp: false, vlanAware: { vlans: [] } };
    const taps = (id: number) =>
      Array.from({ length: 20 }, (_, i) => ({
        ...{ kind: 'tap', name: `many${i}`, bridge: 'br0', vlan: { tags: [{ id }] } },
      }));
    const { faults } = await walk(of(aware, ...taps(10)), of(aware, ...taps(20)), { desired: NOTHING });
    expect(faults).toEqual([]);
  });

  const bond0 = { kind: 'bond', name: 'bond0', members: ['uplink0', 'uplink1'], mode: 'active-backup' };
  const onBond = { ...br0, uplinks: ['bond0'] };

  const vlan = {
    ...{ kind: 'vlan', name: 'bond0.7', device: 'bond0', id: 7 },
    addresses: [{ address: '198.51.100.7', prefix: 24 }],
  };

  test.skipIf(noBonds || noVlans)('a bond, a VLAN on it and a bridge come and go at once', async () => {
    const { faults } = await walk(of(bond0, vlan, onBond), { desired: NOTHING });
    expect(faults).toEqual([]);
  });

  test.skipIf(noBonds || noVlans)('a bond changes, and is made anew where it must be', async () => {
    const own = { ...bond0, addresses: ADDRESSES, routes: ROUTES };
    const lacp = { ...own, mode: '802.3ad', lacpRate: 'fast' };
    const nested = {
      ...{ kind: 'vlan', name: 'bond0.7.9', device: 'bond0.7', id: 9 },
      addresses: [{ address: '198.51.101.9', prefix: 24 }],
    };
    const { faults } = await walk(
      of({ ...own, miimon: 50, primary: 'uplink1' }, { ...vlan, id: 8 }, nested),
      of({ ...lacp, hashPolicy: 'layer3+4' }, vlan, nested),
      of({ ...lacp, hashPolicy: 'layer2', members: ['uplink1'] }),
    );
    expect(faults).toEqual([]);
  });

  test.skipIf(noFilters || noVlans)('VLANs of a bridge come, change and go', async () => {
    const vlans = [
      { from: 10, to: 12 },
      { from: 20, to: 20 },
    ];
    const aware = { ...br0, vlanAware: { vlans } };
    const { faults } = await walk(
      of(br0),
      of(aware, { ...vlan, name: 'br0.10', device: 'br0', id: 10 }),
      of({ ...aware, vlanAware: { vlans: [{ from: 12, to: 14 }] }, uplinks: ['uplink0', 'uplink1'] }),
      of(br0),
    );
    expect(faults).toEqual([]);
  });
});
