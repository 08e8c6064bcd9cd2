import type { ConfigFile } from '../export';
import { toAddress, toNumber } from '../ip';
import { seatsOf, tapName, tapNames } from './numbering';
import { type Pool, PREFIX } from './pool';

/** What guests of bridges that are joined by GRE must use: openQA's own number, which leaves room for a key. */
export const GUEST_MTU = 1458;

const MADE = "# Made by Patchbay from the plan of openQA's workers: changes made here are not read back.";
const text = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;
const set = (key: string, value: string): string => `${key}='${value}'`;

/** Where openQA and its service look for the pool, whoever makes the interfaces. */
export const openqaFiles = (pool: Pool): readonly ConfigFile[] => [workers(pool), service(pool)];

/** For those who have wicked make the interfaces at boot, in place of Patchbay. */
export const wickedPoolFiles = (pool: Pool): readonly ConfigFile[] => [
  bridge(pool),
  ...seatsOf(pool).map((seat) => tap(tapName(seat), pool)),
  ...(pool.peers.length === 0 ? [] : [tunnels(pool)]),
];

export const poolFiles = (pool: Pool): readonly ConfigFile[] => [
  ...openqaFiles(pool),
  ...wickedPoolFiles(pool),
];

function workers(pool: Pool): ConfigFile {
  const seats = seatsOf(pool);
  const sections = seats
    .filter((seat) => seat.nic === 1)
    .flatMap(({ worker }) => [
      '',
      `# ${seats.flatMap((s) => (s.worker === worker ? [tapName(s)] : [])).join(', ')}`,
      `[${worker}]`,
      `WORKER_CLASS=${[...pool.classes, 'tap'].join(',')}`,
    ]);
  return { path: '/etc/openqa/workers.ini', text: text(MADE, ...sections) };
}

/** The other half of the bridge's network, where the service shows guests to the host. */
function otherHalf(address: string): string {
  const bits = 1n << BigInt(31 - PREFIX);
  const n = toNumber(address) ?? 0n;
  return toAddress(((n / bits) ^ 1n) * bits, 4);
}

function service({ bridge: name, address }: Pool): ConfigFile {
  return {
    path: '/etc/sysconfig/os-autoinst-openvswitch',
    text: text(
      MADE,
      `OS_AUTOINST_USE_BRIDGE=${name}`,
      `OS_AUTOINST_BRIDGE_LOCAL_IP=${address}`,
      `OS_AUTOINST_BRIDGE_NETMASK=${PREFIX}`,
      `OS_AUTOINST_BRIDGE_REWRITE_TARGET=${otherHalf(address)}`,
    ),
  };
}

const SCRIPT = 'gre_tunnel_preup.sh';

function bridge(pool: Pool): ConfigFile {
  const { bridge: name, address, peers } = pool;
  return {
    path: `/etc/sysconfig/network/ifcfg-${name}`,
    text: text(
      MADE,
      set('BOOTPROTO', 'static'),
      set('IPADDR', `${address}/${PREFIX}`),
      set('STARTMODE', 'auto'),
      set('OVS_BRIDGE', 'yes'),
      ...tapNames(pool).map((device, i) => set(`OVS_BRIDGE_PORT_DEVICE_${i + 1}`, device)),
      ...(peers.length === 0 ? [] : [set('PRE_UP_SCRIPT', `wicked:${SCRIPT}`)]),
    ),
  };
}

const tap = (name: string, { owner, group }: Pool): ConfigFile => ({
  path: `/etc/sysconfig/network/ifcfg-${name}`,
  text: text(
    MADE,
    set('BOOTPROTO', 'none'),
    ...['IPADDR', 'NETMASK', 'PREFIXLEN'].map((key) => set(key, '')),
    set('STARTMODE', 'auto'),
    set('TUNNEL', 'tap'),
    set('TUNNEL_SET_GROUP', group),
    set('TUNNEL_SET_OWNER', owner),
  ),
});

/** Three bridges that are joined each with each are a loop, which spanning tree opens. */
const tunnels = ({ peers }: Pool): ConfigFile => ({
  path: `/etc/wicked/scripts/${SCRIPT}`,
  text: text(
    '#!/bin/sh',
    MADE,
    `# Guests on both ends must use an MTU of ${GUEST_MTU}: what is larger does not fit into a packet of GRE.`,
    'bridge="$2"',
    ...(peers.length > 1 ? ['ovs-vsctl set bridge "$bridge" rstp_enable=true'] : []),
    ...peers.map(
      (peer, i) =>
        `ovs-vsctl --may-exist add-port "$bridge" gre${i + 1} -- set interface gre${i + 1} type=gre options:remote_ip=${peer}`,
    ),
  ),
});
