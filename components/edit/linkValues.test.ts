import { describe, expect, test } from 'vitest';
import { HostLink } from '@/server/core/kinds/link';
import { byLinkField, checkLinkValues, toLinkInput, toLinkValues } from './linkValues';

const ALL = [
  {
    ...{ kind: 'bridge', name: 'br0', uplinks: ['eth0', 'eth1'], stp: true, delay: 4, mtu: 1400 },
    mac: '52:54:00:12:34:56',
    addresses: [
      { address: '192.0.2.10', prefix: 24 },
      { address: '2001:db8::10', prefix: 64 },
    ],
    routes: [
      { gateway: '192.0.2.1', metric: 100 },
      { to: { address: '10.0.0.0', prefix: 8 }, gateway: '192.0.2.2' },
    ],
    vlanAware: {
      vlans: [
        { from: 10, to: 12 },
        { from: 20, to: 20 },
      ],
    },
  },
  { kind: 'vlan', name: 'eth0.10', device: 'eth0', id: 10, protocol: '802.1ad' },
  {
    ...{ kind: 'bond', name: 'bond0', members: ['eth0', 'eth1'], mode: '802.3ad', miimon: 50 },
    ...{ lacpRate: 'fast', hashPolicy: 'layer3+4' },
  },
  { kind: 'bridge', name: 'br1', stp: false, adopted: true },
  { kind: 'tap', name: 'tap0' },
  {
    ...{ kind: 'tap', name: 'tap1', user: 'anna', group: 'kvm', multiQueue: true, vnetHdr: true },
    ...{ bridge: 'br0', vlan: { tags: [{ id: 10 }] }, adopted: true },
  },
  {
    ...{ kind: 'tap', name: 'tap2', bridge: 'br0' },
    vlan: { trunk: true, tags: [{ id: 10, nativeMode: 'untagged' }, { id: 20 }] },
  },
  { kind: 'tap', name: 'tap3', bridge: 'br0', vlan: { trunk: true, tags: [{ id: 10 }] } },
  {
    ...{ kind: 'tap', name: 'tap4', bridge: 'br0' },
    vlan: { trunk: true, tags: [{ id: 10, nativeMode: 'tagged' }] },
  },
  { kind: 'tap', name: 'tap5', bridge: 'br1', keepVlans: true },
].map((l) => HostLink.parse(l));

describe('the form of a link', () => {
  test.each(ALL)('$kind $name comes out as it went in', (link) => {
    const { link: back, problems } = checkLinkValues(toLinkInput(toLinkValues(link), link), {
      others: [],
      observed: null,
    });
    expect(problems).toEqual([]);
    expect(back).toEqual(link);
  });

  test('what cannot be is told at its field', () => {
    const [bridge] = ALL;
    if (bridge === undefined) throw new Error('no case');
    const values = {
      ...toLinkValues(bridge),
      addresses: '192.0.2.10/24\n192.0.2.300/24',
      vlans: '10-x',
      mtu: 'big',
    };
    const { link, problems } = checkLinkValues(toLinkInput(values, bridge), { others: [], observed: null });
    expect(link).toBeNull();
    expect([...byLinkField(problems).keys()].sort()).toEqual(['addresses', 'mtu', 'vlans']);
  });

  test('a gateway that no address reaches is told at the routes', () => {
    const [bridge] = ALL;
    if (bridge === undefined) throw new Error('no case');
    const input = toLinkInput({ ...toLinkValues(bridge), routes: 'default via 198.51.100.1' }, bridge);
    const found = byLinkField(checkLinkValues(input, { others: [], observed: null }).problems);
    expect(found.get('routes')).toMatch(/198\.51\.100\.1 .* in no subnet of br0/);
  });
});
