import type { Action } from '../change';
import { blockOf, blockText, familyOf } from '../ip';
import type { Bond, HostBridge, HostLink, LinkRoute, Tap } from '../kinds/link';
import type { Link, Route } from '../observed-items';

/*
 * Links of the host as lines of `ip -batch`: several of them are one action, and between two of them no time passes.
 */

/** The mark by which we know our own, `patchbay-link:KIND:NAME`; networks' bridges have another one. */
const LINK_MARK = 'patchbay-link:';
export const markOf = ({ kind, name }: { readonly kind: string; readonly name: string }): string =>
  `${LINK_MARK}${kind}:${name}`;
export const isOurLink = (link: Link): boolean => link.alias === markOf({ ...link, kind: kindOf(link) });

/** What kind of link people would call it. */
export const kindOf = (link: Pick<Link, 'kind' | 'tap'>): string =>
  link.tap?.mode === 'tap' ? 'tap' : link.kind;

/** Is this interface the one that is meant? */
export const isThat = (
  { kind, name }: { readonly kind: string; readonly name: string },
  link: Pick<Link, 'kind' | 'name' | 'tap'>,
): boolean => name === link.name && kind === kindOf(link);

/** Devices that become part of it: a bridge's uplinks, a bond's members. */
export function portsIn(link: HostLink): readonly string[] {
  if (link.kind === 'bridge') return link.uplinks ?? [];
  return link.kind === 'bond' ? link.members : [];
}

/** Devices that must be there before it. */
export const lowersOf = (link: HostLink): readonly string[] =>
  link.kind === 'vlan' ? [link.device] : portsIn(link);

/** Where a device is named in a link, for a form. */
export function pathOf(link: HostLink, device: string): readonly (string | number)[] {
  if (link.kind === 'vlan') return ['device'];
  return [link.kind === 'bridge' ? 'uplinks' : 'members', Math.max(0, portsIn(link).indexOf(device))];
}

/** What a device is to a link, in the middle of a sentence. */
export const roleIn = (link: HostLink): string =>
  ({ bridge: 'an uplink', bond: 'a member', vlan: 'the device', tap: 'a tap' })[link.kind];

/** What stands on others comes after them, whatever the order in the records; of a loop, in some order. */
export function inOrder(links: readonly HostLink[]): readonly HostLink[] {
  const done = new Set<HostLink>();
  const visit = (link: HostLink, path: readonly HostLink[]) => {
    if (done.has(link) || path.includes(link)) return;
    for (const name of lowersOf(link))
      for (const lower of links.filter((l) => l.name === name)) visit(lower, [...path, link]);
    done.add(link);
  };
  for (const link of [...links].sort((a, b) => (a.name < b.name ? -1 : 1))) visit(link, []);
  return [...done];
}

/** Everything in one process; nothing after a failure. */
export const batch = (lines: readonly string[], tool: 'ip' | 'bridge' = 'ip'): Action => ({
  do: 'run',
  tool,
  args: ['-batch', '-'],
  stdin: `${lines.join('\n')}\n`,
});

/** For inverses: what is as it should be already does not keep the rest from being put back. */
export const forcedBatch = (lines: readonly string[]): Action => ({
  do: 'run',
  tool: 'ip',
  args: ['-force', '-batch', '-'],
  stdin: `${lines.join('\n')}\n`,
});

/** Hundredths of a second. With STP a port listens and learns for that long; 2 s is the least the kernel takes then. */
export const delayOf = ({ delay, stp }: HostBridge): number => (delay ?? (stp ? 2 : 0)) * 100;

/** Milliseconds between looks at the carrier; without any a bond would not notice a lost cable. */
export const miimonOf = ({ miimon }: Bond): number => miimon ?? 100;

export const BOND_OPTIONS = {
  miimon: 'miimon',
  primary: 'primary',
  lacpRate: 'lacp_rate',
  hashPolicy: 'xmit_hash_policy',
} as const;

/** The lines that make it, without ports, addresses and routes. `mac` is what it takes unless it has its own. */
export function createLines(link: HostLink, mac: string | null): readonly string[] {
  const address = link.mac ?? (link.kind === 'bridge' ? mac : null);
  if (link.kind === 'tap') return tapLines(link, link.mac ?? null);
  const common = `${link.name}${address === null ? '' : ` address ${address}`}`;
  return [
    `link add ${link.kind === 'vlan' ? `link ${link.device} ` : ''}name ${common} type ${typeOf(link)}`,
    // What was here before us never had a mark, and gets none when it has to be made again.
    ...(link.adopted ? [] : [`link set dev ${link.name} alias ${markOf(link)}`]),
    ...(link.mtu === undefined ? [] : [`link set dev ${link.name} mtu ${link.mtu}`]),
    // A bond takes members first.
    ...(link.kind === 'bond' ? [] : [`link set dev ${link.name} up`]),
  ];
}

type TapLike = Pick<Tap, 'user' | 'group' | 'multiQueue' | 'vnetHdr'>;

/** The line that makes a tap; only this tool makes one that stays. */
export const tapLine = (name: string, { user, group, multiQueue, vnetHdr }: TapLike): string =>
  [
    `tuntap add dev ${name} mode tap`,
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(group === undefined ? [] : [`group ${group}`]),
    ...(multiQueue ? ['multi_queue'] : []),
    ...(vnetHdr ? ['vnet_hdr'] : []),
  ].join(' ');

const tapLines = (link: Tap, mac: string | null): readonly string[] => [
  tapLine(link.name, link),
  ...(mac === null ? [] : [`link set dev ${link.name} address ${mac}`]),
  ...(link.adopted ? [] : [`link set dev ${link.name} alias ${markOf(link)}`]),
  ...(link.mtu === undefined ? [] : [`link set dev ${link.name} mtu ${link.mtu}`]),
  `link set dev ${link.name} up`,
];

function typeOf(link: Exclude<HostLink, Tap>): string {
  if (link.kind === 'vlan') return `vlan protocol ${link.protocol ?? '802.1Q'} id ${link.id}`;
  if (link.kind === 'bridge')
    return [
      `bridge forward_delay ${delayOf(link)} stp_state ${link.stp ? 1 : 0}`,
      ...(link.vlanAware === undefined ? [] : ['vlan_filtering 1']),
    ].join(' ');
  return [
    `bond mode ${link.mode} miimon ${miimonOf(link)}`,
    ...(link.lacpRate === undefined ? [] : [`lacp_rate ${link.lacpRate}`]),
    ...(link.hashPolicy === undefined ? [] : [`xmit_hash_policy ${link.hashPolicy}`]),
  ].join(' ');
}

export type CidrAddress = { readonly address: string; readonly prefix: number; readonly scope?: string };

export function addressLine(verb: 'add' | 'del', device: string, a: CidrAddress): string {
  const line = `address ${verb} ${a.address}/${a.prefix}`;
  if (verb === 'del') return `${line} dev ${device}`;
  const scope = a.scope === undefined || a.scope === 'global' ? '' : ` scope ${a.scope}`;
  // Without carrier, duplicate address detection never ends, and an address that only moves is nobody else's.
  if (familyOf(a.address) === 6) return `${line} dev ${device}${scope} nodad`;
  return `${line}${a.prefix < 31 ? ' broadcast +' : ''} dev ${device}${scope}`;
}

/** `default`, or a prefix in CIDR notation as `ip` prints it; the destination of a route that people wrote. */
export function destinationOf({ to }: LinkRoute): string {
  if (to === undefined) return 'default';
  const block = blockOf(to.address, to.prefix);
  return block === null ? `${to.address}/${to.prefix}` : blockText(block);
}

/** The kernel's, where none is given. */
const DEFAULT_METRIC = { 4: 0, 6: 1024 } as const;

/** Is this the route that people wrote, by way of this device? */
export const isRoute = (route: LinkRoute, seen: Route): boolean => {
  const family = familyOf(route.gateway);
  const metric = route.metric ?? DEFAULT_METRIC[family];
  return (
    sameWay(route, seen) && seen.type === 'unicast' && (seen.metric ?? DEFAULT_METRIC[seen.family]) === metric
  );
};

/** The same destination by the same gateway, whatever the metric. */
export const sameWay = (route: LinkRoute, seen: Route): boolean =>
  ['main', '254'].includes(seen.table) &&
  seen.family === familyOf(route.gateway) &&
  seen.destination === destinationOf(route) &&
  seen.gateway === route.gateway;

/** A route that people wrote; what they cannot write (protocol, source) is as it was by way of another device. */
export function routeOf(route: LinkRoute, link: HostLink, like: Route | undefined): Route {
  return {
    family: familyOf(route.gateway),
    table: 'main',
    type: 'unicast',
    destination: destinationOf(route),
    gateway: route.gateway,
    device: link.name,
    metric: route.metric ?? null,
    // Who gave out the old one (a DHCP client, a router) looks after its own device only.
    protocol: like?.protocol === 'ra' ? 'static' : (like?.protocol ?? 'static'),
    scope: null,
    // The kernel takes none that the host does not have.
    source: link.addresses?.find((a) => a.address === like?.source)?.address ?? null,
    flags: like?.flags.includes('onlink') ? ['onlink'] : [],
  };
}

export function routeLine(verb: 'add' | 'del', r: Route): string {
  // `default` alone would be taken for IPv4.
  const to = r.destination === 'default' && r.family === 6 ? '::/0' : r.destination;
  const via =
    r.gateway === null ? '' : ` via ${r.family === 4 && r.gateway.includes(':') ? 'inet6 ' : ''}${r.gateway}`;
  return [
    `route ${verb} ${to}${via} dev ${r.device ?? ''} table ${r.table}`,
    ...(r.protocol === null ? [] : [`proto ${r.protocol}`]),
    ...(r.family === 4 && r.scope !== null ? [`scope ${r.scope}`] : []),
    ...(r.source === null ? [] : [`src ${r.source}`]),
    ...(r.metric === null ? [] : [`metric ${r.metric}`]),
    ...(verb === 'add' && r.flags.includes('onlink') ? ['onlink'] : []),
    // A router says it again before that; until then, it is not kept for ever.
    ...(verb === 'add' && r.protocol === 'ra' ? ['expires 1800'] : []),
  ].join(' ');
}
