import type { CheckContext } from './check-context';
import { isOurLink, isThat, lowersOf, pathOf, portsIn, roleIn } from './compile/link';
import type { HostLink } from './kinds/link';
import { items, type Link, type Observed } from './observed';
import type { Problem } from './result';

/** A link against what is on the host already. What is unknown is not held against it; the plan asks for what it needs. */
export function checkLinkHost(link: HostLink, context: CheckContext, observed: Observed): readonly Problem[] {
  if (!observed.links.known) return [];
  const links = context.links ?? [];
  return [
    ...checkStranger(link, context, observed),
    ...lowersOf(link).flatMap((name) => checkDevice(link, name, { links, observed })),
    ...checkSameVlan(link, links, observed),
    ...checkElsewhere(link, links, observed),
  ];
}

const seenAs = (observed: Observed, name: string): Link | undefined =>
  observed.links.known ? observed.links.value[name] : undefined;

function checkStranger(link: HostLink, { before }: CheckContext, observed: Observed): readonly Problem[] {
  const { name } = link;
  const seen = seenAs(observed, name);
  if (seen === undefined || isOurLink(seen)) return [];
  // It stays adopted, or becomes ours.
  if ((link.adopted || before?.adopted) && isThat(link, seen)) return [];
  return [
    {
      path: ['name'],
      code: 'NAME_TAKEN',
      message: `Interface name ${name} is taken: this host has an interface of that name (${seen.kind}) that Patchbay did not make.`,
    },
  ];
}

type Around = { readonly links: readonly HostLink[]; readonly observed: Observed };

function checkDevice(link: HostLink, name: string, { links, observed }: Around): readonly Problem[] {
  const at = (code: string, message: string): readonly Problem[] => [
    { path: pathOf(link, name), code, message },
  ];
  const seen = seenAs(observed, name);
  if (links.some((l) => l.name === name)) return []; // what it is or will be, is checked with it
  if (seen === undefined)
    return at('DEVICE_MISSING', `${startName(link)} ${name} does not exist on this host.`);
  const role = roleIn(link);
  if (isOurLink(seen))
    return at('DEVICE_MISSING', `${name} would go with this change: it cannot be ${role} of ${link.name}.`);
  if (seen.kind === 'loopback')
    return at('PORT_LOOPBACK', `The loopback device ${name} cannot be ${role} of ${link.name}.`);
  if (seen.kind === 'tun' || seen.kind === 'macvtap')
    return at(
      'PORT_IS_TAP',
      `${name} is a guest's ${seen.kind === 'tun' ? 'tap' : 'macvtap'}: it cannot be ${role} of ${link.name}.`,
    );
  if (seen.kind === 'openvswitch')
    return at('PORT_TAKEN', `${name} belongs to Open vSwitch: it cannot be ${role} of ${link.name}.`);
  if (link.kind === 'vlan') return [];
  if (seen.kind === 'bridge')
    return at('PORT_IS_BRIDGE', `${name} is a bridge: it cannot be ${role} of ${link.name}.`);
  const master = seen.master === null ? undefined : seenAs(observed, seen.master);
  const known = master !== undefined && (isOurLink(master) || links.some((l) => isThat(l, master)));
  if (master !== undefined && master.name !== link.name && !known)
    return at(
      'PORT_TAKEN',
      `${name} is in ${master.name} (${master.kind}) already, which Patchbay did not make.`,
    );
  return link.kind === 'bond' ? checkMember(link, seen, links) : [];
}

const startName = (link: HostLink): string =>
  ({ bridge: 'Uplink', bond: 'Member', vlan: 'Device', tap: 'Tap' })[link.kind];

/** A member must be down to be taken: what it has is listed by the bond, or by what stands on the bond, or refused. */
function checkMember(bond: HostLink, seen: Link, links: readonly HostLink[]): readonly Problem[] {
  const takers = [bond, ...links.filter((l) => l.kind === 'bridge' && portsIn(l).includes(bond.name))];
  const left = seen.addresses.filter(
    (a) =>
      a.scope !== 'link' &&
      !(a.family === 6 && a.dynamic) &&
      !takers.some((t) => (t.addresses ?? []).some((b) => b.address === a.address && b.prefix === a.prefix)),
  );
  if (left.length === 0) return [];
  const list = left.map((a) => `${a.address}/${a.prefix}`).join(', ');
  return [
    {
      path: pathOf(bond, seen.name),
      code: 'MEMBER_ADDRESSES',
      message: `${seen.name} has ${list}: a member has no addresses. Give ${left.length === 1 ? 'it' : 'them'} to ${bond.name}.`,
    },
  ];
}

function checkSameVlan(link: HostLink, links: readonly HostLink[], observed: Observed): readonly Problem[] {
  if (link.kind !== 'vlan') return [];
  const twin = items(observed.links).find(
    (l) =>
      l.name !== link.name &&
      l.lower?.name === link.device &&
      l.vlan?.id === link.id &&
      l.vlan.protocol === (link.protocol ?? '802.1Q') &&
      !isOurLink(l),
  );
  if (twin === undefined || links.some((l) => l.name === twin.name)) return [];
  return [
    {
      path: ['id'],
      code: 'VLAN_TAKEN',
      message: `VLAN ${link.id} on ${link.device} is ${twin.name} already.`,
    },
  ];
}

/** Everything that is below a link, by what is desired and by what is there. */
function beneath(link: HostLink, links: readonly HostLink[]): ReadonlySet<string> {
  const names = new Set<string>(portsIn(link));
  for (const name of names)
    for (const l of links) if (l.name === name) for (const p of portsIn(l)) names.add(p);
  return names;
}

function checkElsewhere(link: HostLink, links: readonly HostLink[], observed: Observed): readonly Problem[] {
  const own = beneath(link, links);
  return (link.addresses ?? []).flatMap(({ address }, i): readonly Problem[] => {
    const holder = items(observed.links).find(
      (l) =>
        l.name !== link.name &&
        !own.has(l.name) &&
        !isOurLink(l) &&
        !links.some((other) => isThat(other, l)) &&
        l.addresses.some((a) => a.address === address),
    );
    if (holder === undefined) return [];
    return [
      {
        path: ['addresses', i, 'address'],
        code: 'ADDRESS_TWICE',
        message: `${address} is an address of ${holder.name} already, which is no port of ${link.name}.`,
      },
    ];
  });
}

/** A bond gives its MTU to its members; the others carry no more than what they stand on. */
export function checkMtu(link: HostLink, { links = [], observed }: CheckContext): readonly Problem[] {
  if (link.mtu === undefined || link.kind === 'bond') return [];
  for (const name of lowersOf(link)) {
    const most =
      links.find((l) => l.name === name)?.mtu ??
      (observed === null ? undefined : seenAs(observed, name)?.mtu);
    if (most === undefined || link.mtu <= most) continue;
    return [
      {
        path: ['mtu'],
        code: 'MTU',
        message: `An MTU of ${link.mtu} is more than that of ${name} (${most}).`,
      },
    ];
  }
  return [];
}
