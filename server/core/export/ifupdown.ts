import { delayOf, destinationOf, inOrder, miimonOf, portsIn, tapLine } from '../compile/link';
import { familyOf } from '../ip';
import type { HostLink, Tap } from '../kinds/link';
import { columnChange, NEW_PORT } from '../plan-ovs-columns';
import type { ConfigFile } from '.';
import { cidrText, fileOf, plainDevices, rangeText, tapVlanLines } from './common';
import type { Exported, Seat } from './exported';

/**
 * ifupdown with its helpers bridge-utils, vlan and ifenslave (ifupdown2 reads the same), and Open vSwitch's own one.
 * The devices themselves must not be configured elsewhere any more.
 */
export function ifupdownFiles(what: Exported): readonly ConfigFile[] {
  const { links } = what;
  const devices = plainDevices(links).flatMap((name) => ['', `auto ${name}`, `iface ${name} inet manual`]);
  const stanzas = inOrder(links).flatMap((link) => [
    '',
    ...stanzaOf(link, what),
    ...(link.kind === 'bridge' && link.vlanAware !== undefined ? ownVlans(links, link.name) : []),
  ]);
  return [fileOf('/etc/network/interfaces.d/patchbay', [...devices, ...stanzas])];
}

/** A VLAN that stands on the bridge gets only what the bridge itself takes part in. */
const ownVlans = (links: readonly HostLink[], bridge: string): readonly string[] =>
  links
    .flatMap((l) => (l.kind === 'vlan' && l.device === bridge ? [l.id] : []))
    .sort((a, b) => a - b)
    .map((id) => `    post-up bridge vlan add dev ${bridge} vid ${id} self`);

function stanzaOf(link: HostLink, what: Exported): readonly string[] {
  const { name, mtu, mac } = link;
  const addresses = link.addresses ?? [];
  const [first, ...more] = addresses;
  const inet = first === undefined || familyOf(first.address) === 4 ? 'inet' : 'inet6';
  const option = (words: string) => `    ${words}`;
  return [
    `auto ${name}`,
    `iface ${name} ${inet} ${first === undefined ? 'manual' : 'static'}`,
    ...(first === undefined ? [] : [option(`address ${cidrText(first)}`)]),
    ...(mtu === undefined ? [] : [option(`mtu ${mtu}`)]),
    ...(mac === undefined ? [] : [option(`hwaddress ether ${mac}`)]),
    ...optionsOf(link, what).map(option),
    // Every address and route of its own, so that metrics and both families are said alike.
    ...more.map((a) => option(`up ip address add ${cidrText(a)} dev ${name}`)),
    ...(link.routes ?? []).map((r) => {
      const metric = r.metric === undefined ? '' : ` metric ${r.metric}`;
      const to = r.to === undefined && familyOf(r.gateway) === 6 ? '::/0' : destinationOf(r);
      return option(`up ip route add ${to} via ${r.gateway} dev ${name}${metric}`);
    }),
  ];
}

function optionsOf(link: HostLink, { seatOf }: Exported): readonly string[] {
  if (link.kind === 'vlan')
    return [
      `vlan-raw-device ${link.device}`,
      `vlan-id ${link.id}`,
      ...(link.protocol === undefined ? [] : [`vlan-protocol ${link.protocol}`]),
    ];
  if (link.kind === 'bond')
    return [
      `bond-slaves ${link.members.join(' ')}`,
      `bond-mode ${link.mode}`,
      `bond-miimon ${miimonOf(link)}`,
      ...(link.primary === undefined ? [] : [`bond-primary ${link.primary}`]),
      ...(link.lacpRate === undefined ? [] : [`bond-lacp-rate ${link.lacpRate}`]),
      ...(link.hashPolicy === undefined ? [] : [`bond-xmit-hash-policy ${link.hashPolicy}`]),
    ];
  if (link.kind === 'tap') return tapOptions(link, seatOf(link));
  const ports = portsIn(link);
  return [
    `bridge-ports ${ports.length === 0 ? 'none' : ports.join(' ')}`,
    `bridge-stp ${link.stp ? 'on' : 'off'}`,
    `bridge-fd ${delayOf(link) / 100}`,
    ...(link.vlanAware === undefined
      ? []
      : [
          'bridge-vlan-aware yes',
          ...(link.vlanAware.vlans.length === 0
            ? []
            : [`bridge-vids ${link.vlanAware.vlans.map(rangeText).join(' ')}`]),
          // What bridge-utils does not know, and ifupdown2 does again without harm.
          `post-up ip link set dev ${link.name} type bridge vlan_filtering 1`,
          ...ports.flatMap((p) =>
            (link.vlanAware?.vlans ?? []).map((v) => `post-up bridge vlan add dev ${p} vid ${rangeText(v)}`),
          ),
        ]),
  ];
}

/** Its own commands: ifupdown has no words for a tap. */
const tapOptions = (tap: Tap, seat: Seat): readonly string[] => [
  `pre-up ip ${tapLine(tap.name, tap)} || true`,
  ...plugOptions(tap, seat),
  `post-down ip tuntap del dev ${tap.name} mode tap${tap.multiQueue ? ' multi_queue' : ''}`,
];

function plugOptions(tap: Tap, seat: Seat): readonly string[] {
  if (seat.is === 'nothing') return [];
  if (seat.is === 'ovs') return ovsOptions(tap, seat);
  return [`ip link set dev ${tap.name} master ${seat.bridge}`, ...tapVlanLines(tap)].map(
    (c) => `post-up ${c}`,
  );
}

/**
 * In words of Open vSwitch's own helper. The bridge gets no stanza: the switch keeps it, and `ifdown` of a stanza would
 * remove it with all its ports.
 */
function ovsOptions({ name }: Tap, { bridge, settings }: Extract<Seat, { is: 'ovs' }>): readonly string[] {
  const commands = columnChange(name, NEW_PORT, settings);
  const own = commands.flatMap(([verb, table, , ...values]) =>
    verb === 'set' && table === 'Port' ? values : [],
  );
  const others = commands.filter(([, table]) => table !== 'Port');
  return [
    'ovs_type OVSPort',
    `ovs_bridge ${bridge}`,
    ...(own.length === 0 ? [] : [`ovs_options ${own.join(' ')}`]),
    ...(others.length === 0 ? [] : [`ovs_extra ${others.map((c) => c.join(' ')).join(' -- ')}`]),
  ];
}
