import type { CheckContext } from './check-context';
import { checkLinkHost, checkMtu } from './check-link-host';
import { checkTap } from './check-tap';
import { lowersOf, pathOf, portsIn, roleIn } from './compile/link';
import { blockOf, blockText, contains, familyOf, overlap, toNumber } from './ip';
import type { Bond, HostLink, VlanDevice } from './kinds/link';
import { forwardDevice } from './kinds/network';
import type { Problem } from './result';
import { wordsFor } from './things';

/** Everything that would make this link of the host fail or hurt, before anything runs. Paths are into the link. */
export function checkLink(link: HostLink, context: CheckContext): readonly Problem[] {
  return [
    ...checkName(link, context),
    ...checkParts(link, context),
    ...checkLoops(link, context.links ?? []),
    ...(link.kind === 'bond' ? checkBond(link) : []),
    ...(link.kind === 'vlan' ? checkVlan(link, context) : []),
    ...checkVlanRanges(link),
    ...(link.kind === 'tap' ? checkTap(link, context) : []),
    ...checkAddresses(link, context),
    ...checkGateways(link),
    ...checkForwards(link, context),
    ...checkMtu(link, context),
    ...(context.observed === null ? [] : checkLinkHost(link, context, context.observed)),
  ];
}

const RESERVED_NAMES = ['all', 'default', 'lo'];

function checkName({ name }: HostLink, { others, links = [] }: CheckContext): readonly Problem[] {
  const at = (code: string, message: string): readonly Problem[] => [{ path: ['name'], code, message }];
  const owner = others.find((o) => o.bridge?.name === name);
  if (owner !== undefined)
    return at(
      'NAME_TAKEN',
      `Interface name ${name} is taken: network ${owner.name} has a bridge of that name.`,
    );
  const other = links.find((l) => l.name === name);
  if (other !== undefined)
    return at('NAME_TAKEN', `Interface name ${name} is taken: there is a ${wordsFor(other)}.`);
  if (RESERVED_NAMES.includes(name) || /^\d+$/.test(name))
    return at(
      'NAME_RESERVED',
      `An interface cannot be named ${name}: the system means something else by it.`,
    );
  return [];
}

function checkParts(link: HostLink, context: CheckContext): readonly Problem[] {
  const names = lowersOf(link);
  return names.flatMap((name, i): readonly Problem[] => {
    if (names.indexOf(name) === i) return checkPart(link, name, context);
    return [{ path: pathOf(link, name), code: 'PORT_TWICE', message: `${name} is listed twice.` }];
  });
}

function checkPart(link: HostLink, name: string, { others, links = [] }: CheckContext): readonly Problem[] {
  const at = (code: string, message: string): readonly Problem[] => [
    { path: pathOf(link, name), code, message },
  ];
  const role = `${roleIn(link)} of ${link.name}`;
  const network = others.find((o) => o.bridge?.name === name);
  if (network !== undefined)
    return at('PORT_IS_BRIDGE', `${name} is the bridge of network ${network.name}: it cannot be ${role}.`);
  if (links.some((l) => l.name === name && l.kind === 'bridge') && link.kind !== 'vlan')
    return at('PORT_IS_BRIDGE', `${name} is a bridge: it cannot be ${role}.`);
  if (links.some((l) => l.name === name && l.kind === 'tap'))
    return at('PORT_IS_TAP', `${name} is a tap: its own design says what it is plugged into.`);
  if (name === 'lo') return at('PORT_LOOPBACK', `The loopback device lo cannot be ${role}.`);
  const holder = links.find((l) => l.name !== link.name && portsIn(l).includes(name));
  if (holder === undefined) return [];
  if (link.kind !== 'vlan')
    return at(
      'PORT_TAKEN',
      `${name} is ${roleIn(holder)} of ${wordsFor(holder)} already: a device is in one of them only.`,
    );
  if (holder.kind === 'bond')
    return at('VLAN_ON_PORT', `${name} is a member of bond ${holder.name}: put the VLAN on ${holder.name}.`);
  if (holder.kind !== 'bridge' || holder.vlanAware === undefined) return [];
  return at(
    'VLAN_ON_PORT',
    `${name} is a port of the VLAN-aware bridge ${holder.name}, which would never see VLAN ${link.id}: put the VLAN on ${holder.name}.`,
  );
}

/** Does it stand on itself? */
function checkLoops(link: HostLink, links: readonly HostLink[]): readonly Problem[] {
  const all = [link, ...links.filter((l) => l.name !== link.name)];
  const find = (name: string, path: readonly string[]): readonly string[] | null => {
    if (name === link.name) return path;
    const next = all.find((l) => l.name === name);
    if (next === undefined || path.length > all.length) return null;
    for (const lower of lowersOf(next)) {
      const found = find(lower, [...path, lower]);
      if (found !== null) return found;
    }
    return null;
  };
  for (const name of lowersOf(link)) {
    const loop = find(name, [name]);
    if (loop === null) continue;
    const message =
      name === link.name
        ? `${link.name} cannot stand on itself.`
        : `${link.name} would stand on itself: ${[link.name, ...loop].join(' on ')}.`;
    return [{ path: pathOf(link, name), code: 'LOOP', message }];
  }
  return [];
}

const MODES_WITH_PRIMARY = ['active-backup', 'balance-tlb', 'balance-alb'];
const MODES_WITH_HASH = ['balance-xor', '802.3ad', 'balance-tlb'];

function checkBond(bond: Bond): readonly Problem[] {
  const { mode, members, primary, lacpRate, hashPolicy } = bond;
  const problems: Problem[] = [];
  const at = (path: string, code: string, message: string) => problems.push({ path: [path], code, message });
  if (primary !== undefined && !MODES_WITH_PRIMARY.includes(mode))
    at(
      'primary',
      'BOND_OPTION',
      `A primary member is for the modes ${MODES_WITH_PRIMARY.join(', ')}, not for ${mode}.`,
    );
  else if (primary !== undefined && !members.includes(primary))
    at('primary', 'BOND_OPTION', `The primary member ${primary} is not among the members.`);
  if (lacpRate !== undefined && mode !== '802.3ad')
    at('lacpRate', 'BOND_OPTION', `An LACP rate is for the mode 802.3ad, not for ${mode}.`);
  if (hashPolicy !== undefined && !MODES_WITH_HASH.includes(mode))
    at(
      'hashPolicy',
      'BOND_OPTION',
      `A hash policy is for the modes ${MODES_WITH_HASH.join(', ')}, not for ${mode}.`,
    );
  return problems;
}

function checkVlan(vlan: VlanDevice, { links = [] }: CheckContext): readonly Problem[] {
  const twin = links.find(
    (l) => l.kind === 'vlan' && l.device === vlan.device && l.id === vlan.id && l.protocol === vlan.protocol,
  );
  if (twin === undefined) return [];
  return [
    {
      path: ['id'],
      code: 'VLAN_TAKEN',
      message: `VLAN ${vlan.id} on ${vlan.device} is ${twin.name} already.`,
    },
  ];
}

function checkVlanRanges(link: HostLink): readonly Problem[] {
  if (link.kind !== 'bridge') return [];
  const ranges = link.vlanAware?.vlans ?? [];
  return ranges.flatMap((r, i): readonly Problem[] => {
    const path = ['vlanAware', 'vlans', i];
    if (r.from > r.to)
      return [
        { path, code: 'VLAN_RANGE', message: `VLANs ${r.from} to ${r.to}: the first is above the last.` },
      ];
    const other = ranges.findIndex((o, j) => j < i && o.from <= r.to && r.from <= o.to);
    if (other < 0) return [];
    return [
      { path, code: 'VLAN_RANGE', message: `VLANs ${r.from} to ${r.to} overlap with those listed before.` },
    ];
  });
}

function checkAddresses(link: HostLink, { others, links = [] }: CheckContext): readonly Problem[] {
  const addresses = link.addresses ?? [];
  return addresses.flatMap(({ address, prefix }, i): readonly Problem[] => {
    const at = (code: string, message: string): readonly Problem[] => [
      { path: ['addresses', i, 'address'], code, message },
    ];
    const block = blockOf(address, prefix);
    const value = toNumber(address);
    if (block === null || value === null)
      return [
        {
          path: ['addresses', i, 'prefix'],
          code: 'PREFIX',
          message: `A prefix length of IPv${familyOf(address)} is at most ${familyOf(address) === 4 ? 32 : 128}, not ${prefix}.`,
        },
      ];
    if (contains({ ...block, ...(blockOf('224.0.0.0', 4) ?? block) }, address) || address.startsWith('ff'))
      return at('ADDRESS', `${address} is a multicast address: an interface has none of these.`);
    if (address.startsWith('127.') || address === '::1' || address === '::' || address === '0.0.0.0')
      return at('ADDRESS', `${address} cannot be the address of an interface.`);
    if (block.family === 4 && prefix < 31 && (value === block.first || value === block.last))
      return at(
        'ADDRESS',
        `${address} is the ${value === block.first ? 'network' : 'broadcast'} address of ${blockText(block)}.`,
      );
    if (addresses.findIndex((a) => a.address === address) < i)
      return at('ADDRESS_TWICE', `${address} is listed twice.`);
    const twin = links.find((l) => (l.addresses ?? []).some((a) => a.address === address));
    if (twin !== undefined)
      return at('ADDRESS_TWICE', `${address} is an address of ${wordsFor(twin)} already.`);
    for (const network of others)
      for (const subnet of network.subnets) {
        const theirs = blockOf(subnet.address, subnet.prefix);
        if (theirs !== null && overlap(theirs, block))
          return at(
            'OVERLAPS_NETWORK',
            `${address}/${prefix} overlaps with subnet ${blockText(theirs)} of network ${network.name}.`,
          );
      }
    return [];
  });
}

function checkGateways(link: HostLink): readonly Problem[] {
  const own = (link.addresses ?? []).flatMap((a) => blockOf(a.address, a.prefix) ?? []);
  return (link.routes ?? []).flatMap(({ to, gateway, metric }, i): readonly Problem[] => {
    const at = (field: string, code: string, message: string): readonly Problem[] => [
      { path: ['routes', i, field], code, message },
    ];
    const name = to === undefined ? 'the default route' : `the route to ${to.address}/${to.prefix}`;
    if (to !== undefined && familyOf(to.address) !== familyOf(gateway))
      return at('gateway', 'GATEWAY', `The gateway ${gateway} of ${name} is of the other IP version.`);
    if (to !== undefined && blockOf(to.address, to.prefix) === null)
      return at(
        'to',
        'PREFIX',
        `A prefix length of IPv${familyOf(to.address)} is at most 32, not ${to.prefix}.`,
      );
    const twice = (link.routes ?? []).findIndex(
      (r) =>
        r.metric === metric &&
        familyOf(r.gateway) === familyOf(gateway) &&
        r.to?.address === to?.address &&
        r.to?.prefix === to?.prefix,
    );
    if (twice < i)
      return at(
        'gateway',
        'ROUTE_TWICE',
        `There are two routes to the same place: give one of them another metric.`,
      );
    if ((link.addresses ?? []).some((a) => a.address === gateway))
      return at('gateway', 'GATEWAY', `The gateway ${gateway} of ${name} is this host's own address.`);
    if (gateway.startsWith('fe80:') || own.some((b) => contains(b, gateway))) return [];
    return at(
      'gateway',
      'GATEWAY',
      `The gateway ${gateway} of ${name} is in no subnet of ${link.name}: it could not be reached.`,
    );
  });
}

/** A network that forwards to one device by name would lose its way when that device becomes a port. */
function checkForwards(link: HostLink, { others }: CheckContext): readonly Problem[] {
  return portsIn(link).flatMap((port): readonly Problem[] => {
    const network = others.find((o) => forwardDevice(o) === port);
    if (network === undefined) return [];
    return [
      {
        path: pathOf(link, port),
        code: 'FORWARDED_TO',
        message: `Network ${network.name} forwards to ${port}, and nothing leaves by a port: let it forward to any device first.`,
      },
    ];
  });
}
