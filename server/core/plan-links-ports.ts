import {
  addressLine,
  batch,
  type CidrAddress,
  forcedBatch,
  isRoute,
  portsIn,
  routeLine,
  routeOf,
  sameWay,
} from './compile/link';
import type { HostLink } from './kinds/link';
import { items, type Link, type Route } from './observed';
import {
  cidr,
  givenAddresses,
  hasAddress,
  isMine,
  type LinkSituation,
  linkOf,
  routesOn,
  sameCidr,
} from './plan-links-facts';
import { vlansBack } from './plan-links-vlans';
import { type Draft, ip } from './plan-situation';

export const touching = (link: HostLink, ...more: readonly string[]) => [
  `${link.kind} ${link.name}`,
  ...more,
];

/** What a link must be given, and what it loses. */
type Wanting = {
  readonly fresh: readonly CidrAddress[];
  readonly gone: readonly CidrAddress[];
  readonly freshRoutes: readonly Route[];
  readonly goneRoutes: readonly Route[];
  /** Others of ours that have a wanted address now and shall not: it passes over. */
  readonly givers: readonly Link[];
};

function wanting(s: LinkSituation, goal: HostLink, seen: Link | undefined): Wanting {
  const { observed } = s;
  const there = seen === undefined ? [] : givenAddresses(seen);
  const known = s.known.filter((k) => k.name === goal.name && k.kind === goal.kind);
  const fresh = (goal.addresses ?? []).filter((a) => !there.some((b) => sameCidr(a, b)));
  const gone = there.filter(
    (a) =>
      !hasAddress(goal.addresses, a) &&
      known.some((k) => hasAddress(k.addresses, a)) &&
      !passesOn(s, goal, a),
  );
  const routed = [goal, ...known].some((k) => k.routes !== undefined);
  const routes = routed ? items(observed.routes).filter((r) => r.device === goal.name) : [];
  const goneRoutes =
    seen === undefined
      ? []
      : routes.filter(
          (r) =>
            !(goal.routes ?? []).some((w) => isRoute(w, r)) &&
            known.some((k) => (k.routes ?? []).some((w) => isRoute(w, r))),
        );
  const others = fresh.length === 0 ? [] : items(observed.links);
  const givers = others.filter(
    (l) =>
      l.name !== goal.name &&
      isMine(s, l) &&
      fresh.some((a) => hasAddress(l.addresses, a)) &&
      !s.goal.some((g) => g.name === l.name && fresh.some((a) => hasAddress(g.addresses, a))),
  );
  // Routes go with the last address: all that are wanted are made again after such a change.
  const kept = (w: NonNullable<HostLink['routes']>[number]) =>
    seen !== undefined && gone.length === 0 && routes.some((r) => isRoute(w, r));
  const before = [...givers.map((l) => l.name), ...portsIn(goal), goal.name];
  const freshRoutes = (goal.routes ?? [])
    .filter((w) => !kept(w))
    .map((w) =>
      routeOf(
        w,
        goal,
        items(observed.routes).find((r) => before.includes(r.device ?? '') && sameWay(w, r)),
      ),
    );
  return { fresh, gone, freshRoutes, goneRoutes, givers };
}

/** Another link of ours takes it. */
const passesOn = (s: LinkSituation, from: HostLink, a: CidrAddress): boolean =>
  s.goal.some((g) => g.name !== from.name && hasAddress(g.addresses, a));

/** Ports that come, with the addresses and routes that move with the first of them; then what is left of these. */
export function portSteps(s: LinkSituation, goal: HostLink, seen: Link | undefined): readonly Draft[] {
  const want = wanting(s, goal, seen);
  const coming = portsIn(goal).flatMap((name) => {
    const port = linkOf(s.observed, name) ?? newPort(s, name);
    if (port === undefined) return [];
    // A DHCP client may have given a port its address again.
    const strayed = givenAddresses(port).some((a) => hasAddress(goal.addresses, a));
    return seen !== undefined && port.master === goal.name && !strayed ? [] : [port];
  });
  // A new bond is up only when it has its members: a route by way of it must wait for that.
  const carriers = goal.kind === 'bond' && seen === undefined ? [] : coming;
  const carrier = carriers.find((p) => givenAddresses(p).some((a) => hasAddress(want.fresh, a)));
  const idle = portsIn(goal).flatMap((name) => {
    const port = linkOf(s.observed, name);
    return port === undefined || port.up || coming.includes(port) ? [] : [port];
  });
  const steps = [
    ...coming.map((p) => attach(s, goal, { port: p, want: p === carrier ? want : null })),
    ...idle.map(
      (p): Draft => ({
        title: `Bring ${p.name} up`,
        touches: touching(goal, `link ${p.name}`),
        actions: [ip('link', 'set', 'dev', p.name, 'up')],
        inverse: [ip('link', 'set', 'dev', p.name, 'down')],
      }),
    ),
    ...(goal.kind === 'bond' && seen === undefined ? [bringUp(goal)] : []),
  ];
  if (carrier !== undefined) return steps;
  // Without the address there is no way to the gateway, whoever had it.
  return [...steps, ...addresses(s, goal, want)];
}

const bringUp = (goal: HostLink): Draft => ({
  title: `Bring ${goal.name} up`,
  touches: touching(goal),
  actions: [
    batch([
      ...(goal.kind === 'bond' && goal.primary !== undefined
        ? [`link set dev ${goal.name} type bond primary ${goal.primary}`]
        : []),
      `link set dev ${goal.name} up`,
    ]),
  ],
  inverse: [ip('link', 'set', 'dev', goal.name, 'down')],
});

/** A port that is made by an earlier step of the same plan. */
function newPort(s: LinkSituation, name: string): Link | undefined {
  if (!s.goal.some((g) => g.name === name)) return undefined;
  return {
    ...{ index: 0, name, kind: '', mac: null, mtu: 0, up: true, carrier: true, operState: '', master: null },
    ...{ lower: null, alias: null, addresses: [], bridge: null, vlan: null, bond: null, macvlanMode: null },
    ...{ tunnel: null, tap: null },
  };
}

/** Lines that take addresses and routes from a device, and those that give them back. */
function taking(s: LinkSituation, device: Link, which: (a: CidrAddress) => boolean) {
  const goal = s.goal.find((g) => g.name === device.name);
  const moving = givenAddresses(device).filter(which);
  const routes = routesOn(s.observed, device.name).filter(
    (r) => !(goal?.routes ?? []).some((w) => isRoute(w, r)),
  );
  return {
    moving,
    take: [
      ...routes.map((r) => routeLine('del', r)),
      ...moving.map((a) => addressLine('del', device.name, a)),
    ],
    give: [
      ...moving.map((a) => addressLine('add', device.name, a)),
      ...routes.map((r) => routeLine('add', r)),
    ],
  };
}

/** From others of ours to this link. */
function passing(s: LinkSituation, goal: HostLink, want: Wanting) {
  const from = want.givers.map((l) => taking(s, l, (a) => hasAddress(want.fresh, a)));
  return {
    forth: [
      ...from.flatMap((t) => t.take),
      ...want.gone.map((a) => addressLine('del', goal.name, a)),
      ...want.fresh.map((a) => addressLine('add', goal.name, a)),
      ...want.freshRoutes.map((r) => routeLine('add', r)),
    ],
    back: [
      ...want.freshRoutes.map((r) => routeLine('del', r)),
      ...want.fresh.map((a) => addressLine('del', goal.name, a)),
    ],
    again: [...want.gone.map((a) => addressLine('add', goal.name, a)), ...from.flatMap((t) => t.give)],
  };
}

/** A device becomes a port: all in one go, so that the host is without its address for no longer than that takes. */
function attach(
  s: LinkSituation,
  goal: HostLink,
  { port, want }: { readonly port: Link; readonly want: Wanting | null },
): Draft {
  const { name } = port;
  const plugged = port.master === goal.name;
  const own = taking(s, port, (a) => !plugged || hasAddress(goal.addresses, a));
  const pass = want === null ? null : passing(s, goal, want);
  const bond = goal.kind === 'bond';
  const was = linkOf(s.observed, port.master ?? '');
  const plug = plugged ? [] : [`link set dev ${name} master ${goal.name}`];
  const up = port.up && (plugged || (!bond && was?.kind !== 'bond')) ? [] : [`link set dev ${name} up`];
  const moved = want === null ? [] : want.fresh.filter((a) => hasAddress(port.addresses, a));
  const defaults = want?.freshRoutes.some((r) => r.destination === 'default') ? ['the default route'] : [];
  const words = moved.length === 0 ? '' : ` and move ${listed([...moved.map(cidr), ...defaults])} to it`;
  return {
    title: plugged
      ? `Take ${own.moving.map(cidr).join(' and ')} from ${name}: it belongs to ${goal.name}`
      : `Make ${name} a ${bond ? 'member' : 'port'} of ${goal.name}${words}`,
    touches: touching(goal, `link ${name}`),
    actions: [
      batch(
        // A bond takes only devices that are down. A bridge may refuse one: that comes out before anything is taken.
        bond && !plugged
          ? [...own.take, `link set dev ${name} down`, ...plug, ...up, ...(pass?.forth ?? [])]
          : [...plug, ...up, ...own.take, ...(pass?.forth ?? [])],
      ),
    ],
    inverse: [
      forcedBatch([
        ...(pass?.back ?? []),
        ...(was?.kind === 'bond' && !plugged ? [`link set dev ${name} down`] : []),
        ...(plugged
          ? []
          : [`link set dev ${name} ${port.master === null ? 'nomaster' : `master ${port.master}`}`]),
        ...(up.length === 0 ? [] : [`link set dev ${name} ${port.up ? 'up' : 'down'}`]),
        ...own.give,
        ...(pass?.again ?? []),
      ]),
      ...(plugged ? [] : vlansBack(s.observed, was, [name])),
    ],
  };
}

/** Addresses and routes that come or go without a port. */
function addresses(s: LinkSituation, goal: HostLink, want: Wanting): readonly Draft[] {
  const { fresh, gone, freshRoutes, goneRoutes } = want;
  if (fresh.length + gone.length + freshRoutes.length + goneRoutes.length === 0) return [];
  const { forth, back, again } = passing(s, goal, want);
  const there = items(s.observed.routes).filter((r) => r.device === goal.name);
  // What is to be made again must not be in its own way.
  const remade = there.filter((r) => gone.length > 0 && (goal.routes ?? []).some((w) => isRoute(w, r)));
  const losing = [...goneRoutes, ...remade];
  const put = gone.length === 0 ? losing : routesOn(s.observed, goal.name);
  return [
    {
      title: titleOf(goal, want),
      touches: touching(goal, ...want.givers.map((l) => `${l.kind} ${l.name}`)),
      actions: [batch([...losing.map((r) => routeLine('del', r)), ...forth])],
      inverse: [forcedBatch([...back, ...again, ...put.map((r) => routeLine('add', r))])],
    },
  ];
}

function titleOf({ name }: HostLink, { fresh, gone, freshRoutes, goneRoutes }: Wanting): string {
  const ways = (all: readonly Route[]) => {
    const [first, second] = all;
    if (first === undefined) return [];
    return second === undefined
      ? [`the route ${first.destination} via ${first.gateway}`]
      : [`${all.length} routes`];
  };
  const come = listed([...fresh.map(cidr), ...ways(freshRoutes)]);
  const go = listed([...gone.map(cidr), ...ways(goneRoutes)]);
  if (go === '') return `Give ${name} ${come}`;
  return come === '' ? `Take ${go} from ${name}` : `Change ${go} of ${name} to ${come}`;
}

const listed = (all: readonly string[]): string =>
  all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
