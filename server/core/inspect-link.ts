import { bitRate } from './bit-rate';
import { redirectFor } from './compile/limits';
import { type FactGroup, group, type Lines, shorten } from './inspect-facts';
import { isForeign } from './limit-state';
import { shownLimits } from './limits-shown';
import type { Link, Observed, Route } from './observed';

/** What is known of an interface of the host. */
export function linkGroups(observed: Observed, name: string): readonly FactGroup[] {
  const of = (title: string, lines: (link: Link) => Lines): FactGroup =>
    group(title, observed.links, (links) => {
      const link = links[name];
      return link === undefined ? {} : lines(link);
    });
  return [
    of('Link', linkLines),
    group('Addresses', observed.links, (links) =>
      (links[name]?.addresses ?? []).map(
        (a) =>
          [
            a.family === 4 ? 'IPv4' : 'IPv6',
            `${a.address}/${a.prefix}${a.dynamic ? ' (dynamic)' : ''}`,
          ] as const,
      ),
    ),
    of('Bond', (l) => ({ Mode: l.bond?.mode, 'Active member': l.bond?.activeMember })),
    of('VLAN device', (l) => ({ Id: l.vlan?.id, Protocol: l.vlan?.protocol })),
    of('Tunnel', (l) => ({
      Local: l.tunnel?.local,
      Remote: l.tunnel?.remote,
      Id: l.tunnel?.id,
      Port: l.tunnel?.port,
    })),
    of('Tap', (l) =>
      l.tap === null
        ? {}
        : {
            Mode: l.tap.mode,
            Persistent: l.tap.persist,
            'Several queues': l.tap.multiQueue,
            'virtio header': l.tap.vnetHdr,
            User: l.tap.user,
            Group: l.tap.group,
          },
    ),
    ...(isTap(observed, name) ? [holderGroup(observed, name)] : []),
    portGroup(observed, name),
    vlanGroup(observed, name),
    fdbGroup(observed, name),
    routeGroup(observed, name),
    neighbourGroup(observed, name),
    limitGroup(observed, name),
    qdiscGroup(observed, name),
    group('Offloads', observed.offloads, (all) => ({ 'Transmit checksums': onOff(all[name]?.txChecksum) })),
  ].filter((g) => g.facts.some((f) => f.value !== null) || always(observed, name, g.title));
}

/** Sections that are unknown are worth a line only where they would say something about this link. */
function always(observed: Observed, name: string, title: string): boolean {
  const link = observed.links.known ? observed.links.value[name] : undefined;
  if (title === 'Link') return true;
  if (title === 'Held by') return true;
  if (title === 'Port') return link?.master != null;
  if (title === 'VLANs') return link?.bridge?.vlanFiltering === true;
  return false;
}

const onOff = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : value ? 'on' : 'off';

const isTap = (observed: Observed, name: string): boolean =>
  observed.links.known && observed.links.value[name]?.kind === 'tun';

function linkLines(link: Link): Lines {
  const lower = link.lower;
  return {
    Name: link.name,
    Kind: link.kind,
    'Set up': link.up,
    Carrier: link.carrier,
    'Operational state': link.operState.toLowerCase(),
    MAC: link.mac,
    MTU: `${link.mtu} bytes`,
    'Plugged into': link.master,
    'Stands on':
      lower === null
        ? null
        : (lower.name ??
          `index ${lower.index}${lower.netnsId === null ? '' : ` in namespace ${lower.netnsId}`}`),
    Alias: link.alias,
    'macvtap mode': link.macvlanMode,
    Index: link.index,
  };
}

function holderGroup(observed: Observed, name: string): FactGroup {
  return group('Held by', observed.tapHolders, (all) => {
    const processes = all[name]?.processes ?? [];
    return processes.length === 0
      ? [['Process', 'none: nothing has it open']]
      : processes.map((p) => [`Process ${p.pid}`, p.command] as const);
  });
}

function portGroup(observed: Observed, name: string): FactGroup {
  return group('Port', observed.bridgePorts, (all) => {
    const port = all[name];
    if (port === undefined) return {};
    return {
      Bridge: port.bridge,
      State: port.state,
      Isolated: port.isolated,
      Learning: port.learning,
      'Unknown frames flooded': port.flood,
      Locked: port.locked,
      Hairpin: port.hairpin,
      Cost: port.cost,
      Priority: port.priority,
    };
  });
}

function vlanGroup(observed: Observed, name: string): FactGroup {
  return group('VLANs', observed.vlans, (all) =>
    shorten(
      (all[name]?.vlans ?? []).map((v) => {
        const marks = [v.pvid ? 'PVID' : '', v.untagged ? 'untagged' : 'tagged'].filter(Boolean).join(', ');
        return [v.from === v.to ? `${v.from}` : `${v.from} to ${v.to}`, marks] as const;
      }),
    ),
  );
}

function fdbGroup(observed: Observed, name: string): FactGroup {
  return group('Addresses learned behind it', observed.fdb, (all) =>
    shorten(
      Object.values(all)
        .filter((e) => e.port === name && e.state !== 'permanent')
        .map((e) => [e.mac, e.vlan === null ? (e.state ?? 'learned') : `VLAN ${e.vlan}`] as const),
    ),
  );
}

export const routeLine = (r: Route): readonly [string, string] => [
  r.destination,
  [
    r.type === 'unicast' ? '' : r.type,
    r.gateway === null ? '' : `via ${r.gateway}`,
    r.device === null ? '' : `on ${r.device}`,
    r.metric === null ? '' : `metric ${r.metric}`,
    r.table === 'main' ? '' : `table ${r.table}`,
  ]
    .filter(Boolean)
    .join(' '),
];

function routeGroup(observed: Observed, name: string): FactGroup {
  return group('Routes', observed.routes, (all) =>
    shorten(
      Object.values(all)
        .filter((r) => r.device === name && r.table !== 'local')
        .map(routeLine),
    ),
  );
}

function neighbourGroup(observed: Observed, name: string): FactGroup {
  return group('Neighbours', observed.neighbours, (all) =>
    shorten(
      Object.values(all)
        .filter((n) => n.device === name)
        .map(
          (n) => [n.address, [n.mac ?? 'no answer', n.state.join(' ').toLowerCase()].join(' · ')] as const,
        ),
    ),
  );
}

/** In the words of the host: a bridge and a guest's port send towards the guest. */
function limitGroup(observed: Observed, name: string): FactGroup {
  const { sent, received } = shownLimits(observed, name);
  const words = (rate: number, more: readonly (string | null)[]) =>
    [bitRate(rate), ...more].filter((word) => word !== null).join(', ');
  return group('Limits', observed.limits, () => ({
    Sent:
      sent === null
        ? null
        : isForeign(sent)
          ? null
          : words(sent.rate, [
              sent.ceil > sent.rate ? `peak ${bitRate(sent.ceil)}` : null,
              sent.burst === null ? null : `burst ${Math.round(sent.burst / 1024)} KiB`,
            ]),
    Received:
      received === null
        ? null
        : isForeign(received)
          ? 'by something that is not known here'
          : words(received.rate, [
              `burst ${Math.round(received.burst / 1024)} KiB`,
              received.by === 'police' ? 'the rest is dropped' : `through ${redirectFor(name)}`,
            ]),
  }));
}

function qdiscGroup(observed: Observed, name: string): FactGroup {
  return group('Queues', observed.qdiscs, (all) =>
    Object.values(all)
      .filter((q) => q.device === name)
      .map((q) => [q.parent === '' ? 'root' : q.parent, `${q.kind} ${q.handle}`.trim()] as const),
  );
}
