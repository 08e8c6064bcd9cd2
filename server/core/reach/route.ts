import { type Family, parseBlock, toNumber } from '../ip';
import { items, type Observed, type Route, type Rule } from '../observed';
import type { Evidence } from './report';

/* Where the kernel sends a packet: rules by priority, then the longest prefix of the table, as ip-rule(8) has it. */

export type Routed =
  /** The host's own address. */
  | { readonly to: 'local' }
  | { readonly to: 'device'; readonly device: string; readonly gateway: string | null; readonly route: Route }
  /** `unreachable`, `prohibit`, `blackhole`, or null: no route at all. */
  | { readonly to: 'nowhere'; readonly type: string | null }
  | { readonly to: 'unknown'; readonly why: string };

export type RouteAsked = {
  readonly family: Family;
  readonly from: string | null;
  readonly to: string;
  readonly iif: string | null;
};

const REFUSING = ['unreachable', 'prohibit', 'blackhole', 'throw'];

/** The best route of a table, of those whose interface is up. */
export function lookUp(
  routes: readonly Route[],
  { family, to }: Pick<RouteAsked, 'family' | 'to'>,
  usable: (route: Route) => boolean,
): Route | null {
  let best: { route: Route; prefix: number } | null = null;
  for (const route of routes) {
    if (route.family !== family || !usable(route)) continue;
    const prefix = prefixFor(route, to, family);
    if (prefix === null) continue;
    const better =
      best === null ||
      prefix > best.prefix ||
      (prefix === best.prefix && (route.metric ?? 0) < (best.route.metric ?? 0));
    if (better) best = { route, prefix };
  }
  return best?.route ?? null;
}

function prefixFor({ destination }: Route, to: string, family: Family): number | null {
  if (destination === 'default') return 0;
  const block = parseBlock(destination);
  const value = toNumber(to);
  if (block === null || value === null || block.family !== family) return null;
  return value >= block.first && value <= block.last ? block.prefix : null;
}

/** Does a rule's selector take this packet? Null: it asks for what is not known here. */
function selects({ selector }: Rule, asked: RouteAsked): boolean | null {
  const words = selector.split(' ');
  const inverted = words[0] === 'not';
  let fits: boolean | null = true;
  for (let i = inverted ? 1 : 0; i < words.length; i += 2) {
    const [key, value = ''] = [words[i], words[i + 1]];
    const one =
      key === 'from'
        ? inside(value, asked.from)
        : key === 'to'
          ? inside(value, asked.to)
          : key === 'iif'
            ? value === (asked.iif ?? 'lo')
            : null;
    if (one === false) {
      fits = false;
      break;
    }
    if (one === null) fits = null;
  }
  return fits === null ? null : fits !== inverted;
}

function inside(block: string, address: string | null): boolean | null {
  if (block === 'all') return true;
  const parsed = parseBlock(block);
  const value = address === null ? null : toNumber(address);
  return parsed === null || value === null ? null : value >= parsed.first && value <= parsed.last;
}

/** Asks the routes of a host, as `ip route get` would answer. */
export function route(observed: Observed, asked: RouteAsked): Routed {
  if (!observed.routes.known)
    return { to: 'unknown', why: `its routes are not known: ${observed.routes.why}` };
  if (!observed.rules.known)
    return { to: 'unknown', why: `its routing rules are not known: ${observed.rules.why}` };
  const links = observed.links.known ? observed.links.value : {};
  const routes = items(observed.routes);
  const rules = items(observed.rules)
    .filter((r) => r.family === asked.family)
    .sort((a, b) => a.priority - b.priority);
  const usable = (r: Route) => r.device === null || links[r.device]?.up !== false;
  for (const rule of rules.length > 0 ? rules : USUAL) {
    const fits = selects(rule, asked);
    if (fits === false) continue;
    if (fits === null)
      return {
        to: 'unknown',
        why: `whether rule ${rule.priority} ("${rule.selector}") applies is not known`,
      };
    const [verb, table = ''] = rule.action.split(' ');
    if (verb !== 'lookup') {
      if (REFUSING.includes(rule.action)) return { to: 'nowhere', type: rule.action };
      if (rule.action === 'nop') continue;
      return { to: 'unknown', why: `rule ${rule.priority} says "${rule.action}"` };
    }
    const found = lookUp(
      routes.filter((r) => r.table === table),
      asked,
      usable,
    );
    if (found === null) continue;
    const suppress = /suppress_prefixlength (\d+)/.exec(rule.action)?.[1];
    if (suppress !== undefined && (prefixFor(found, asked.to, asked.family) ?? 0) <= Number(suppress))
      continue;
    if (found.type === 'throw') continue;
    return routedBy(found);
  }
  return { to: 'nowhere', type: null };
}

/** What every network stack begins with. */
const USUAL: readonly Rule[] = ['local', 'main', 'default'].map((table, i) => ({
  ...{ family: 4, priority: i, selector: 'from all', action: `lookup ${table}` },
}));

function routedBy(found: Route): Routed {
  if (found.type === 'local') return { to: 'local' };
  if (REFUSING.includes(found.type)) return { to: 'nowhere', type: found.type };
  if (found.device === null)
    return { to: 'unknown', why: `the route to ${found.destination} names no device` };
  return { to: 'device', device: found.device, gateway: found.gateway, route: found };
}

export const routeCommand = ({ family, from, to, iif }: RouteAsked): string =>
  `ip ${family === 6 ? '-6 ' : ''}route get ${to}${from === null ? '' : ` from ${from}`}${iif === null ? '' : ` iif ${iif}`}`;

export function routeEvidence(asked: RouteAsked, routed: Routed): Evidence {
  const output =
    routed.to === 'device'
      ? `${routed.route.destination}${routed.gateway === null ? '' : ` via ${routed.gateway}`} dev ${routed.device} table ${routed.route.table}`
      : routed.to === 'nowhere'
        ? (routed.type ?? 'no route')
        : routed.to === 'local'
          ? 'local'
          : routed.why;
  return { command: routeCommand(asked), output };
}

/** A setting of a device: the device's own, or else that of all. */
export function perDevice(observed: Observed, device: string, name: (d: string) => string): string | null {
  if (!observed.sysctls.known) return null;
  return observed.sysctls.value[name(device.replaceAll('.', '/'))]?.value ?? null;
}

/** Does a device forward this family? Null: not known. IPv4: the device that a packet comes in by is asked. */
export function forwards(observed: Observed, device: string, family: Family): boolean | null {
  const value =
    family === 4
      ? (perDevice(observed, device, (d) => `net.ipv4.conf.${d}.forwarding`) ??
        perDevice(observed, device, () => 'net.ipv4.ip_forward'))
      : perDevice(observed, device, () => 'net.ipv6.conf.all.forwarding');
  return value === null ? null : value !== '0';
}

/** 0: not checked; 1: strict; 2: loose. The higher of the device's and of `all`'s counts (ip-sysctl). Null: not known. */
export function reversePathFilter(observed: Observed, device: string): number | null {
  const own = perDevice(observed, device, (d) => `net.ipv4.conf.${d}.rp_filter`);
  const all = perDevice(observed, device, () => 'net.ipv4.conf.all.rp_filter');
  return own === null || all === null ? null : Math.max(Number(own), Number(all));
}
