import type { Desired } from './change';
import { isOurLink } from './compile/link';
import { IfName, IpAddress } from './ids';
import { parseBlock, toAddress } from './ip';
import type { Bond, HostBridge, HostLink, LinkAddress, LinkRoute, Tap, VlanDevice } from './kinds/link';
import { items, type Link, type Observed, type Route } from './observed';

/** Devices that may be an uplink, a member, or what a VLAN stands on: not loopback, taps, or networks' own bridges. */
export function usableDevices(
  desired: Desired,
  observed: Observed,
  kind: HostLink['kind'],
): readonly string[] {
  if (kind === 'tap') return bridgesFor(desired, observed);
  const bridges = new Set(desired.networks.flatMap((n) => n.bridge?.name ?? []));
  const fits = (l: Link) =>
    !['loopback', 'tun', 'macvtap', 'openvswitch'].includes(l.kind) &&
    !bridges.has(IfName.parse(l.name)) &&
    !l.alias?.startsWith('patchbay:') &&
    (kind === 'vlan' || l.kind !== 'bridge') &&
    !isGuestPort(l);
  const seen = items(observed.links).filter((l) => IfName.safeParse(l.name).success && fits(l));
  const defined = desired.links.filter((l) => l.kind !== 'tap' && (kind === 'vlan' || l.kind !== 'bridge'));
  return [...new Set([...seen.map((l) => l.name), ...defined.map((l) => l.name)])].sort();
}

/** The outer end of a guest's own cable: in a bridge, and the other end somewhere else. */
const isGuestPort = (l: Link): boolean =>
  l.kind === 'veth' && l.master !== null && !isOurLink(l) && l.mac?.startsWith('fe:') === true;

const free = (stem: string, desired: Desired, observed: Observed): IfName => {
  const taken = new Set<string>([
    ...items(observed.links).map((l) => l.name),
    ...desired.links.map((l) => l.name),
  ]);
  let n = 0;
  while (taken.has(`${stem}${n}`)) n++;
  return IfName.parse(`${stem}${n}`);
};

/** A bridge by the next free name; of an uplink it takes the addresses and routes, so that nothing is lost. */
export function suggestBridge(desired: Desired, observed: Observed, uplink: string | null): HostBridge {
  const name = free('br', desired, observed);
  const link = observed.links.known && uplink !== null ? observed.links.value[uplink] : undefined;
  if (link === undefined) return { kind: 'bridge', name, stp: false };
  const addresses = link.addresses
    .filter((a) => a.scope !== 'link' && a.scope !== 'host' && !(a.family === 6 && a.dynamic))
    .map((a): LinkAddress => ({ address: IpAddress.parse(a.address), prefix: a.prefix }));
  const routes = addresses.length === 0 ? [] : items(observed.routes).flatMap((r) => routeOn(r, link.name));
  return {
    kind: 'bridge',
    name,
    uplinks: [IfName.parse(link.name)],
    stp: false,
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(routes.length > 0 ? { routes } : {}),
  };
}

function routeOn(r: Route, device: string): readonly LinkRoute[] {
  if (r.device !== device || r.type !== 'unicast' || !['main', '254'].includes(r.table)) return [];
  if (r.gateway === null || ['kernel', 'ra', 'redirect'].includes(r.protocol ?? '')) return [];
  const block = parseBlock(r.destination);
  if (r.destination !== 'default' && block === null) return [];
  const usual = r.family === 6 ? 1024 : 0;
  return [
    {
      ...(block === null
        ? {}
        : { to: { address: IpAddress.parse(toAddress(block.first, block.family)), prefix: block.prefix } }),
      gateway: IpAddress.parse(r.gateway),
      ...(r.metric === null || r.metric === usual ? {} : { metric: r.metric }),
    },
  ];
}

export function suggestVlan(desired: Desired, observed: Observed, device: string | null): VlanDevice {
  const on = device ?? usableDevices(desired, observed, 'vlan')[0] ?? 'eth0';
  const taken = new Set([
    ...items(observed.links).flatMap((l) => (l.lower?.name === on && l.vlan !== null ? [l.vlan.id] : [])),
    ...desired.links.flatMap((l) => (l.kind === 'vlan' && l.device === on ? [l.id] : [])),
  ]);
  let id = 10;
  while (taken.has(id) && id < 4094) id++;
  return { kind: 'vlan', name: IfName.parse(`${on.slice(0, 10)}.${id}`), device: IfName.parse(on), id };
}

export const suggestTap = (desired: Desired, observed: Observed, bridge: string | null): Tap => ({
  kind: 'tap',
  name: free('tap', desired, observed),
  ...(bridge === null ? {} : { bridge: IfName.parse(bridge) }),
});

/** Bridges that a tap can be plugged into: those there are, and those that are defined. */
export function bridgesFor(desired: Desired, observed: Observed): readonly string[] {
  const seen = items(observed.links).filter((l) => l.kind === 'bridge' && IfName.safeParse(l.name).success);
  return [
    ...new Set([
      ...seen.map((l) => l.name),
      ...items(observed.ovsBridges).flatMap((b) => (IfName.safeParse(b.name).success ? [b.name] : [])),
      ...desired.links.flatMap((l) => (l.kind === 'bridge' ? [l.name] : [])),
      ...desired.networks.flatMap((n) => (n.bridge ? [n.bridge.name] : [])),
    ]),
  ].sort();
}

export function suggestBond(desired: Desired, observed: Observed, member: string | null): Bond {
  const members = member === null ? [] : [IfName.parse(member)];
  return { kind: 'bond', name: free('bond', desired, observed), members, mode: 'active-backup' };
}
