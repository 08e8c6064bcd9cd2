import type { Committed, Desired } from './change';
import { type CidrAddress, isOurLink, isThat, kindOf, portsIn } from './compile/link';
import { familyOf, toNumber } from './ip';
import type { HostLink } from './kinds/link';
import { items, type Link, type Observed, type OvsBridge, type Route } from './observed';
import { routesBy } from './plan-routes';

/** What the steps for links of the host are made from. */
export type LinkSituation = {
  readonly observed: Observed;
  /** What shall be. */
  readonly goal: readonly HostLink[];
  /** What was committed, and what was being made when it broke off: only these are ever changed or removed. */
  readonly known: readonly HostLink[];
  /** Names of those that were being made: ours even if not marked yet. */
  readonly unmarked: ReadonlySet<string>;
};

export function linkSituation(
  observed: Observed,
  desired: Desired,
  { committed, ours }: { readonly committed: Committed; readonly ours: readonly Desired[] },
): LinkSituation {
  const made = ours.flatMap((d) => d.links);
  return {
    observed,
    goal: desired.links,
    known: [...committed.desired.links, ...made],
    unmarked: new Set(made.map((l) => l.name)),
  };
}

export const linkOf = (observed: Observed, name: string): Link | undefined =>
  observed.links.known ? observed.links.value[name] : undefined;

/** Is this interface ours: made by us, or adopted? */
export const isMine = (s: Pick<LinkSituation, 'goal' | 'known' | 'unmarked'>, link: Link): boolean =>
  isOurLink(link) ||
  [s.goal, s.known].some((all) => all.some((k) => k.adopted === true && isThat(k, link))) ||
  (s.unmarked.has(link.name) && s.known.some((k) => isThat(k, link)));

/**
 * Links that were made by us and shall not be, newest first: what stands on others goes before them. What was adopted
 * is forgotten, and stays.
 */
export const goingLinks = (s: LinkSituation): readonly Link[] =>
  items(s.observed.links)
    .filter(
      (l) =>
        isMine(s, l) &&
        s.known.some((k) => isThat(k, l) && k.adopted === undefined) &&
        !s.goal.some((g) => isThat(g, l)),
    )
    .sort((a, b) => rank(b) - rank(a) || b.index - a.index);

const rank = (link: Link): number => ['bond', 'vlan', 'bridge', 'tap'].indexOf(kindOf(link));

/** Marked as ours, but of records that are gone: nothing is known of them, so nothing is done to them. */
export const strayLinks = (s: LinkSituation): readonly Link[] =>
  items(s.observed.links).filter(
    (l) => isOurLink(l) && ![...s.known, ...s.goal].some((k) => k.name === l.name),
  );

/** What cannot be changed while the device is there. */
function mustRecreate(observed: Observed, link: HostLink, seen: Link): boolean {
  if (link.kind !== kindOf(seen)) return true;
  if (link.kind === 'vlan')
    return (
      seen.vlan?.id !== link.id ||
      seen.vlan.protocol !== (link.protocol ?? '802.1Q') ||
      seen.lower?.name !== link.device
    );
  if (link.kind === 'tap') {
    const { user = null, group = null, multiQueue = false, vnetHdr = false } = link;
    const { tap } = seen;
    const same = tap?.user === user && (tap.group ?? null) === group;
    return !same || tap.multiQueue !== multiQueue || tap.vnetHdr !== vnetHdr;
  }
  if (link.kind !== 'bond') return false;
  const bond = seen.bond;
  if (bond?.mode !== link.mode || (link.lacpRate !== undefined && bond.lacpRate !== link.lacpRate))
    return true;
  // `ip` can name another primary member, and cannot unname one. One that is not plugged in is not shown.
  const primary = bond.primary ?? null;
  if (link.primary === undefined) return primary !== null;
  return primary === null && linkOf(observed, link.primary)?.master === link.name;
}

/** Links that must go before they are made anew, with the VLANs that the kernel takes along. */
export function removedFirst(s: LinkSituation): readonly Link[] {
  const all = items(s.observed.links);
  const doomed = s.goal.flatMap((g): Link[] => {
    const seen = linkOf(s.observed, g.name);
    return seen !== undefined && isMine(s, seen) && mustRecreate(s.observed, g, seen) ? [seen] : [];
  });
  const above = (names: readonly string[]): readonly Link[] =>
    all.filter((l) => l.kind === 'vlan' && isMine(s, l) && names.includes(l.lower?.name ?? ''));
  // VLANs on VLANs as well: what is found is looked at in its turn.
  const anew = [...doomed];
  for (const link of anew) for (const vlan of above([link.name])) if (!anew.includes(vlan)) anew.push(vlan);
  // What stands on others goes before them: the kernel would take it along. A VLAN is always younger than its device.
  const rank = (l: Link) => (l.kind === 'vlan' ? 0 : l.kind === 'bridge' ? 1 : 2);
  return anew.sort((a, b) => rank(a) - rank(b) || b.index - a.index);
}

/** The host as it is once these are gone. */
export function without(observed: Observed, gone: readonly Link[]): Observed {
  const { links } = observed;
  if (!links.known || gone.length === 0) return observed;
  const names = new Set<string>(gone.map((l) => l.name));
  const left = Object.entries(links.value).flatMap(([key, l]): [string, Link][] =>
    names.has(l.name) ? [] : [[key, names.has(l.master ?? '') ? { ...l, master: null } : l]],
  );
  return unplugged({ ...observed, links: { ...links, value: Object.fromEntries(left) } }, names);
}

/** The host as it is once these are plugged into nothing. */
export function unplugged(observed: Observed, names: ReadonlySet<string>): Observed {
  const { links, ovsBridges } = observed;
  if (names.size === 0) return observed;
  const free = (l: Link): Link => (names.has(l.name) ? { ...l, master: null } : l);
  const without = (b: OvsBridge): OvsBridge => ({
    ...b,
    ports: b.ports.filter((p) => p.name === b.name || !names.has(p.name)),
  });
  return {
    ...observed,
    links: links.known ? { ...links, value: mapped(links.value, free) } : links,
    ovsBridges: ovsBridges.known ? { ...ovsBridges, value: mapped(ovsBridges.value, without) } : ovsBridges,
  };
}

const mapped = <T>(all: Readonly<Record<string, T>>, to: (item: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(all).map(([key, item]) => [key, to(item)]));

export const sameCidr = (a: CidrAddress, b: CidrAddress): boolean =>
  a.prefix === b.prefix &&
  familyOf(a.address) === familyOf(b.address) &&
  toNumber(a.address) === toNumber(b.address);

export const hasAddress = (all: readonly CidrAddress[] | undefined, a: CidrAddress): boolean =>
  (all ?? []).some((b) => sameCidr(a, b));

export const cidr = ({ address, prefix }: CidrAddress): string => `${address}/${prefix}`;

/** Addresses that somebody gave it: not those that the kernel makes, or a router's announcement. */
export const givenAddresses = (link: Link) =>
  link.addresses.filter((a) => a.scope !== 'link' && a.scope !== 'host' && !(a.family === 6 && a.dynamic));

/** Routes by way of a device that end with it, those that routers announced included. */
export const routesOn = (observed: Observed, device: string): readonly Route[] => {
  const announced = items(observed.routes).filter(
    (r) => r.device === device && r.type === 'unicast' && r.protocol === 'ra' && r.gateway !== null,
  );
  const all = [...routesBy(observed, device), ...announced];
  // Those without a gateway first: they lead to the gateways of others.
  return [...all.filter((r) => r.gateway === null), ...all.filter((r) => r.gateway !== null)];
};

/** The desired link that a device becomes a part of. */
export const masterOf = (s: Pick<LinkSituation, 'goal'>, name: string): HostLink | undefined =>
  s.goal.find((g) => portsIn(g).includes(name));
