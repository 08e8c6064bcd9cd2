import { portsIn } from './compile/link';
import type { HostLink } from './kinds/link';
import { items, type Link } from './observed';
import {
  cidr,
  givenAddresses,
  goingLinks,
  hasAddress,
  type LinkSituation,
  masterOf,
  routesOn,
  strayLinks,
} from './plan-links-facts';
import { estateOf, passesOn, takerOf } from './plan-links-remove';
import { routeText } from './plan-routes';

/** What people should know before they apply a change of the host's own links. */
export function linkNotes(s: LinkSituation): readonly string[] {
  const moving = items(s.observed.links).flatMap((link): readonly { link: Link; to: HostLink }[] => {
    const to = masterOf(s, link.name);
    return to === undefined || link.master === to.name ? [] : [{ link, to }];
  });
  return [
    ...moving.flatMap(({ link, to }) => [
      ...ownAccess(s, link),
      ...lost(s, link, to),
      ...leases(link, to),
      ...rulesByName(s, link, to),
    ]),
    ...goingLinks(s).flatMap((link) => [...ownAccess(s, link), ...goingNotes(s, link)]),
    ...strayLinks(s).map(
      ({ name, kind }) =>
        `${name} carries Patchbay's mark but belongs to nothing that was committed on this host, so it is left alone. To remove it: ip link del dev ${name} type ${kind}`,
    ),
  ];
}

const hasDefault = (s: LinkSituation, device: string): boolean =>
  routesOn(s.observed, device).some((r) => r.destination === 'default' && r.table === 'main');

function ownAccess(s: LinkSituation, { name }: Link): readonly string[] {
  if (!hasDefault(s, name)) return [];
  return [
    `This host's default route is by way of ${name}. Whoever reaches this page through it loses the connection for a moment; if it does not come back, confirm nothing, and everything is taken back by itself.`,
  ];
}

/** What a device has and nothing above it takes. */
function lost(s: LinkSituation, link: Link, to: HostLink): readonly string[] {
  const takers = above(s, to);
  const addresses = givenAddresses(link).filter((a) => !takers.some((t) => hasAddress(t.addresses, a)));
  const wanted = takers.flatMap((t) => t.routes ?? []);
  const routes = routesOn(s.observed, link.name).filter(
    (r) =>
      r.protocol !== 'ra' &&
      !wanted.some((w) => w.gateway === r.gateway && (w.to === undefined) === (r.destination === 'default')),
  );
  const families = ([4, 6] as const).filter((family) => {
    const left = items(s.observed.routes).filter(
      (r) => r.family === family && r.destination === 'default' && r.type === 'unicast' && r.table === 'main',
    );
    const stays = wanted.some((w) => w.to === undefined && w.gateway.includes(':') === (family === 6));
    return left.length > 0 && left.every((r) => r.device === link.name && r.protocol !== 'ra') && !stays;
  });
  return [
    ...(addresses.length === 0
      ? []
      : [
          `${link.name} loses ${addresses.map(cidr).join(', ')}: a port has no addresses, and ${to.name} does not list ${addresses.length === 1 ? 'it' : 'them'}.`,
        ]),
    ...(routes.length === 0
      ? []
      : [`These routes end, because ${to.name} does not list them: ${routes.map(routeText).join(', ')}.`]),
    ...families.map(
      (f) =>
        `This host will have no IPv${f} default route any more: nothing outside is reached over IPv${f}.`,
    ),
  ];
}

/** The link, and what stands on it. */
function above(s: LinkSituation, link: HostLink): readonly HostLink[] {
  const all: HostLink[] = [link];
  for (let i = 0; i < all.length && i < 100; i++) {
    const name = all[i]?.name ?? '';
    for (const g of s.goal) if (portsIn(g).includes(name) && !all.includes(g)) all.push(g);
  }
  return all;
}

function leases(link: Link, to: HostLink): readonly string[] {
  const dynamic = link.addresses.filter((a) => a.dynamic && a.family === 4);
  if (dynamic.length === 0) return [];
  return [
    `${dynamic.map(cidr).join(', ')} of ${link.name} is a lease. Its DHCP client goes on serving ${link.name} and may give it the address again, which then shows as a difference: let it serve ${to.name} instead, or stop it.`,
  ];
}

/** Rules of others that know a device by its name: its packets come and go by another one now. */
function rulesByName(s: LinkSituation, link: Link, to: HostLink): readonly string[] {
  const { nft } = s.observed;
  if (!nft.known) return [];
  const name = JSON.stringify(link.name);
  const tables = Object.entries(nft.value).flatMap(([key, table]) =>
    key !== 'inet patchbay' &&
    table.chains.some((c) => c.rules.some((r) => JSON.stringify(r.expression).includes(name)))
      ? [key]
      : [],
  );
  if (tables.length === 0) return [];
  return [
    `Firewall rules of others name ${link.name} (table ${tables.join(', ')}): the host's own packets come by ${to.name} from now on, which these rules do not know.`,
  ];
}

function goingNotes(s: LinkSituation, link: Link): readonly string[] {
  const { addresses } = estateOf(s, link);
  if (addresses.length === 0 || passesOn(s, link)) return [];
  const list = addresses.map(cidr).join(', ');
  const taker = takerOf(s, link);
  if (taker === undefined)
    return [
      `With ${link.name}, this host loses ${list}: nothing else takes ${addresses.length === 1 ? 'it' : 'them'}.`,
    ];
  return [
    `${taker.name} gets ${list} back now. After a restart it has what the system's own configuration gives it.`,
  ];
}
