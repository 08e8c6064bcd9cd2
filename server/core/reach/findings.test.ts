import { expect, test } from 'vitest';
import { observedOf } from '../testing/observed';
import { findings } from './findings';

const link = (name: string, more: object) => ({ [name]: { name, kind: 'veth', ...more } });
const address = (text: string) => ({
  family: 4,
  address: text.split('/')[0],
  prefix: Number(text.split('/')[1]),
});
const of = (facts: object) => findings(observedOf(facts)).map((f) => `${f.code} ${f.object}: ${f.sentence}`);
const tap = { mode: 'tap', persist: true, multiQueue: false, vnetHdr: false, user: null };

test('nothing is wrong with nothing, nor with what is not known', () => {
  expect(of({})).toEqual([]);
  expect(
    of({ nft: 'denied', tapHolders: 'denied', vlans: 'denied', links: link('tap0', { kind: 'tun', tap }) }),
  ).toEqual([]);
});

test('what stands wrong is named, with where', () => {
  const links = {
    ...link('br0', { kind: 'bridge', addresses: [address('10.0.0.1/24')] }),
    ...link('eth0', { kind: 'device', master: 'br0', addresses: [address('10.0.0.9/24')] }),
    ...link('vx0', { kind: 'vxlan', master: 'br0', mtu: 1450 }),
    ...link('vnet0', { master: 'br0' }),
    ...link('tap0', { kind: 'tun', tap }),
  };
  const port = {
    bridge: 'br0',
    cost: 2,
    priority: 32,
    isolated: false,
    learning: true,
    flood: true,
    locked: false,
    hairpin: false,
  };
  const ours = { current: false, conf: 'dhcp-range=10.0.0.2,10.0.0.9', hostsFile: null };
  expect(
    of({
      links,
      tapHolders: { tap0: { device: 'tap0', processes: [{ pid: 7, command: 'qemu', guest: 'vm' }] } },
      vlans: { vnet0: { port: 'vnet0', vlans: [{ from: 20, to: 20, pvid: true, untagged: true }] } },
      bridgePorts: {
        vnet0: { ...port, port: 'vnet0', state: 'blocking' },
        eth0: { ...port, port: 'eth0', state: 'forwarding' },
      },
      dnsmasq: { demo: { ...ours, network: 'demo', pid: null } },
      sysctls: { 'net.ipv4.ip_forward': { value: '0' } },
      nft: {
        'ip n': {
          ...{ family: 'ip', name: 'n' },
          chains: [
            {
              name: 'p',
              hook: 'postrouting',
              type: 'nat',
              priority: 100,
              policy: 'accept',
              rules: [{ handle: 1, comment: null, expression: [{ masquerade: null }] }],
            },
          ],
        },
      },
    }),
  ).toMatchInlineSnapshot(`
    [
      "DHCP_SERVER_DOWN demo: dnsmasq of network demo does not run: its guests get no leases.",
      "FORWARDING_OFF test: Rules translate addresses of what leaves (masquerade), and the host forwards no IPv4: nothing leaves.",
      "IP_ON_BRIDGE_PORT eth0: eth0 is a port of br0 and has the address 10.0.0.9: what is sent there passes the bridge. It belongs on br0.",
      "OVERLAPPING_SUBNET eth0: br0 (10.0.0.0/24) and eth0 (10.0.0.0/24) have addresses in common: what is for one may be sent to the other.",
      "STP_NOT_FORWARDING vnet0: Port vnet0 of br0 does not forward: it is blocking.",
      "TAP_NOT_IN_BRIDGE tap0: tap0 of vm is in no bridge, and the host has neither an address nor a route there.",
      "TUNNEL_MTU vx0: vx0 takes 1450 bytes at most, and eth0 beside it in br0 sends 1500: large packets are lost on the way.",
      "VLAN_FILTERING_OFF br0: VLANs are set at vnet0, a port of br0, which does not look at VLANs: they have no effect.",
    ]
  `);
});
