import { addressLine, batch, forcedBatch, kindOf, portsIn, routeLine, tapLine } from './compile/link';
import { items, type Link, type Route } from './observed';
import {
  cidr,
  givenAddresses,
  goingLinks,
  hasAddress,
  isMine,
  type LinkSituation,
  linkOf,
  masterOf,
  removedFirst,
  routesOn,
} from './plan-links-facts';
import { vlansBack } from './plan-links-vlans';
import { type Draft, ip, portsOf } from './plan-situation';
import { pluggingBack, plugOf, unplugging } from './plugs';
import { fail, type Result } from './result';

/** What nobody wants any more, when nothing stands on it any longer. */
export function linkRemovals(s: LinkSituation): readonly Draft[] {
  const first = removedFirst(s).map((l) => l.name);
  return goingLinks(s)
    .filter((l) => !first.includes(l.name))
    .map((l) => removeLink(s, l, { again: false }));
}

/**
 * The port that takes the addresses back, as it was before there was this link: the first that it was made with and
 * that goes nowhere else. Without one they are lost.
 */
function heirOf(s: LinkSituation, link: Link): Link | undefined {
  const made = s.known.filter((k) => k.name === link.name && k.kind === link.kind).flatMap(portsIn);
  return made
    .flatMap((name) => linkOf(s.observed, name) ?? [])
    .find((p) => p.master === link.name && masterOf(s, p.name) === undefined);
}

/** Addresses of a link that goes and that no other link of ours takes. */
const inherited = (s: LinkSituation, link: Link) =>
  givenAddresses(link).filter((a) => !s.goal.some((g) => g.name !== link.name && hasAddress(g.addresses, a)));

type Estate = { readonly addresses: ReturnType<typeof givenAddresses>; readonly routes: readonly Route[] };

/** What a link leaves behind: its own, and that of links above it which go in the same plan. */
export function estateOf(s: LinkSituation, link: Link): Estate {
  const own = inherited(s, link);
  const above = goingLinks(s)
    .filter((l) => heirOf(s, l)?.name === link.name)
    .map((l) => estateOf(s, l));
  return {
    addresses: [...own, ...above.flatMap((e) => e.addresses)],
    routes: [...(own.length === 0 ? [] : routesOn(s.observed, link.name)), ...above.flatMap((e) => e.routes)],
  };
}

/** Who takes it now: nobody, when the heir goes as well and passes it on. */
export function takerOf(s: LinkSituation, link: Link): Link | undefined {
  const heir = heirOf(s, link);
  return heir === undefined || goingLinks(s).some((l) => l.name === heir.name) ? undefined : heir;
}

/** Does the link below it go too, and pass on what it leaves? */
export const passesOn = (s: LinkSituation, link: Link): boolean =>
  heirOf(s, link) !== undefined && takerOf(s, link) === undefined;

/** @param again it is made anew at once: its addresses wait for that */
export function removeLink(s: LinkSituation, link: Link, { again }: { readonly again: boolean }): Draft {
  const { name } = link;
  const taker = again ? undefined : takerOf(s, link);
  const estate = taker === undefined ? { addresses: [], routes: [] } : estateOf(s, link);
  const words =
    estate.addresses.length === 0
      ? ''
      : `, and give ${estate.addresses.map(cidr).join(' and ')} back to ${taker?.name}`;
  const what = link.kind === 'vlan' ? 'VLAN' : kindOf(link);
  const own = again ? givenAddresses(link) : inherited(s, link);
  const routes = own.length === 0 ? [] : routesOn(s.observed, name);
  const ports = items(s.observed.links).filter((l) => l.master === name);
  // A tap that goes as well goes before it, and plugs itself in again when it comes back.
  const goes = (p: Link) => p.tap !== null && goingLinks(s).some((l) => l.name === p.name);
  const staying = ports.filter((p) => again || (masterOf(s, p.name) === undefined && !goes(p)));
  const to = taker?.name ?? '';
  const give = [
    ...estate.addresses.map((a) => addressLine('add', to, a)),
    ...estate.routes.map((r) => routeLine('add', { ...r, device: to })),
  ];
  const takeBack = [
    ...estate.routes.map((r) => routeLine('del', { ...r, device: to })),
    ...estate.addresses.map((a) => addressLine('del', to, a)),
  ];
  const bond = link.kind === 'bond';
  const plug = link.tap === null ? null : plugOf(s.observed, name);
  const port = plug?.port ?? null;
  return {
    title: `${again ? 'Take away' : 'Remove'} ${what} ${name}${again ? ', to make it anew' : ''}${words}`,
    touches: [`${kindOf(link)} ${name}`, ...ports.map((p) => `link ${p.name}`)],
    actions: [
      ...(port === null ? [] : unplugging(name, plug)),
      batch(
        bond
          ? // A bond closes the devices that it lets go.
            [
              `link del dev ${name}`,
              ...staying.filter((p) => p.up).map((p) => `link set dev ${p.name} up`),
              ...give,
            ]
          : [
              ...(taker === undefined
                ? []
                : [
                    `link set dev ${to} nomaster`,
                    ...routes.map((r) => routeLine('del', r)),
                    ...own.map((a) => addressLine('del', name, a)),
                    ...give,
                  ]),
              `link del dev ${name}`,
            ],
      ),
    ],
    inverse: [
      forcedBatch([
        ...takeBack,
        ...makeAsSeen(link),
        ...staying.flatMap((p) => [
          ...(bond ? [`link set dev ${p.name} down`] : []),
          `link set dev ${p.name} master ${name}`,
        ]),
        ...(link.up ? [`link set dev ${name} up`] : []),
        ...own.map((a) => addressLine('add', name, a)),
        ...routes.map((r) => routeLine('add', r)),
      ]),
      ...vlansBack(s.observed, link, [...staying.map((p) => p.name), name]),
      ...pluggingBack(s.observed, name, plug),
    ],
  };
}

/** What a link was made with, as far as it is seen. */
function makeAsSeen(link: Link): readonly string[] {
  const { name, bridge, vlan, bond, tap } = link;
  if (tap !== null)
    return [
      tapLine(name, {
        ...{ user: tap.user ?? undefined, group: tap.group ?? undefined },
        ...{ multiQueue: tap.multiQueue || undefined, vnetHdr: tap.vnetHdr || undefined },
      }),
      ...(link.mac === null ? [] : [`link set dev ${name} address ${link.mac}`]),
      ...(link.alias === null ? [] : [`link set dev ${name} alias ${link.alias}`]),
      ...(link.mtu === 1500 ? [] : [`link set dev ${name} mtu ${link.mtu}`]),
    ];
  const mac = link.mac === null || link.kind !== 'bridge' ? '' : ` address ${link.mac}`;
  const type =
    vlan !== null
      ? `vlan protocol ${vlan.protocol} id ${vlan.id}`
      : bond !== null
        ? [
            `bond mode ${bond.mode} miimon ${bond.miimon ?? 0}`,
            // The kernel shows it in every mode, and takes it in one.
            ...(bond.mode === '802.3ad' && bond.lacpRate != null ? [`lacp_rate ${bond.lacpRate}`] : []),
            ...(bond.hashPolicy == null ? [] : [`xmit_hash_policy ${bond.hashPolicy}`]),
            ...(bond.primary == null ? [] : [`primary ${bond.primary}`]),
          ].join(' ')
        : [
            `bridge forward_delay ${bridge?.forwardDelay ?? 0} stp_state ${bridge?.stp ? 1 : 0}`,
            ...(bridge?.vlanFiltering ? ['vlan_filtering 1'] : []),
          ].join(' ');
  const on = vlan === null || link.lower?.name == null ? '' : `link ${link.lower.name} `;
  return [
    `link add ${on}name ${name}${mac} type ${type}`,
    ...(link.alias === null ? [] : [`link set dev ${name} alias ${link.alias}`]),
    ...(link.mtu === 1500 ? [] : [`link set dev ${name} mtu ${link.mtu}`]),
  ];
}

/** Links that would go, or be made anew, although something else stands on them. */
export function busyLinks(s: LinkSituation): Result<never> | null {
  const first = removedFirst(s);
  const going = [...first, ...goingLinks(s)];
  for (const link of going) {
    const holders = heldBy(s, link);
    if (holders !== null)
      return fail(
        'PORTS_IN_USE',
        `${link.name} ${first.includes(link) ? 'must be made anew for this change' : 'would go'}, but ${holders} has it open: end that first.`,
      );
    const own = s.known.filter((k) => k.name === link.name).flatMap(portsIn);
    const guests = portsOf(s.observed, link.name).filter(
      (p) => !own.includes(p) && link.kind === 'bridge' && !leaves(s, p, link.name),
    );
    const above = items(s.observed.links).filter(
      (l) => l.lower?.name === link.name && l.kind !== 'veth' && !going.some((g) => g.name === l.name),
    );
    const master = link.tap !== null ? null : first.includes(link) ? link.master : foreignMaster(s, link);
    const users = [...guests, ...above.map((l) => l.name), ...(master === null ? [] : [master])];
    if (users.length === 0) continue;
    const list = `${users.slice(0, 5).join(', ')}${users.length > 5 ? ', …' : ''}`;
    const why = first.includes(link) ? 'must be made anew for this change' : 'would go';
    return fail(
      'PORTS_IN_USE',
      `${link.name} ${why}, but ${list} ${users.length === 1 ? 'uses' : 'use'} it: take ${users.length === 1 ? 'it' : 'them'} away first.`,
    );
  }
  return null;
}

/** A tap of ours that goes, or is plugged in elsewhere by the same plan. */
const leaves = (s: LinkSituation, port: string, bridge: string): boolean =>
  goingLinks(s).some((l) => l.name === port) ||
  s.goal.some((g) => {
    if (g.kind !== 'tap' || g.name !== port || g.bridge === bridge) return false;
    return (
      g.bridge !== undefined ||
      s.known.some((k) => k.kind === 'tap' && k.name === port && k.bridge === bridge)
    );
  });

/** The program that has a tap open, for a sentence; taking the tap away would leave it with nothing. */
function heldBy({ observed }: LinkSituation, { name, tap }: Link): string | null {
  if (tap === null || !observed.tapHolders.known) return null;
  const [first] = observed.tapHolders.value[name]?.processes ?? [];
  return first === undefined ? null : `${first.command} (process ${first.pid})`;
}

/** A bridge or bond that is not ours and has it as a port. */
function foreignMaster(s: LinkSituation, link: Link): string | null {
  if (link.master === null) return null;
  const master = linkOf(s.observed, link.master);
  return master !== undefined && isMine(s, master) ? null : link.master;
}

/** For `restore`: what is in the way is let go, as it is with networks. */
export function releaseGuests(s: LinkSituation): readonly Draft[] {
  return goingLinks(s).flatMap((link) => {
    if (link.kind !== 'bridge') return [];
    const own = s.known.filter((k) => k.name === link.name).flatMap(portsIn);
    return portsOf(s.observed, link.name)
      .filter((p) => !own.includes(p) && !leaves(s, p, link.name))
      .map(
        (port): Draft => ({
          title: `Unplug ${port} from ${link.name}`,
          touches: [`port ${port}`, `bridge ${link.name}`],
          actions: [ip('link', 'set', 'dev', port, 'nomaster')],
          inverse: [ip('link', 'set', 'dev', port, 'master', link.name)],
        }),
      );
  });
}
