import { delayOf, destinationOf, inOrder, miimonOf } from '../compile/link';
import { toPortVlans } from '../compile/ports';
import type { HostLink, Tap } from '../kinds/link';
import type { ConfigFile } from '.';
import { cidrText, fileOf, ownerOf, plainDevices, rangeText, vlansOn } from './common';
import { type Exported, pluggedByHand } from './exported';

/** systemd-networkd: a `.netdev` that makes each link, and a `.network` for it and for every device that it is made of. */
export function networkdFiles(what: Exported): readonly ConfigFile[] {
  const { links } = what;
  const at = (name: string, lines: readonly string[]) => fileOf(`/etc/systemd/network/${name}`, lines);
  return [
    ...plainDevices(links).map((name) => at(`20-patchbay-${name}.network`, networkOf(what, name, undefined))),
    ...inOrder(links).flatMap((link) => [
      ...(link.mac === undefined && link.kind !== 'vlan' && link.kind !== 'tap'
        ? [at(`10-patchbay-${link.name}.link`, keepMac(link))]
        : []),
      at(`10-patchbay-${link.name}.netdev`, netdevOf(link)),
      at(`20-patchbay-${link.name}.network`, networkOf(what, link.name, link)),
    ]),
  ];
}

const section = (name: string, keys: readonly (string | null)[]): readonly string[] => {
  const there = keys.filter((k) => k !== null);
  return there.length === 0 ? [] : ['', `[${name}]`, ...there];
};
const key = (name: string, value: string | number | undefined): string | null =>
  value === undefined ? null : `${name}=${value}`;

/** The same has to be said to udev, whose default file gives every device a MAC by its name. */
const keepMac = ({ name }: HostLink): readonly string[] => [
  ...section('Match', [key('OriginalName', name)]),
  ...section('Link', ['MACAddressPolicy=none']),
];

function netdevOf(link: HostLink): readonly string[] {
  const { name, kind, mtu, mac } = link;
  // Left to itself, systemd gives a bridge a MAC by its name. `none`: it takes that of its first port.
  const address = mac ?? (kind === 'vlan' || kind === 'tap' ? undefined : 'none');
  return [
    ...section('NetDev', [
      key('Name', name),
      key('Kind', kind),
      key('MTUBytes', mtu),
      key('MACAddress', address),
    ]),
    ...(link.kind === 'bridge'
      ? section('Bridge', [
          key('STP', link.stp ? 'yes' : 'no'),
          key('ForwardDelaySec', delayOf(link) / 100),
          ...(link.vlanAware === undefined ? [] : ['VLANFiltering=yes']),
        ])
      : link.kind === 'tap'
        ? section('Tap', [
            key('User', link.user),
            key('Group', link.group),
            link.multiQueue ? 'MultiQueue=yes' : null,
            link.vnetHdr ? 'VNetHeader=yes' : null,
          ])
        : link.kind === 'vlan'
          ? section('VLAN', [
              key('Id', link.id),
              key('Protocol', link.protocol === undefined ? undefined : '802.1ad'),
            ])
          : section('Bond', [
              key('Mode', link.mode),
              key('MIIMonitorSec', `${miimonOf(link)}ms`),
              key('LACPTransmitRate', link.lacpRate),
              key('TransmitHashPolicy', link.hashPolicy),
            ])),
  ];
}

/** @param link absent for a device of the machine */
function networkOf(what: Exported, name: string, link: HostLink | undefined): readonly string[] {
  const { links } = what;
  const owner = ownerOf(links, name);
  const port = owner !== undefined;
  const vlans = owner?.kind === 'bridge' ? owner.vlanAware?.vlans : undefined;
  const own =
    link?.kind === 'bridge' && link.vlanAware !== undefined
      ? links.filter((l) => l.kind === 'vlan' && l.device === name)
      : [];
  return [
    ...(link?.kind === 'tap' ? strangePort(what, link) : []),
    ...section('Match', [key('Name', name)]),
    ...section('Network', [
      ...vlansOn(links, name).map((v) => key('VLAN', v)),
      owner === undefined ? null : key(owner.kind === 'bond' ? 'Bond' : 'Bridge', owner.name),
      ...(link?.kind === 'tap' ? plugOf(what, link) : []),
      ...(owner?.kind === 'bond' && owner.primary === name ? ['PrimarySlave=yes'] : []),
      ...(link?.addresses ?? []).map((a) => key('Address', cidrText(a))),
      ...(port || (link?.kind === 'tap' && link.bridge !== undefined)
        ? ['LinkLocalAddressing=no', 'IPv6AcceptRA=no']
        : []),
      // Nobody has a tap open at first.
      ...(link?.kind === 'bridge' || link?.kind === 'tap' ? ['ConfigureWithoutCarrier=yes'] : []),
    ]),
    ...(link?.routes ?? []).flatMap((r) =>
      section('Route', [
        key('Destination', r.to === undefined ? undefined : destinationOf(r)),
        key('Gateway', r.gateway),
        key('Metric', r.metric),
      ]),
    ),
    ...(vlans === undefined
      ? []
      : [
          ...section('BridgeVLAN', ['PVID=1', 'EgressUntagged=1']),
          ...vlans.flatMap((v) => section('BridgeVLAN', [key('VLAN', rangeText(v))])),
        ]),
    ...tapVlans(what, link),
    ...(own.length === 0
      ? []
      : [
          ...section('BridgeVLAN', ['PVID=1', 'EgressUntagged=1']),
          ...own.flatMap((l) => (l.kind === 'vlan' ? section('BridgeVLAN', [key('VLAN', l.id)]) : [])),
        ]),
  ];
}

/** Otherwise networkd takes it out of what others plugged it into, or tries to: from Open vSwitch the kernel gives none back. */
function plugOf({ seatOf }: Exported, tap: Tap): readonly (string | null)[] {
  const seat = seatOf(tap);
  if (seat.is === 'nothing') return [];
  return [seat.is === 'bridge' ? key('Bridge', seat.bridge) : 'KeepMaster=yes'];
}

/** It plugs into bridges only that it makes itself. */
function strangePort({ seatOf }: Exported, tap: Tap): readonly string[] {
  const seat = seatOf(tap);
  if (seat.is === 'nothing' || seat.is === 'bridge') return [];
  const why =
    seat.is === 'ovs'
      ? `# A port of Open vSwitch's bridge ${seat.bridge}, for which networkd has no words. Run once, Open vSwitch remembers it:`
      : `# A port of bridge ${seat.bridge}, which no file here makes, so networkd cannot plug it in. Whoever makes the bridge has to:`;
  return ['', why, ...pluggedByHand(tap, seat).map((c) => `# ${c}`)];
}

/** Of a tap in a VLAN-aware bridge. */
function tapVlans({ links, seatOf }: Exported, link: HostLink | undefined): readonly string[] {
  if (link?.kind !== 'tap' || seatOf(link).is !== 'bridge') return [];
  const bridge = links.find((l) => l.name === link.bridge);
  const aware = link.vlan !== undefined || (bridge?.kind === 'bridge' && bridge.vlanAware !== undefined);
  if (!aware) return [];
  return toPortVlans(link.vlan).flatMap(({ vid, pvid, untagged }) =>
    section('BridgeVLAN', [
      key('VLAN', vid),
      key('PVID', pvid ? vid : undefined),
      key('EgressUntagged', untagged ? vid : undefined),
    ]),
  );
}
