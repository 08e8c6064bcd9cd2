import type { Fact, Route } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { keyed, type Parsed, parseList, type Reader, readWith } from './reading';
import { anInt, aText, aWord, listOf, maybe, object, type ShapeOf, unlessGiven } from './shape';

const Text = maybe(aText);
const Via = maybe(object({ host: Text }));
const Hop = object({ gateway: Text, via: Via, dev: Text, flags: maybe(listOf(aText)) });

const ipRoute = (device?: string) =>
  object({
    type: Text,
    dst: aText,
    gateway: Text,
    via: Via,
    dev: unlessGiven(Text, device),
    table: maybe(aWord),
    protocol: maybe(aWord),
    scope: maybe(aWord),
    prefsrc: Text,
    metric: maybe(anInt),
    flags: maybe(listOf(aText)),
    /** IPv6 only: router preference. It tells the families apart where an address does not. */
    pref: Text,
    nexthops: maybe(listOf(Hop)),
  });
type IpRoute = ShapeOf<ReturnType<typeof ipRoute>>;

/**
 * Text of `ip -j -d route show table all`: the routes of both families, told apart by what they name.
 * @param device the one that was asked for: then it is not printed
 */
export function parseRoutes(text: string, device?: string): Parsed<Route> {
  const list = parseList(ipRoute(device), text);
  if (!list.ok) return list;
  const routes = new Map<string, Route>();
  for (const raw of list.value)
    for (const route of toRoutes(raw, familyOf(raw))) routes.set(routeKey(route), route);
  return ok(keyed(routes));
}

export const routeKey = (r: Route): string =>
  `${r.family} ${r.table} ${r.destination} ${r.metric ?? ''} ${r.device ?? ''} ${r.gateway ?? ''}`;

function familyOf(raw: IpRoute): 4 | 6 {
  if (raw.dst.includes(':') || raw.gateway?.includes(':') || raw.pref != null) return 6;
  return 4;
}

/** One route per next hop. */
function toRoutes(raw: IpRoute, family: 4 | 6): Route[] {
  const hops = raw.nexthops?.length
    ? raw.nexthops
    : [{ gateway: raw.gateway, via: raw.via, dev: raw.dev, flags: null }];
  return hops.map((hop) => ({
    family,
    table: String(raw.table ?? 'main'),
    type: raw.type ?? 'unicast',
    destination:
      raw.dst === 'default' || raw.dst.includes('/') ? raw.dst : `${raw.dst}/${family === 4 ? 32 : 128}`,
    gateway: hop.gateway ?? hop.via?.host ?? null,
    device: hop.dev ?? null,
    metric: raw.metric ?? null,
    protocol: raw.protocol == null ? null : String(raw.protocol),
    scope: raw.scope == null ? null : String(raw.scope),
    source: raw.prefsrc ?? null,
    flags: [...(raw.flags ?? []), ...(hop.flags ?? [])],
  }));
}

/** One command for both families: with `table all` and no family, iproute2 prints IPv4 and IPv6. */
export const routesReader: Reader<Route> = {
  what: 'routes',
  argv: ['ip', '-j', '-d', 'route', 'show', 'table', 'all'],
  parse: (text) => parseRoutes(text),
};
export const observeRoutes = (): Promise<Fact<Route>> => readWith(routesReader);
