import { portMark } from '@/server/core/compile/ports';
import type { PacketRow } from '@/server/core/testing/packet-rows';
import { patience } from '@/server/core/testing/patience';
import { run } from '../exec';
import { MACVLAN_MODES } from '../guests-pool';

/*
 * For a program inside namespaces of its own: an outside, devices of the host that lead to it, and two guests for every
 * row of the table. Few processes, each with much to do: where the machine is emulated, starting one takes long.
 */

type Datapath = 'system' | 'netdev';
const LONG = { timeout: 60_000 * patience };

export async function must(argv: readonly string[], stdin?: string): Promise<string> {
  const ran = await run(argv, { ...LONG, ...(stdin === undefined ? {} : { stdin }) });
  if (!ran.ok) throw new Error(`${argv.join(' ')}: ${ran.error.detail ?? ran.error.message}`);
  return ran.value.stdout;
}

/** Lines of `ip`, at once; in a namespace or here. */
export const ipAll = (lines: readonly string[], space?: string) =>
  must(['ip', ...(space === undefined ? [] : ['-n', space]), '-batch', '-'], `${lines.join('\n')}\n`);

/** A script of busybox's shell; in a namespace or here. Fails with its first command that does. */
export const shell = (script: string, space?: string) =>
  must(
    [...(space === undefined ? [] : ['nsenter', `--net=/run/netns/${space}`]), 'busybox', 'sh', '-es'],
    script,
  );

export const guestsOf = ({ id }: PacketRow) => [`g${id}a`, `g${id}b`] as const;
export const guestAddresses = ({ id }: PacketRow) =>
  [
    { v4: `10.${id}.0.11`, v6: `fd00:${id}::11` },
    { v4: `10.${id}.0.12`, v6: `fd00:${id}::12` },
  ] as const;
export const hostAddress = ({ id }: PacketRow) => ({ v4: `10.${id}.0.1`, v6: `fd00:${id}::1` });
/** Where everything that is neither guest nor host is. */
export const OUTSIDE = { v4: '198.51.100.1', v6: '2001:db8:f::1' };
const outsideSwitch = ({ id }: PacketRow) => ({ v4: `10.${id}.0.254`, v6: `fd00:${id}::fe` });
/** Who serves the guests of a row. */
export const serverOf = (row: PacketRow) => (row.into === 'own' ? hostAddress(row) : outsideSwitch(row)).v4;

/** The outside has a route back to every guest, so that what does not arrive was dropped. It notes whom it sees. */
export async function makeOutside(folder: string, rows: readonly PacketRow[]): Promise<void> {
  const cabled = rows.filter((r) => r.devices.length > 0);
  await ipAll(['link set lo up', 'netns add outside', 'link add up0 type veth peer name up0 netns outside']);
  await ipAll([
    ...['addr add 203.0.113.2/24 dev up0', 'addr add 2001:db8:1::2/64 dev up0 nodad', 'link set up0 up'],
    'route add default via 203.0.113.1',
    'route add default via 2001:db8:1::1',
    ...cabled.flatMap((row) =>
      row.devices.map((d) => `link add ${d} type veth peer name ${d} netns outside`),
    ),
  ]);
  await ipAll(
    [
      ...['link set lo up', 'addr add 203.0.113.1/24 dev up0', 'addr add 2001:db8:1::1/64 dev up0 nodad'],
      ...[`addr add ${OUTSIDE.v4}/32 dev lo`, `addr add ${OUTSIDE.v6}/128 dev lo`, 'link set up0 up'],
      ...['route add 10.0.0.0/8 via 203.0.113.2', 'route add fd00::/8 via 2001:db8:1::2'],
      ...cabled.flatMap((row) => [
        `link add sw${row.id} type bridge forward_delay 0`,
        ...row.devices.flatMap((d) => [
          `link set ${d} master sw${row.id} up`,
          ...(row.reflects ? [`link set ${d} type bridge_slave hairpin on`] : []),
        ]),
        `addr add ${outsideSwitch(row).v4}/24 dev sw${row.id}`,
        `addr add ${outsideSwitch(row).v6}/64 dev sw${row.id} nodad`,
        `link set sw${row.id} up`,
      ]),
    ],
    'outside',
  );
  const seen = [
    'table inet seen { set v4 { type ipv4_addr; size 999; flags dynamic; }; set v6 { type ipv6_addr; size 999; flags dynamic; };',
    'chain in { type filter hook prerouting priority 0;',
    'icmp type echo-request add @v4 { ip saddr }; icmpv6 type echo-request add @v6 { ip6 saddr }; }; }',
  ].join(' ');
  const serve = [
    `dnsmasq --user=root --group=root --conf-file=/dev/null --no-hosts --no-resolv --dhcp-authoritative`,
    `--pid-file=${folder}/outside.pid --dhcp-leasefile=${folder}/outside.leases --no-ping`,
    ...cabled.map(
      ({ id }) => `--dhcp-range=10.${id}.0.100,10.${id}.0.150,1h --address=/printer.test/10.99.0.99`,
    ),
  ].join(' ');
  await shell(
    [...cabled.map(({ id }) => `ethtool -K sw${id} tx off >/dev/null`), `nft '${seen}'`, serve].join('\n'),
    'outside',
  );
}

/** What the modes without a bridge of their own stand on: the host has an address there, too. */
export async function makeHostSide(rows: readonly PacketRow[], datapath: 'system' | 'netdev'): Promise<void> {
  const on = (device: string, row: PacketRow) => [
    `addr add ${hostAddress(row).v4}/24 dev ${device}`,
    `addr add ${hostAddress(row).v6}/64 dev ${device} nodad`,
    `link set ${device} up`,
  ];
  const cabled = rows.filter((r) => r.devices.length > 0);
  const switches = cabled.filter((r) => r.into === 'ovs');
  if (switches.length > 0)
    await must([
      ...['ovs-vsctl', '--timeout=30'],
      ...switches.flatMap(({ id, devices }) => [
        ...['--', 'add-br', `h${id}`, '--', 'set', 'Bridge', `h${id}`, `datapath_type=${datapath}`],
        ...devices.flatMap((d) => ['--', 'add-port', `h${id}`, d]),
      ]),
    ]);
  await ipAll(
    cabled.flatMap((row) => {
      const [first = ''] = row.devices;
      const up = row.devices.map((d) => `link set ${d} up`);
      if (row.into === 'device') return [...up, ...on(first, row)];
      const bridge = `h${row.id}`;
      return [
        ...up,
        ...(row.into === 'linux'
          ? [
              `link add ${bridge} type bridge forward_delay 0`,
              ...row.devices.map((d) => `link set ${d} master ${bridge}`),
            ]
          : []),
        ...on(bridge, row),
      ];
    }),
  );
}

/** As somebody else plugs taps in, libvirt for one; of our own networks the ports say whose they are. */
export async function plugGuests(rows: readonly PacketRow[], datapath: Datapath): Promise<void> {
  const all = rows.flatMap((row) =>
    guestsOf(row).map((guest, n) => ({ row, guest, n: n === 0 ? (0 as const) : (1 as const) })),
  );
  await ipAll(all.map(({ guest }) => `netns add ${guest}`));
  const port = (guest: string) => `p-${guest}`;
  await ipAll(
    all.flatMap(({ row, guest, n }) => {
      const { network, devices } = row;
      const { mode } = network.forward;
      const mark =
        row.on === 'libvirt' ? [] : [`link set ${port(guest)} alias ${portMark(network.name, null)}`];
      if (row.into === 'device' && mode in MACVLAN_MODES) {
        const macvlan = Object.entries(MACVLAN_MODES).find(([m]) => m === mode)?.[1] ?? 'bridge';
        return [
          `link add link ${devices[n] ?? devices[0]} name ${port(guest)} type macvtap mode ${macvlan}`,
          ...mark,
          `link set ${port(guest)} netns ${guest} name eth0`,
        ];
      }
      const bridge = row.into === 'own' ? `br${row.id}` : `h${row.id}`;
      const onLinux = row.into === 'linux' || (row.into === 'own' && row.on !== 'ovs');
      return [
        `link add ${port(guest)} type veth peer name eth0 netns ${guest}`,
        ...mark,
        ...(onLinux ? [`link set ${port(guest)} master ${bridge}`] : []),
        // libvirt sets it when it plugs a tap in.
        ...(row.on === 'libvirt' && network.isolated
          ? [`link set ${port(guest)} type bridge_slave isolated on`]
          : []),
        `link set ${port(guest)} up`,
      ];
    }),
  );
  const switched = all.filter(({ row }) => row.into === 'ovs' || (row.into === 'own' && row.on === 'ovs'));
  await must([
    ...['ovs-vsctl', '--timeout=30'],
    ...switched.flatMap(({ row, guest }) => [
      ...['--', 'add-port', row.into === 'ovs' ? `h${row.id}` : `br${row.id}`, port(guest)],
    ]),
  ]);
  for (const { row, guest, n } of all) {
    const { v4, v6 } = guestAddresses(row)[n];
    const gateway = row.into === 'own' ? hostAddress(row) : outsideSwitch(row);
    await ipAll(
      [
        ...[
          'link set lo up',
          'link set eth0 up',
          `addr add ${v4}/24 dev eth0`,
          `addr add ${v6}/64 dev eth0 nodad`,
        ],
        // With a metric of its own: what a router advertises may be there already.
        ...[`route add default via ${gateway.v4}`, `route add default via ${gateway.v6} metric 1`],
      ],
      guest,
    );
  }
  // A switch in a process takes packets as they are, without checksum where the guest leaves it to its device.
  if (datapath === 'netdev')
    for (const { guest } of switched)
      await must(['ip', 'netns', 'exec', guest, 'ethtool', '-K', 'eth0', 'tx', 'off']);
}
