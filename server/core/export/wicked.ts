import { delayOf, destinationOf, inOrder, miimonOf, portsIn, tapLine } from '../compile/link';
import type { Bond, HostLink, Tap } from '../kinds/link';
import { columnChange, NEW_PORT } from '../plan-ovs-columns';
import { unreachable } from '../result';
import type { ConfigFile } from '.';
import { cidrText, fileOf, plainDevices } from './common';
import { type Exported, pluggedByHand } from './exported';

/** wicked's ifcfg and ifroute files, as SUSE's systems have them. */
export function wickedFiles(what: Exported): readonly ConfigFile[] {
  const { links, ovsBridges } = what;
  const at = (name: string, lines: readonly string[]) => fileOf(`/etc/sysconfig/network/${name}`, lines);
  return [
    ...plainDevices(links)
      .filter((name) => !ovsBridges.has(name))
      .map((name) =>
        // Members of a bond are brought up with it.
        at(`ifcfg-${name}`, [
          set('STARTMODE', isMember(links, name) ? 'hotplug' : 'auto'),
          bootProtocol(links, name),
        ]),
      ),
    ...[...ovsBridges].sort().map((name) => at(`ifcfg-${name}`, ovsBridge(what, name))),
    ...inOrder(links).flatMap((link) => [
      at(`ifcfg-${link.name}`, linesOf(what, link)),
      ...(link.routes === undefined ? [] : [at(`ifroute-${link.name}`, routesOf(link))]),
    ]),
  ];
}

const isMember = (links: readonly HostLink[], name: string) =>
  links.some((l) => l.kind === 'bond' && portsIn(l).includes(name));

/** `none` is for members of a bond alone: MTU and MAC are left to that. Without addresses, `static` gives none. */
const bootProtocol = (links: readonly HostLink[], name: string) =>
  set('BOOTPROTO', isMember(links, name) ? 'none' : 'static');

const set = (key: string, value: string | number): string => `${key}='${value}'`;

/** wicked names every port at its bridge, here as well; it makes the bridge if Open vSwitch has none of that name. */
const ovsBridge = ({ links }: Exported, name: string): readonly string[] => [
  '# A bridge of Open vSwitch. Where it has such a file already, only its ports below belong into that.',
  set('STARTMODE', 'auto'),
  set('BOOTPROTO', 'static'),
  set('OVS_BRIDGE', 'yes'),
  ...tapsIn(links, name).map((tap, i) => set(`OVS_BRIDGE_PORT_DEVICE_${i + 1}`, tap)),
];

const tapsIn = (links: readonly HostLink[], bridge: string): readonly string[] =>
  inOrder(links).flatMap((l) => (l.kind === 'tap' && l.bridge === bridge ? [l.name] : []));

function linesOf(what: Exported, link: HostLink): readonly string[] {
  const { links } = what;
  const addresses = link.addresses ?? [];
  return [
    set('STARTMODE', isMember(links, link.name) ? 'hotplug' : 'auto'),
    bootProtocol(links, link.name),
    ...addresses.map((a, i) => set(`IPADDR${i === 0 ? '' : `_${i}`}`, cidrText(a))),
    ...(link.mtu === undefined ? [] : [set('MTU', link.mtu)]),
    ...(link.mac === undefined ? [] : [set('LLADDR', link.mac)]),
    ...kindLines(what, link),
  ];
}

function kindLines(what: Exported, link: HostLink): readonly string[] {
  if (link.kind === 'bond')
    return [
      set('BONDING_MASTER', 'yes'),
      ...link.members.map((m, i) => set(`BONDING_SLAVE_${i}`, m)),
      set('BONDING_MODULE_OPTS', bondOptions(link)),
    ];
  if (link.kind === 'vlan')
    return [
      set('ETHERDEVICE', link.device),
      set('VLAN_ID', link.id),
      ...(link.protocol === undefined ? [] : [set('VLAN_PROTOCOL', 'ieee802-1ad')]),
    ];
  if (link.kind === 'tap')
    return [
      set('TUNNEL', 'tap'),
      ...(link.user === undefined ? [] : [set('TUNNEL_SET_OWNER', link.user)]),
      ...(link.group === undefined ? [] : [set('TUNNEL_SET_GROUP', link.group)]),
      ...(link.multiQueue || link.vnetHdr
        ? [
            `# Several queues and virtio's header, for which wicked has no words: ip ${tapLine(link.name, link)}`,
          ]
        : []),
      ...plugLines(what, link),
    ];
  // wicked names every port at its bridge.
  return [
    set('BRIDGE', 'yes'),
    set('BRIDGE_PORTS', [...portsIn(link), ...tapsIn(what.links, link.name)].join(' ')),
    set('BRIDGE_STP', link.stp ? 'on' : 'off'),
    set('BRIDGE_FORWARDDELAY', delayOf(link) / 100),
    ...(link.vlanAware === undefined
      ? []
      : [
          `# VLAN-aware, for which wicked has no words: ip link set dev ${link.name} type bridge vlan_filtering 1`,
        ]),
  ];
}

/** What is not said at its bridge. */
function plugLines({ seatOf }: Exported, tap: Tap): readonly string[] {
  const seat = seatOf(tap);
  switch (seat.is) {
    case 'nothing':
      return [];
    case 'bridge':
      return tap.vlan === undefined ? [] : ['# In VLANs of its bridge, for which wicked has no words.'];
    case 'elsewhere':
      return [
        `# A port of bridge ${seat.bridge}, which no file here makes. Whoever makes the bridge has to:`,
        ...pluggedByHand(tap, seat).map((c) => `# ${c}`),
      ];
    case 'ovs': {
      const settings = columnChange(tap.name, NEW_PORT, seat.settings);
      if (settings.length === 0) return [];
      return [
        '# What its port is told, for which wicked has no words. Run once, Open vSwitch remembers it:',
        ...pluggedByHand(tap, seat).map((c) => `# ${c}`),
      ];
    }
    default:
      return unreachable(seat);
  }
}

const bondOptions = ({ mode, primary, lacpRate, hashPolicy, ...bond }: Bond): string =>
  [
    `mode=${mode}`,
    `miimon=${miimonOf({ mode, ...bond })}`,
    ...(primary === undefined ? [] : [`primary=${primary}`]),
    ...(lacpRate === undefined ? [] : [`lacp_rate=${lacpRate}`]),
    ...(hashPolicy === undefined ? [] : [`xmit_hash_policy=${hashPolicy}`]),
  ].join(' ');

/** Destination, gateway, netmask, interface, type and options; a dash where there is nothing to say. */
const routesOf = (link: HostLink): readonly string[] =>
  (link.routes ?? []).map((r) =>
    [
      `${destinationOf(r)} ${r.gateway} - ${link.name}`,
      ...(r.metric === undefined ? [] : [`metric ${r.metric}`]),
    ].join(' '),
  );
