import { familyOf, netmask } from '../ip';
import type { Network, StaticRoute } from '../kinds/network';
import type { LeaseTime, Subnet } from '../kinds/subnet';
import {
  formatBandwidth,
  formatDns,
  formatForward,
  formatPortgroup,
  formatVirtualPort,
  formatVlan,
} from './format-parts';
import { type Attributes, type Tag, tag, toText, yesNo } from './tags';
import { defaultPrefix } from './written';
import { DNSMASQ, readFragment } from './xml';

/*
 * A network as libvirt itself writes it: its order of elements and attributes, its way to quote.
 */

/** Ends with a line break. What libvirt has no word for is not in it: `notInXml` names it. */
export const formatNetworkXml = (network: Network): string => toText(networkTag(network));

/** The whole network as one element. */
export function networkTag(network: Network): Tag {
  const options = network.dnsmasqOptions;
  const attributes: Attributes = [
    ['xmlns:dnsmasq', options === undefined ? undefined : DNSMASQ],
    ['ipv6', network.guestIpv6 ? 'yes' : undefined],
    ['trustGuestRxFilters', yesNo(network.trustGuestRxFilters)],
  ];
  return tag('network', attributes, [
    tag('name', [], network.name),
    ...text('uuid', network.uuid),
    ...text('title', network.title),
    ...text('description', network.description),
    ...(network.metadata === undefined ? [] : [tag('metadata', [], { raw: partsOf(network.metadata) })]),
    ...formatForward(network),
    ...one('mtu', [['size', network.mtu]]),
    ...one('mac', [['address', network.mac]]),
    ...formatDns(network),
    ...formatVlan(network.vlan),
    ...formatBandwidth(network.bandwidth),
    ...one('port', [['isolated', yesNo(network.isolated)]]),
    ...network.subnets.map(formatIp),
    ...(network.routes ?? []).map(formatRoute),
    ...formatVirtualPort(network.virtualPort),
    ...(network.portgroups ?? []).map(formatPortgroup),
    ...(options === undefined
      ? []
      : [
          tag(
            'dnsmasq:options',
            [],
            options.map((value) => tag('dnsmasq:option', [['value', value]])),
          ),
        ]),
  ]);
}

/** What a network has and libvirt's format cannot say, a sentence each. */
export function notInXml({ portForwards, footing }: Network): readonly string[] {
  const sentences: string[] = [];
  if (portForwards !== undefined)
    sentences.push(
      `Not in the XML: ${portForwards.length === 1 ? 'the port forward' : `${portForwards.length} port forwards`}, because libvirt has nothing like it.`,
    );
  if (footing === 'ovs')
    sentences.push(
      'Not in the XML: that Open vSwitch makes the network, because libvirt only takes a bridge of it that is there.',
    );
  return sentences;
}

const text = (name: string, value: string | undefined): readonly Tag[] =>
  value === undefined ? [] : [tag(name, [], value)];

function partsOf(metadata: string): readonly string[] {
  const parts = readFragment(metadata);
  if (!parts.ok) throw new Error(`metadata passed the schema but not: ${parts.error.message}`);
  return parts.value;
}

/** An element that is there when its attribute is. */
const one = (name: string, attributes: Attributes): readonly Tag[] =>
  attributes.every(([, v]) => v === undefined) ? [] : [tag(name, attributes)];

type Prefixed = Pick<Subnet, 'address' | 'prefix' | 'written'>;

function family({ address, written }: Prefixed): Attributes[number] {
  if (familyOf(address) === 6) return ['family', 'ipv6'];
  return ['family', written?.family ? 'ipv4' : undefined];
}

function prefix({ address, prefix: length, written }: Prefixed, unsaid: number | null): Attributes {
  if (written?.prefix === 'none' && length === unsaid) return [];
  const asMask = familyOf(address) === 4 && written?.prefix !== 'prefix';
  return [asMask ? ['netmask', netmask(length)] : ['prefix', length]];
}

function formatIp(subnet: Subnet): Tag {
  const { address, localPtr, tftp, dhcp } = subnet;
  const attributes: Attributes = [
    family(subnet),
    ['address', address],
    ...prefix(subnet, defaultPrefix(address)),
    ['localPtr', yesNo(localPtr)],
  ];
  return tag('ip', attributes, [...one('tftp', [['root', tftp]]), ...formatDhcp(dhcp)]);
}

function formatDhcp(dhcp: Subnet['dhcp']): readonly Tag[] {
  if (dhcp === undefined || (dhcp.ranges.length + dhcp.hosts.length === 0 && dhcp.bootp === undefined))
    return [];
  const { ranges, hosts, bootp } = dhcp;
  return [
    tag(
      'dhcp',
      [],
      [
        ...ranges.map(({ start, end, lease }) =>
          tag(
            'range',
            [
              ['start', start],
              ['end', end],
            ],
            formatLease(lease),
          ),
        ),
        ...hosts.map(({ mac, duid, name, ip, lease }) =>
          tag(
            'host',
            [
              ['mac', mac],
              ['id', duid],
              ['name', name],
              ['ip', ip],
            ],
            formatLease(lease),
          ),
        ),
        ...one('bootp', [
          ['file', bootp?.file],
          ['server', bootp?.server],
        ]),
      ],
    ),
  ];
}

const formatLease = (lease: LeaseTime | undefined): readonly Tag[] | undefined =>
  lease === undefined
    ? undefined
    : [
        tag('lease', [
          ['expiry', lease.expiry],
          ['unit', lease.expiry === 0 ? undefined : lease.unit],
        ]),
      ];

function formatRoute(route: StaticRoute): Tag {
  const { address, gateway, metric } = route;
  return tag('route', [
    family(route),
    ['address', address],
    ...prefix(route, 0),
    ['gateway', gateway],
    ['metric', metric],
  ]);
}
