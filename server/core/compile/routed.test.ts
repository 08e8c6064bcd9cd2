import { describe, expect, test } from 'vitest';
import { IfName } from '../ids';
import { NicSource } from '../kinds/nic';
import { compileRouted } from './routed';

const compiled = (more: object) => {
  const source = NicSource.parse({ type: 'routed', ...more });
  if (source.type !== 'routed') throw new Error('not routed');
  return compileRouted(IfName.parse('vnet0.5'), source).map(({ command, inverse }) =>
    [command.join(' '), ...(inverse === undefined ? [] : [inverse.join(' ')])].join(' <- '),
  );
};

describe('a routed NIC', () => {
  test('with one address in the main table', () => {
    expect(compiled({ addresses: ['192.0.2.7'] })).toMatchInlineSnapshot(`
      [
        "sysctl -qw net/ipv4/conf/vnet0.5/forwarding=1 <- sysctl -qw net/ipv4/conf/vnet0.5/forwarding=0",
        "sysctl -qw net/ipv4/conf/vnet0.5/proxy_arp=1 <- sysctl -qw net/ipv4/conf/vnet0.5/proxy_arp=0",
        "sysctl -qw net/ipv4/neigh/vnet0.5/proxy_delay=0",
        "ip -4 route replace 192.0.2.7/32 dev vnet0.5 proto static <- ip -4 route del 192.0.2.7/32 dev vnet0.5 proto static",
      ]
    `);
  });

  test('of both families, in a table of its own, with neighbours at a device', () => {
    expect(
      compiled({
        ...{ addresses: ['192.0.2.7', '2001:db8::7'], gateways: ['2001:db8::1'] },
        ...{ device: 'eth0.5', table: 100 },
      }),
    ).toMatchInlineSnapshot(`
      [
        "sysctl -qw net/ipv4/conf/vnet0.5/forwarding=1 <- sysctl -qw net/ipv4/conf/vnet0.5/forwarding=0",
        "sysctl -qw net/ipv4/conf/vnet0.5/proxy_arp=1 <- sysctl -qw net/ipv4/conf/vnet0.5/proxy_arp=0",
        "sysctl -qw net/ipv4/neigh/vnet0.5/proxy_delay=0",
        "sysctl -qw net/ipv6/conf/vnet0.5/proxy_ndp=1 <- sysctl -qw net/ipv6/conf/vnet0.5/proxy_ndp=0",
        "sysctl -qw net/ipv6/neigh/vnet0.5/proxy_delay=0",
        "ip -4 rule add iif vnet0.5 table 100 <- ip -4 rule del iif vnet0.5 table 100",
        "ip -6 rule add iif vnet0.5 table 100 <- ip -6 rule del iif vnet0.5 table 100",
        "ip -4 rule add to 192.0.2.7/32 table 100 <- ip -4 rule del to 192.0.2.7/32 table 100",
        "ip -4 route replace 192.0.2.7/32 dev vnet0.5 proto static table 100 <- ip -4 route del 192.0.2.7/32 dev vnet0.5 proto static table 100",
        "ip -6 rule add to 2001:db8::7/128 table 100 <- ip -6 rule del to 2001:db8::7/128 table 100",
        "ip -6 route replace 2001:db8::7/128 dev vnet0.5 proto static table 100 <- ip -6 route del 2001:db8::7/128 dev vnet0.5 proto static table 100",
        "ip -6 neigh replace proxy 2001:db8::1 dev vnet0.5 <- ip -6 neigh del proxy 2001:db8::1 dev vnet0.5",
        "sysctl -qw net/ipv4/conf/eth0.5/forwarding=1",
        "sysctl -qw net/ipv6/conf/eth0.5/proxy_ndp=1",
        "ip -4 neigh replace proxy 192.0.2.7 dev eth0.5 <- ip -4 neigh del proxy 192.0.2.7 dev eth0.5",
        "ip -6 neigh replace proxy 2001:db8::7 dev eth0.5 <- ip -6 neigh del proxy 2001:db8::7 dev eth0.5",
      ]
    `);
  });

  test.each([
    [{ addresses: [] }, 'A routed NIC needs an address, which the route goes to.'],
    [
      { addresses: ['192.0.2.7'], gateways: ['192.0.2.1'] },
      'Only gateways of IPv6 are named: the host answers for IPv4 anyway.',
    ],
    [{ addresses: ['192.0.2.7'], table: 0 }, 'A table is at least 1.'],
  ])('refuses %j', (more, why) => {
    const refused = NicSource.safeParse({ type: 'routed', ...more });
    expect(refused.error?.issues.map((i) => i.message)).toEqual([why]);
  });
});
