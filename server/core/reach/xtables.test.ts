import { describe, expect, test } from 'vitest';
import type { Packet } from './packet';
import { xtMatches, xtParts, xtTranslation } from './xtables';

const packet: Packet = {
  ...{ family: 4, from: '192.168.50.11', to: '192.168.60.11', protocol: 'tcp', sport: 40_000, dport: 443 },
  ...{ state: 'new', macFrom: '52:54:00:00:00:01', macTo: null },
};
const world = { isLocal: (address: string) => address === '192.168.50.1', sets: () => null };
const asks = (line: string, more: Partial<Packet> = {}, ports?: { in: string; out: string }) => {
  const subject = {
    packet: { ...packet, ...more },
    at: ports === undefined ? { in: 'br0' } : { in: 'br0', out: 'br0', ports },
  };
  return xtParts(line)
    .filter((p) => p.type === 'match')
    .map((p) => xtMatches(p, subject, world));
};

test('parts of a rule, as iptables-save prints it', () => {
  expect(
    xtParts(
      '-A FORWARD ! -s 10.0.0.0/8 -i virbr0 -p tcp -m tcp --dport 22:24 -m comment --comment "hi - there" -j REJECT --reject-with icmp-port-unreachable',
    ),
  ).toEqual([
    { type: 'match', name: 'tcp', options: [{ name: 'dport', not: false, value: '22:24' }] },
    { type: 'match', name: 'comment', options: [{ name: 'comment', not: false, value: 'hi - there' }] },
    {
      type: 'target',
      name: 'REJECT',
      options: [{ name: 'reject-with', not: false, value: 'icmp-port-unreachable' }],
    },
  ]);
});

describe('matches', () => {
  test.each([
    ['-m conntrack --ctstate RELATED,ESTABLISHED', {}, false],
    ['-m conntrack --ctstate RELATED,ESTABLISHED', { state: 'established' }, true],
    ['-m conntrack ! --ctstate NEW', {}, false],
    ['-m addrtype --dst-type LOCAL', {}, false],
    ['-m addrtype --dst-type LOCAL', { to: '192.168.50.1' }, true],
    ['-m addrtype ! --dst-type LOCAL', {}, true],
    ['-m multiport --dports 80,443', {}, true],
    ['-m multiport --dports 80,8000:9000', {}, false],
    ['-m multiport --dports 80', { protocol: 'icmp', dport: null }, false],
    ['-m mac --mac-source 52:54:00:00:00:01', {}, true],
    ['-m mac --mac-source 52:54:00:00:00:01', { macFrom: null }, null],
    ['-m iprange --src-range 192.168.50.10-192.168.50.12', {}, true],
    ['-m limit --limit 5/sec', {}, true],
    ['-m set --match-set bad src', {}, null],
    ['-m mark --mark 0x1', {}, null],
    ['-m physdev --physdev-is-bridged', {}, false],
  ] as const)('%s of %o: %s', (line, more, answer) => expect(asks(line, more)).toEqual([answer]));

  test('of ports of a bridge', () => {
    const ports = { in: 'vnet0', out: 'vnet1' };
    expect(asks('-m physdev --physdev-is-bridged', {}, ports)).toEqual([true]);
    expect(asks('-m physdev --physdev-in vnet+ --physdev-out vnet2', {}, ports)).toEqual([false]);
  });
});

test.each([
  ['-j DNAT --to-destination 10.0.0.2:80', { does: 'dnat', addr: '10.0.0.2', port: 80 }],
  ['-j DNAT --to-destination 10.0.0.2', { does: 'dnat', addr: '10.0.0.2' }],
  ['-j DNAT --to-destination [fd00::2]:80', { does: 'dnat', addr: 'fd00::2', port: 80 }],
  ['-j SNAT --to-source 10.0.0.2-10.0.0.9', null],
  ['-j REDIRECT --to-ports 8080', { does: 'redirect', port: 8080 }],
  ['-j TPROXY --on-port 1', null],
])('%s translates to %o', (line, to) => {
  const [part] = xtParts(line);
  expect(part && xtTranslation(part)).toEqual(to);
});
