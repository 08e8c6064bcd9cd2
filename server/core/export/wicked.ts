import { delayOf, destinationOf, inOrder, miimonOf, portsIn, tapLine } from '../compile/link';
import type { Bond, HostLink } from '../kinds/link';
import type { ConfigFile } from '.';
import { cidrText, fileOf, plainDevices } from './common';

/** wicked's ifcfg and ifroute files, as SUSE's systems have them. */
export function wickedFiles(links: readonly HostLink[]): readonly ConfigFile[] {
  const at = (name: string, lines: readonly string[]) => fileOf(`/etc/sysconfig/network/${name}`, lines);
  return [
    ...plainDevices(links).map((name) =>
      // Members of a bond are brought up with it.
      at(`ifcfg-${name}`, [
        set('STARTMODE', isMember(links, name) ? 'hotplug' : 'auto'),
        bootProtocol(links, name),
      ]),
    ),
    ...inOrder(links).flatMap((link) => [
      at(`ifcfg-${link.name}`, linesOf(links, link)),
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

function linesOf(links: readonly HostLink[], link: HostLink): readonly string[] {
  const addresses = link.addresses ?? [];
  return [
    set('STARTMODE', isMember(links, link.name) ? 'hotplug' : 'auto'),
    bootProtocol(links, link.name),
    ...addresses.map((a, i) => set(`IPADDR${i === 0 ? '' : `_${i}`}`, cidrText(a))),
    ...(link.mtu === undefined ? [] : [set('MTU', link.mtu)]),
    ...(link.mac === undefined ? [] : [set('LLADDR', link.mac)]),
    ...kindLines(links, link),
  ];
}

function kindLines(links: readonly HostLink[], link: HostLink): readonly string[] {
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
      ...(link.vlan === undefined ? [] : ['# In VLANs of its bridge, for which wicked has no words.']),
    ];
  // wicked names every port at its bridge.
  const taps = links.flatMap((l) => (l.kind === 'tap' && l.bridge === link.name ? [l.name] : []));
  return [
    set('BRIDGE', 'yes'),
    set('BRIDGE_PORTS', [...portsIn(link), ...taps].join(' ')),
    set('BRIDGE_STP', link.stp ? 'on' : 'off'),
    set('BRIDGE_FORWARDDELAY', delayOf(link) / 100),
    ...(link.vlanAware === undefined
      ? []
      : [
          `# VLAN-aware, for which wicked has no words: ip link set dev ${link.name} type bridge vlan_filtering 1`,
        ]),
  ];
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
