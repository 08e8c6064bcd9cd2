import { z } from 'zod';
import type { Fact, Route } from '@/server/core/observed';
import { ok } from '@/server/core/result';
import { keyed, known, type Parsed, parseList, readWith } from './reading';

const Text = z.string().nullish();
const Via = z.object({ host: Text }).nullish();
const Hop = z.object({ gateway: Text, via: Via, dev: Text, flags: z.array(z.string()).nullish() });

const IpRoute = z.object({
  type: Text,
  dst: z.string(),
  gateway: Text,
  via: Via,
  dev: Text,
  table: z.union([z.string(), z.int()]).nullish(),
  protocol: z.union([z.string(), z.int()]).nullish(),
  scope: z.union([z.string(), z.int()]).nullish(),
  prefsrc: Text,
  metric: z.int().nullish(),
  flags: z.array(z.string()).nullish(),
  /** IPv6 only: router preference. It tells the families apart where an address does not. */
  pref: Text,
  nexthops: z.array(Hop).nullish(),
});
type IpRoute = z.infer<typeof IpRoute>;

/** Text of `ip -j -d route show table all`. Without a family the routes of both are told apart by what they name. */
export function parseRoutes(text: string, family?: 4 | 6): Parsed<Route> {
  const list = parseList(IpRoute, text);
  if (!list.ok) return list;
  const routes = new Map<string, Route>();
  for (const raw of list.value)
    for (const route of toRoutes(raw, family ?? familyOf(raw))) routes.set(routeKey(route), route);
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

const reader = (family: 4 | 6) => ({
  what: 'routes',
  argv: ['ip', '-j', '-d', `-${family}`, 'route', 'show', 'table', 'all'],
  parse: (text: string) => parseRoutes(text, family),
});

/** Both families, all tables. A machine without IPv6 prints nothing for it. */
export async function observeRoutes(): Promise<Fact<Route>> {
  const [four, six] = await Promise.all([readWith(reader(4)), readWith(reader(6))]);
  if (!four.known) return four;
  if (!six.known) return six;
  return known(`${four.command}; ${six.command}`, { ...four.value, ...six.value });
}
