import { hasTap, type NicSource } from '../kinds/nic';
import type { GuestNics, NicDraft } from '../nics/guest-nics';
import type { Problem } from '../result';
import { unreachable } from '../result';
import { formatBandwidth, formatVirtualPort, formatVlan } from './format-parts';
import { type Attributes, type Tag, tag, toText, yesNo } from './tags';
import { USER_ALIAS } from './user-alias';

/*
 * NICs as `<interface>` elements, as libvirt itself writes them: its order of elements and attributes.
 */

/** Ends with a line break unless there is no NIC. What libvirt has no word for is not in it: see `notInInterfaces`. */
export const formatInterfaces = (nics: readonly NicDraft[]): string =>
  nics.map((nic, i) => toText(interfaceTag(nic, i))).join('');

/** What libvirt cannot be told at all. */
export const interfaceProblems = ({ nics }: GuestNics): readonly Problem[] =>
  nics.flatMap((nic, i) => {
    const why = whyNot(nic);
    return why === null
      ? []
      : [{ path: ['nics', i], code: 'NOT_IN_LIBVIRT', message: `NIC ${nic.name} ${why}` }];
  });

function whyNot(nic: NicDraft): string | null {
  const { source, mtu } = nic;
  if (source.type === 'vde')
    return `is a port of the VDE switch at ${source.socket}: libvirt has no type for that.`;
  // qemuDomainNetSupportsMTU
  if (mtu !== undefined && !hasTap(nic))
    return `has an MTU and is of type ${source.type}: libvirt takes one only where there is a tap.`;
  return null;
}

function interfaceTag(nic: NicDraft, i: number): Tag {
  const { name, source, model = 'virtio', queues, vhost } = nic;
  const one = (element: string, attributes: Attributes): readonly Tag[] =>
    attributes.every(([, v]) => v === undefined) ? [] : [tag(element, attributes)];
  const ethernet = source.type === 'ethernet' ? source : undefined;
  return tag(
    'interface',
    [
      // For libvirt it is a tap that somebody else sets up.
      ['type', source.type === 'routed' ? 'ethernet' : source.type],
      ['trustGuestRxFilters', yesNo(nic.trustGuestRxFilters)],
    ],
    [
      ...one('mac', [['address', nic.mac]]),
      ...formatSource(source),
      ...formatVlan(nic.vlan),
      ...formatVirtualPort(nic.virtualPort),
      ...formatBandwidth(nic.bandwidth),
      ...one('port', [['isolated', yesNo(nic.isolated)]]),
      ...one('script', [['path', ethernet?.script]]),
      ...one('downscript', [['path', ethernet?.downscript]]),
      ...one('target', [['dev', nic.tap]]),
      tag('model', [['type', model]]),
      ...one('driver', [
        ['name', vhost === undefined ? undefined : vhost ? 'vhost' : 'qemu'],
        ['queues', queues],
      ]),
      ...one('link', [['state', nic.link]]),
      ...one('mtu', [['size', nic.mtu]]),
      ...one('boot', [['order', nic.boot]]),
      ...one('alias', [['name', name === `net${i}` ? undefined : `${USER_ALIAS}${name}`]]),
    ],
  );
}

function formatSource(source: NicSource): readonly Tag[] {
  const end = ({ address, port }: { readonly address: string; readonly port: number }): Attributes => [
    ['address', address],
    ['port', port],
  ];
  switch (source.type) {
    case 'network':
      return [
        tag('source', [
          ['network', source.network],
          ['portgroup', source.portgroup],
        ]),
      ];
    case 'bridge':
      return [tag('source', [['bridge', source.bridge]])];
    case 'direct':
      return [
        tag('source', [
          ['dev', source.device],
          ['mode', source.mode],
        ]),
      ];
    case 'server':
    case 'client':
    case 'mcast':
      return [tag('source', end(source))];
    case 'udp':
      return [tag('source', end(source), [tag('local', end(source.local))])];
    case 'ethernet':
    case 'routed':
    case 'user':
    case 'vde':
      return [];
    default:
      return unreachable(source);
  }
}

/** What the elements do not say, or libvirt does otherwise: a sentence each. */
export function notInInterfaces({ nics }: GuestNics): readonly string[] {
  const without = nics.filter((n) => n.mac === undefined).map((n) => n.name);
  const anew = nics.flatMap(({ tap }) => (tap !== undefined && MADE_ANEW.test(tap) ? [tap] : []));
  return [
    ...(without.length > 0
      ? [`Without a MAC address yet: ${without.join(', ')}. libvirt makes one when it reads this.`]
      : []),
    ...(anew.length > 0
      ? [`libvirt gives names like ${anew.join(', ')} itself, and takes others when the guest starts.`]
      : []),
    ...nics.flatMap(({ name, source }) =>
      source.type === 'routed'
        ? [
            `NIC ${name} is routed: its routes, rules and proxies are not in the XML, and libvirt sets none of them up.`,
          ]
        : [],
    ),
    ...nics.flatMap(({ name, addresses }) =>
      addresses === undefined
        ? []
        : [
            `Not in the XML: ${addresses.join(', ')} of NIC ${name}, because a guest sets its addresses itself, or has them by a reservation of its network.`,
          ],
    ),
    ...nics.flatMap(({ name, vlan, virtualPort, source }) =>
      vlan !== undefined && source.type === 'bridge' && virtualPort?.type !== 'openvswitch'
        ? [
            `NIC ${name} has a VLAN on bridge ${source.bridge}: libvirt before 11 takes that on Open vSwitch only.`,
          ]
        : [],
    ),
  ];
}

/** Names of taps that libvirt drops from what it is given. */
const MADE_ANEW = /^(vnet|macvtap|macvlan)\d+$/;
