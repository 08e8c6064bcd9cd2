import type { TraceCode } from '../reach/report';
import { GONE, MAC_OF, near, type ReachCase, routed, sets, table } from './reach-case';

const fault = (code: TraceCode, name: string, rest: Omit<ReachCase, 'code' | 'name'>): ReachCase => ({
  code,
  name,
  ...rest,
});
export const FAULTS: readonly ReachCase[] = [
  fault('TAP_NOT_IN_BRIDGE', 'a port was taken out of its bridge', {
    ...near,
    make: ['ip link set v-b nomaster'],
    undo: ['ip link set v-b master br0'],
  }),
  fault('LINK_SET_DOWN', 'a port is set down', {
    ...near,
    make: ['ip link set v-b down'],
    undo: ['ip link set v-b up'],
  }),
  fault('LINK_SET_DOWN', 'the NIC inside a guest is set down', {
    ...near,
    make: ['ip -n b link set eth0 down'],
    undo: ['ip -n b link set eth0 up', 'ip -n b route add default via 192.168.50.1'],
  }),
  fault('LINK_SET_DOWN', 'the bridge is set down', {
    ...near,
    make: ['ip link set br0 down'],
    undo: ['ip link set br0 up'],
  }),
  fault('STP_NOT_FORWARDING', 'a port of the bridge is disabled', {
    ...near,
    make: ['bridge link set dev v-b state 0'],
    undo: ['bridge link set dev v-b state 3'],
  }),
  fault('PORTS_ISOLATED', 'both ports are isolated', {
    ...near,
    make: ['bridge link set dev v-a isolated on', 'bridge link set dev v-b isolated on'],
    undo: ['bridge link set dev v-a isolated off', 'bridge link set dev v-b isolated off'],
  }),
  fault('PORT_LOCKED', 'a port is locked', {
    ...near,
    make: ['bridge link set dev v-a locked on learning off', `bridge fdb del ${MAC_OF('a')} dev v-a master`],
    undo: ['bridge link set dev v-a locked off learning on'],
  }),
  fault('DUPLICATE_MAC', "the bridge has a guest's address at another port", {
    ...near,
    make: [`bridge fdb replace ${MAC_OF('b')} dev v-d master static`],
    undo: [`bridge fdb del ${MAC_OF('b')} dev v-d master`],
  }),
  fault('BR_NETFILTER_DROP', 'bridged packets are handed to rules of IP that drop them', {
    ...{ ...near, needs: 'br_netfilter' },
    make: [
      sets('net.bridge.bridge-nf-call-iptables', 1),
      ...table('ip t { chain f { type filter hook forward priority 0; policy drop; }; }'),
    ],
    undo: [GONE, sets('net.bridge.bridge-nf-call-iptables', 0)],
  }),
  fault('BRIDGE_RULE_DROP', 'a rule of the bridge family drops', {
    ...near,
    make: table(
      'bridge t { chain f { type filter hook forward priority 0; iifname "v-a" ether type ip drop; }; }',
    ),
    undo: ['nft delete table bridge t'],
  }),
  fault('IP_ON_BRIDGE_PORT', "the bridge's address is on one of its ports", {
    ...{ from: 'a', to: 'host' },
    make: ['ip addr del 192.168.50.1/24 dev br0', 'ip addr add 192.168.50.1/24 dev v-d'],
    undo: ['ip addr del 192.168.50.1/24 dev v-d', 'ip addr add 192.168.50.1/24 dev br0'],
  }),
  fault('FORWARDING_OFF', 'the host does not forward', {
    ...routed,
    make: [sets('net.ipv4.ip_forward', 0)],
    undo: [sets('net.ipv4.ip_forward', 1)],
  }),
  fault('FORWARDING_OFF', 'one bridge does not forward', {
    ...routed,
    make: [sets('net.ipv4.conf.br0.forwarding', 0)],
    undo: [sets('net.ipv4.conf.br0.forwarding', 1)],
  }),
  fault('RP_FILTER', 'answers would go out another way', {
    ...routed,
    make: [sets('net.ipv4.conf.br0.rp_filter', 1), 'ip route add 192.168.50.11/32 dev br1'],
    undo: ['ip route del 192.168.50.11/32 dev br1', sets('net.ipv4.conf.br0.rp_filter', 0)],
  }),
  fault('NO_ROUTE', 'a route of the host refuses', {
    ...routed,
    make: ['ip route add unreachable 192.168.60.11/32'],
    undo: ['ip route del unreachable 192.168.60.11/32'],
  }),
  fault('NO_ROUTE', 'the other guest has no way back', {
    ...routed,
    make: ['ip -n c route del default'],
    undo: ['ip -n c route add default via 192.168.60.1'],
  }),
  fault('NO_ROUTE', 'a routing rule leads into an empty table', {
    ...routed,
    make: ['ip rule add pref 90 from 192.168.50.11 prohibit'],
    undo: ['ip rule del pref 90'],
  }),
  fault('FORWARD_POLICY_DROP', 'the policy of a chain drops', {
    ...routed,
    make: table('ip t { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'),
    undo: [GONE],
  }),
  fault('FORWARD_RULE_DROP', 'a rule with a set drops', {
    ...routed,
    make: table(
      'ip t { set bad { type ipv4_addr; flags interval; elements = { 192.168.60.0/28 }; }; chain f { type filter hook forward priority 0; ip daddr @bad drop; }; }',
    ),
    undo: [GONE],
  }),
  fault('FORWARD_RULE_DROP', 'a chain that a map leads to rejects', {
    ...routed,
    make: table(
      'ip t { chain no { reject; }; chain f { type filter hook forward priority 5; iifname vmap { "br0" : jump no, "br1" : accept }; }; }',
    ),
    undo: [GONE],
  }),
  fault('FORWARD_RULE_DROP', 'answers are not let through', {
    ...routed,
    make: table(
      'inet t { chain f { type filter hook forward priority 0; policy drop; iifname "br0" accept; ct state invalid drop; iifname "br1" drop; }; }',
    ),
    undo: ['nft delete table inet t'],
  }),
  fault('INPUT_DROP', 'the host takes nothing from the bridge', {
    ...{ from: 'a', to: 'host' },
    make: table(
      'ip t { chain i { type filter hook input priority 0; policy drop; iifname "lo" accept; tcp dport 22 accept; }; }',
    ),
    undo: [GONE],
  }),
  fault('OUTPUT_DROP', 'the host may not send', {
    ...{ from: 'host', to: 'a' },
    make: table('ip t { chain o { type filter hook output priority 0; oifname "br*" drop; }; }'),
    undo: [GONE],
  }),
  fault('NAT_MISSING_OR_STALE', 'nothing translates what leaves', {
    ...{ from: 'a', to: '203.0.113.1' },
    make: ['nft flush chain ip nat post'],
    undo: ['nft add rule ip nat post oifname up0 masquerade'],
  }),
  fault('FORWARD_POLICY_DROP', 'a policy drops, as Docker leaves it', {
    ...{ ...routed, needs: 'iptables' },
    make: [
      ...['iptables -N DOCKER-USER', 'iptables -P FORWARD DROP', 'iptables -A FORWARD -j DOCKER-USER'],
      'iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      'iptables -A FORWARD -m addrtype --dst-type LOCAL -j ACCEPT',
    ],
    undo: ['nft delete table ip filter'],
  }),
  fault('FORWARD_RULE_DROP', 'a chain rejects what is new, as libvirt does', {
    ...{ ...routed, needs: 'iptables' },
    make: [
      ...['iptables -N LIBVIRT_FWI', 'iptables -A FORWARD -j LIBVIRT_FWI'],
      'iptables -A LIBVIRT_FWI -o br1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      'iptables -A LIBVIRT_FWI -o br1 -j REJECT --reject-with icmp-port-unreachable',
    ],
    undo: ['nft delete table ip filter'],
  }),
  fault('VLAN_MISMATCH', 'two ports are in different VLANs', {
    ...{ ...near, needs: 'VLANs' },
    make: [
      'ip link set br0 type bridge vlan_filtering 1',
      'bridge vlan del dev v-b vid 1',
      'bridge vlan add dev v-b vid 20 pvid untagged',
    ],
    undo: [
      'bridge vlan del dev v-b vid 20',
      'bridge vlan add dev v-b vid 1 pvid untagged',
      'ip link set br0 type bridge vlan_filtering 0',
    ],
  }),
  fault('NO_PVID', 'a port has no PVID', {
    ...{ ...near, needs: 'VLANs' },
    make: ['ip link set br0 type bridge vlan_filtering 1', 'bridge vlan del dev v-a vid 1'],
    undo: ['bridge vlan add dev v-a vid 1 pvid untagged', 'ip link set br0 type bridge vlan_filtering 0'],
  }),
  fault('BRIDGE_SELF_NOT_IN_VLAN', 'the host is not in the VLAN of its guests', {
    ...{ from: 'a', to: 'host', needs: 'VLANs' },
    make: ['ip link set br0 type bridge vlan_filtering 1', 'bridge vlan del dev br0 vid 1 self'],
    undo: [
      'bridge vlan add dev br0 vid 1 pvid untagged self',
      'ip link set br0 type bridge vlan_filtering 0',
    ],
  }),
];
