import { GONE, MAC_OF, near, type ReachCase, routed, sets, table } from './reach-case';

const well = (name: string, rest: Omit<ReachCase, 'code' | 'name'>): ReachCase => ({
  code: null,
  name,
  ...rest,
});
const ACCEPTING = 'chain f { type filter hook forward priority 0; policy drop;';

export const HEALTHY: readonly ReachCase[] = [
  well('two guests of a bridge', { ...near, make: [], undo: [] }),
  well('two guests of two bridges', { ...routed, make: [], undo: [] }),
  well('a guest and the host', { ...{ from: 'a', to: 'host' }, make: [], undo: [] }),
  well('the host and a guest', { ...{ from: 'host', to: 'c' }, make: [], undo: [] }),
  well('a guest and the outside', { ...{ from: 'a', to: '203.0.113.1' }, make: [], undo: [] }),
  well('one port is isolated', {
    ...near,
    make: ['bridge link set dev v-a isolated on'],
    undo: ['bridge link set dev v-a isolated off'],
  }),
  well('other ports are isolated', {
    ...near,
    make: ['bridge link set dev v-a isolated on', 'bridge link set dev v-d isolated on'],
    undo: ['bridge link set dev v-a isolated off', 'bridge link set dev v-d isolated off'],
  }),
  well('a locked port with an entry for its guest', {
    ...near,
    make: [`bridge fdb replace ${MAC_OF('a')} dev v-a master static`, 'bridge link set dev v-a locked on'],
    undo: ['bridge link set dev v-a locked off', `bridge fdb del ${MAC_OF('a')} dev v-a master`],
  }),
  well('a bridge that does not learn', {
    ...near,
    make: ['bridge link set dev v-b learning off'],
    undo: ['bridge link set dev v-b learning on'],
  }),
  well('a rule accepts what a policy would drop', {
    ...routed,
    make: table(
      `ip t { ${ACCEPTING} ct state established,related accept; iifname "br0" oifname "br1" accept; }; }`,
    ),
    undo: [GONE],
  }),
  well('a set accepts', {
    ...routed,
    make: table(
      `ip t { set good { type ipv4_addr; elements = { 192.168.60.11, 192.168.50.11 }; }; ${ACCEPTING} ip saddr @good accept; }; }`,
    ),
    undo: [GONE],
  }),
  well('a pair of address and protocol accepts', {
    ...routed,
    make: table(
      `ip t { ${ACCEPTING} ip saddr . meta l4proto { 192.168.50.11 . icmp, 192.168.60.11 . icmp } accept; }; }`,
    ),
    undo: [GONE],
  }),
  well('a jump comes back and goes on', {
    ...routed,
    make: table(
      'ip t { chain x { ip saddr 10.0.0.0/8 drop; return; }; chain f { type filter hook forward priority 0; jump x; accept; }; }',
    ),
    undo: [GONE],
  }),
  well('rules that are for others', {
    ...routed,
    make: table(
      'inet t { chain f { type filter hook forward priority 0; ip6 saddr ::/0 drop; tcp dport 22 drop; iifname "virbr*" drop; ip daddr != 192.168.0.0/16 drop; }; }',
    ),
    undo: ['nft delete table inet t'],
  }),
  well('a table that is asked first accepts, the next lets pass', {
    ...routed,
    make: table(
      'ip t { chain f { type filter hook forward priority -5; accept; }; chain g { type filter hook forward priority 5; ct state new,established accept; }; }',
    ),
    undo: [GONE],
  }),
  well('bridged packets are handed to rules that accept them', {
    ...{ ...near, needs: 'br_netfilter' },
    make: [
      sets('net.bridge.bridge-nf-call-iptables', 1),
      ...table(`ip t { ${ACCEPTING} iifname "br0" oifname "br0" accept; }; }`),
    ],
    undo: [GONE, sets('net.bridge.bridge-nf-call-iptables', 0)],
  }),
  well('bridged packets are not handed to rules that would drop them', {
    ...{ ...near, needs: 'br_netfilter' },
    make: [sets('net.bridge.bridge-nf-call-iptables', 0), ...table(`ip t { ${ACCEPTING} }; }`)],
    undo: [GONE],
  }),
  well('a table of its own for a guest', {
    ...routed,
    make: [
      'ip route add 192.168.60.0/24 dev br1 table 77',
      'ip rule add pref 90 from 192.168.50.11 lookup 77',
    ],
    undo: ['ip rule del pref 90', 'ip route flush table 77'],
  }),
  well('sources are checked strictly, and are right', {
    ...routed,
    make: [sets('net.ipv4.conf.br0.rp_filter', 1), sets('net.ipv4.conf.br1.rp_filter', 1)],
    undo: [sets('net.ipv4.conf.br0.rp_filter', 0), sets('net.ipv4.conf.br1.rp_filter', 0)],
  }),
  well('the host takes pings alone', {
    ...{ from: 'a', to: 'host' },
    make: table(
      'ip t { chain i { type filter hook input priority 0; policy drop; icmp type echo-request accept; }; }',
    ),
    undo: [GONE],
  }),
  well('iptables accepts, and the answers by their connection', {
    ...{ ...routed, needs: 'iptables' },
    make: [
      ...['iptables -P FORWARD DROP', 'iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT'],
      'iptables -A FORWARD -i br0 -m iprange --dst-range 192.168.60.10-192.168.60.20 -m conntrack --ctstate NEW -j ACCEPT',
    ],
    undo: ['nft delete table ip filter'],
  }),
  well('iptables accepts what is bridged', {
    ...{ ...near, needs: 'br_netfilter' },
    make: [
      sets('net.bridge.bridge-nf-call-iptables', 1),
      ...['iptables -P FORWARD DROP', 'iptables -I FORWARD -m physdev --physdev-is-bridged -j ACCEPT'],
    ],
    undo: ['nft delete table ip filter', sets('net.bridge.bridge-nf-call-iptables', 0)],
  }),
  well('two ports of one VLAN', {
    ...{ ...near, needs: 'VLANs' },
    make: [
      'ip link set br0 type bridge vlan_filtering 1',
      ...['a', 'b'].flatMap((g) => [
        `bridge vlan del dev v-${g} vid 1`,
        `bridge vlan add dev v-${g} vid 20 pvid untagged`,
      ]),
    ],
    undo: [
      ...['a', 'b'].flatMap((g) => [
        `bridge vlan del dev v-${g} vid 20`,
        `bridge vlan add dev v-${g} vid 1 pvid untagged`,
      ]),
      'ip link set br0 type bridge vlan_filtering 0',
    ],
  }),
];
