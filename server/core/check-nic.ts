import type { Floor } from './bandwidth-check';
import type { Desired } from './change';
import type { CheckContext } from './check-context';
import { type DomainNic, type DomainNicSource, guestOf, ownName, sourceWords } from './kinds/domain-nic';
import { bridgeOf } from './kinds/network';
import { seatsOf } from './libvirt/domain-nic';
import { parseNetworkXml } from './libvirt/parse-network';
import { macSightings } from './mac-sightings';
import { nicFloorProblems, nicLimitProblems } from './nic-limit';
import { type Domain, items, type Observed } from './observed';
import type { Problem } from './result';
import { wordsFor } from './things';

/** Everything that would make this NIC of a domain fail or hurt, before anything runs. Paths are into the NIC. */
export function checkNic(nic: DomainNic, context: CheckContext): readonly Problem[] {
  const { nics = [], observed } = context;
  const same = nics.find((n) => n.mac === nic.mac);
  return [
    ...(same === undefined
      ? []
      : [
          {
            path: ['mac'],
            code: 'MAC_TAKEN',
            message: `MAC ${nic.mac} is taken: NIC ${ownName(same)} of guest ${guestOf(same)} has it.`,
          },
        ]),
    ...nicLimitProblems(nic.bandwidth, nic.source.type === 'network'),
    ...(observed === null ? [] : checkOnHost(nic, context, observed)),
  ];
}

function checkOnHost(nic: DomainNic, context: CheckContext, observed: Observed): readonly Problem[] {
  const { domains } = observed;
  // Whoever plans says that it is not known.
  if (!domains.known) return [];
  const domain = domains.value[guestOf(nic)];
  if (domain === undefined)
    return [
      {
        path: ['name'],
        code: 'NO_GUEST',
        message: `There is no guest ${guestOf(nic)} in libvirt on this host.`,
      },
    ];
  const before = context.before?.kind === 'nic' ? context.before : undefined;
  return [
    ...checkSeat(nic, domain, before),
    ...checkMac(nic, observed, before),
    ...(nic.inactive ? [] : [...checkSource(nic, context, observed), ...checkFloor(nic, context, observed)]),
  ];
}

/** Its name is not that of another NIC of its guest, which is there already. */
function checkSeat(nic: DomainNic, domain: Domain, before: DomainNic | undefined): readonly Problem[] {
  const named = seatsOf(domain).find((s) => s.name === ownName(nic));
  if (before !== undefined || named === undefined || named.mac === nic.mac) return [];
  return [
    {
      path: ['name'],
      code: 'NAME_TAKEN',
      message: `Guest ${domain.name} has a NIC ${named.name} already, with MAC ${named.mac}.`,
    },
  ];
}

function checkMac(nic: DomainNic, observed: Observed, before: DomainNic | undefined): readonly Problem[] {
  if (before?.mac === nic.mac) return [];
  const taken = (where: string): readonly Problem[] => [
    { path: ['mac'], code: 'MAC_TAKEN', message: `MAC ${nic.mac} is taken: ${where} has it.` },
  ];
  const guest = guestOf(nic);
  const owner = items(observed.domains)
    .flatMap((domain) => seatsOf(domain).map((seat) => ({ name: domain.name, seat })))
    .find(({ name, seat }) => seat.mac === nic.mac && !(name === guest && seat.name === ownName(nic)));
  if (owner !== undefined) return taken(`NIC ${owner.seat.name} of guest ${owner.name}`);
  const seen = macSightings(observed)
    .get(nic.mac)
    ?.find((s) => s.how === 'nic' && s.guest !== guest);
  return seen === undefined ? [] : taken(seen.where);
}

/** As libvirt has it: a network guarantees no more than what it has. */
function checkFloor(
  nic: DomainNic,
  { others, nics = [] }: CheckContext,
  observed: Observed,
): readonly Problem[] {
  const { source, bandwidth } = nic;
  if (bandwidth?.inbound?.floor === undefined || source.type === 'bridge') return [];
  const design = others.find((n) => n.name === source.network) ?? seenNetwork(observed, source.network);
  const same = [...nics, nic].flatMap((each): Floor[] => {
    const floor = each.bandwidth?.inbound?.floor;
    return each.source.type !== 'network' || each.source.network !== source.network || floor === undefined
      ? []
      : [{ nic: wordsFor(each), floor }];
  });
  // libvirt itself knows a network that nobody can read here.
  return design === null ? [] : nicFloorProblems(same, design);
}

function seenNetwork({ libvirtNetworks }: Observed, name: string) {
  const seen = libvirtNetworks.known ? libvirtNetworks.value[name] : undefined;
  const read = seen === undefined ? null : parseNetworkXml(seen.config);
  return read?.ok ? read.value : null;
}

function checkSource(
  { source }: DomainNic,
  { others, links = [] }: CheckContext,
  observed: Observed,
): readonly Problem[] {
  const at = (field: string, code: string, message: string): readonly Problem[] => [
    { path: ['source', field], code, message },
  ];
  if (source.type === 'bridge') {
    const { bridge } = source;
    const seen = observed.links.known ? observed.links.value[bridge] : undefined;
    const isThere =
      seen?.kind === 'bridge' || (observed.ovsBridges.known && bridge in observed.ovsBridges.value);
    const comes = [...others.flatMap((n) => n.bridge?.name ?? []), ...links.map((l) => l.name)];
    if (seen !== undefined && !isThere)
      return at('bridge', 'NO_BRIDGE', `${bridge} is no bridge but a ${seen.kind}: choose a bridge.`);
    return isThere || comes.some((name) => name === bridge)
      ? []
      : at('bridge', 'NO_BRIDGE', `There is no bridge ${bridge} on this host.`);
  }
  const { network, portgroup } = source;
  const design = others.find((n) => n.name === network);
  const bridge = design === undefined ? null : bridgeOf(design);
  if (design !== undefined && design.footing !== 'libvirt')
    return at(
      'network',
      'NO_NETWORK',
      `Network ${network} is not one of libvirt's, so that its guests cannot name it${bridge === null ? '.' : `: choose its bridge ${bridge}.`}`,
    );
  const seen = observed.libvirtNetworks.known ? observed.libvirtNetworks.value[network] : undefined;
  if (design === undefined && seen === undefined)
    return at('network', 'NO_NETWORK', `libvirt of this host has no network ${network}.`);
  if (design === undefined && seen?.active === false)
    return at('network', 'NETWORK_OFF', `Network ${network} of libvirt does not run: start it first.`);
  if (portgroup === undefined) return [];
  const known =
    design === undefined
      ? new RegExp(`<portgroup [^>]*name=['"]${portgroup}['"]`).test(seen?.config ?? '')
      : (design.portgroups ?? []).some((p) => p.name === portgroup);
  return known ? [] : at('portgroup', 'NO_PORTGROUP', `Network ${network} has no portgroup ${portgroup}.`);
}

/**
 * Networks and bridges that would go although a NIC is plugged into them, or was until this change: then it could not go
 * back. Paths are into the desired state.
 */
export function checkGoingPlaces(desired: Desired, committed: Desired): readonly Problem[] {
  const staying = placesOf(desired);
  // What was there before Patchbay stays when it is forgotten.
  const going = placesOf(committed).filter((p) => !p.adopted && !staying.some((s) => s.key === p.key));
  return (desired.nics ?? []).flatMap((nic, i): readonly Problem[] => {
    const was = committed.nics?.find((n) => n.name === nic.name);
    const sources = [nic, ...(was === undefined ? [] : [was])].flatMap((n) => (n.inactive ? [] : [n.source]));
    const lost = sources.find((s) => going.some((p) => p.key === keyOf(s)));
    if (lost === undefined) return [];
    return [
      {
        path: ['nics', i, 'source'],
        code: 'STANDS_ON',
        message: `NIC ${ownName(nic)} of guest ${guestOf(nic)} is plugged into ${sourceWords(lost)}, which would go with this change: take the NIC out too, or move it first, in a change of its own.`,
      },
    ];
  });
}

const keyOf = (source: DomainNicSource) =>
  source.type === 'network' ? `network ${source.network}` : `bridge ${source.bridge}`;

/** What a state has that NICs can be plugged into. */
const placesOf = ({ networks, links }: Desired) => [
  ...networks.flatMap(({ name, adopted, footing, bridge }) => [
    ...(footing === 'libvirt' ? [{ key: `network ${name}`, adopted }] : []),
    ...(bridge === undefined ? [] : [{ key: `bridge ${bridge.name}`, adopted }]),
  ]),
  ...links.flatMap(({ kind, name, adopted }) =>
    kind === 'bridge' ? [{ key: `bridge ${name}`, adopted }] : [],
  ),
];
