import type { Dns } from '../kinds/dns';
import type { Forward } from '../kinds/forward';
import type { Network } from '../kinds/network';
import type { Bandwidth, Portgroup, VirtualPort, Vlan } from '../kinds/port';
import { type Attributes, type Tag, tag, yesNo } from './tags';

/* Parts of a network as libvirt writes them. Each is a list: empty when there is nothing to say. */

/** `<forward>` and `<bridge>`. */
export function formatForward({ forward, bridge }: Network): readonly Tag[] {
  const forwarding = forward.mode === 'none' ? [] : [formatForwardElement(forward)];
  if (bridge !== undefined) {
    const { name, zone, stp, delay = 0, macTableManager } = bridge;
    return [
      ...forwarding,
      tag('bridge', [
        ['name', name],
        ['zone', zone],
        ['stp', stp ? 'on' : 'off'],
        ['delay', delay],
        ['macTableManager', macTableManager],
      ]),
    ];
  }
  if (forward.mode !== 'bridge' || (forward.bridge ?? forward.macTableManager) === undefined)
    return forwarding;
  const { bridge: name, macTableManager } = forward;
  return [
    ...forwarding,
    tag('bridge', [
      ['name', name],
      ['macTableManager', macTableManager],
    ]),
  ];
}

function formatForwardElement(forward: Exclude<Forward, { mode: 'none' }>): Tag {
  const { mode } = forward;
  const children: Tag[] = [];
  const more: (readonly [string, string | undefined])[] = [];
  let devices: readonly string[] = [];
  if (mode === 'nat' || mode === 'route') devices = forward.dev === undefined ? [] : [forward.dev];
  if (mode === 'hostdev') {
    more.push(['managed', yesNo(forward.managed ?? false)]);
    if (forward.driver !== undefined)
      children.push(
        tag('driver', [
          ['name', forward.driver],
          ['model', forward.driverModel],
        ]),
      );
  }
  if (mode === 'nat') children.push(...formatNat(forward));
  if ('pf' in forward && forward.pf !== undefined) children.push(tag('pf', [['dev', forward.pf]]));
  if ('interfaces' in forward) devices = forward.interfaces ?? [];
  children.push(...devices.map((dev) => tag('interface', [['dev', dev]])));
  if (mode === 'hostdev') children.push(...(forward.addresses ?? []).map(formatPci));
  const attributes: Attributes = [['dev', devices[0]], ['mode', mode], ...more];
  return tag('forward', attributes, children.length === 0 ? undefined : children);
}

const formatPci = ({
  domain,
  bus,
  slot,
  function: f,
}: {
  domain: string;
  bus: string;
  slot: string;
  function: string;
}): Tag =>
  tag('address', [
    ['type', 'pci'],
    ['domain', `0x${domain}`],
    ['bus', `0x${bus}`],
    ['slot', `0x${slot}`],
    ['function', `0x${f}`],
  ]);

function formatNat({ nat }: Extract<Forward, { mode: 'nat' }>): readonly Tag[] {
  if (nat === undefined) return [];
  const pair = (
    name: string,
    range: { readonly start: string | number; readonly end: string | number } | undefined,
  ) =>
    range === undefined
      ? []
      : [
          tag(name, [
            ['start', range.start],
            ['end', range.end],
          ]),
        ];
  const children = [...pair('address', nat.address), ...pair('port', nat.port)];
  if (children.length === 0 && nat.ipv6 === undefined) return [];
  return [tag('nat', [['ipv6', yesNo(nat.ipv6)]], children.length === 0 ? undefined : children)];
}

/** `<domain>` and `<dns>`. */
export function formatDns({ domain, dns }: Network): readonly Tag[] {
  const of =
    domain === undefined
      ? []
      : [
          tag('domain', [
            ['name', domain.name],
            ['localOnly', yesNo(domain.localOnly)],
            ['register', yesNo(domain.register)],
          ]),
        ];
  return [...of, ...(dns === undefined ? [] : formatServer(dns))];
}

function formatServer({
  enable,
  forwardPlainNames,
  forwarders = [],
  txt = [],
  srv = [],
  hosts = [],
}: Dns): readonly Tag[] {
  const attributes: Attributes = [
    ['enable', yesNo(enable)],
    ['forwardPlainNames', yesNo(forwardPlainNames)],
  ];
  const children = [
    ...forwarders.map(({ domain, address, port }) =>
      tag('forwarder', [
        ['domain', domain],
        ['addr', address],
        ['port', port],
      ]),
    ),
    ...txt.map(({ name, value }) =>
      tag('txt', [
        ['name', name],
        ['value', value],
      ]),
    ),
    ...srv.map(({ service, protocol, domain, target, port, priority, weight }) =>
      tag('srv', [
        ['service', service],
        ['protocol', protocol],
        ['domain', domain],
        ['target', target],
        ['port', port],
        ['priority', priority || undefined],
        ['weight', weight || undefined],
      ]),
    ),
    ...hosts.map(({ ip, names }) =>
      tag(
        'host',
        [['ip', ip]],
        names.map((name) => tag('hostname', [], name)),
      ),
    ),
  ];
  if (children.length > 0) return [tag('dns', attributes, children)];
  return enable === undefined && forwardPlainNames === undefined ? [] : [tag('dns', attributes)];
}

export function formatVlan(vlan: Vlan | undefined): readonly Tag[] {
  if (vlan === undefined) return [];
  const tags = vlan.tags.map(({ id, nativeMode }) =>
    tag('tag', [
      ['id', id],
      ['nativeMode', nativeMode],
    ]),
  );
  return [tag('vlan', [['trunk', vlan.trunk ? 'yes' : undefined]], tags)];
}

export function formatBandwidth(bandwidth: Bandwidth | undefined): readonly Tag[] {
  if (bandwidth === undefined) return [];
  const limits = (['inbound', 'outbound'] as const).flatMap((way) => {
    const limit: NonNullable<Bandwidth['inbound']> | undefined = bandwidth[way];
    if (limit === undefined) return [];
    const { average, peak, floor, burst } = limit;
    return [
      tag(way, [
        ['average', average],
        ['peak', peak],
        ['floor', floor],
        ['burst', burst],
      ]),
    ];
  });
  return [tag('bandwidth', [], limits)];
}

export function formatVirtualPort(port: VirtualPort | undefined): readonly Tag[] {
  if (port === undefined) return [];
  const parameters: Attributes = [
    ['managerid', port.managerId],
    ['typeid', port.typeId],
    ['typeidversion', port.typeIdVersion],
    ['instanceid', port.instanceId],
    ['interfaceid', port.interfaceId],
    ['profileid', port.profileId],
  ];
  const none = parameters.every(([, value]) => value === undefined);
  if (none && port.type === undefined) return [];
  return [tag('virtualport', [['type', port.type]], none ? undefined : [tag('parameters', parameters)])];
}

export function formatPortgroup(group: Portgroup): Tag {
  const attributes: Attributes = [
    ['name', group.name],
    ['default', group.default ? 'yes' : undefined],
    ['trustGuestRxFilters', yesNo(group.trustGuestRxFilters)],
  ];
  return tag('portgroup', attributes, [
    ...formatVlan(group.vlan),
    ...formatVirtualPort(group.virtualPort),
    ...formatBandwidth(group.bandwidth),
  ]);
}
