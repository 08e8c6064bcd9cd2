import type { Problem } from '../result';
import {
  AddressRange,
  BootpAttributes,
  DhcpHostAttributes,
  IpAttributes,
  LeaseAttributes,
  NoAttributes,
  RouteAttributes,
  TftpAttributes,
} from './attributes';
import { attributesOf, childrenOf, place, type Reading, refuseAt } from './reading';
import { defaultPrefix, prefixOfNetmask } from './written';
import type { XmlElement } from './xml';

/* `<ip>` and `<route>`. What comes back is not checked yet: the schema of a network does that. */

type Path = Problem['path'];

export function readIp(r: Reading, element: XmlElement, path: Path): unknown {
  place(r, path, element);
  const parts = childrenOf(r, element, { one: ['dhcp', 'tftp'] });
  const a = attributesOf(r, element, IpAttributes);
  const tftp = parts.tftp === undefined ? undefined : only(r, parts.tftp, TftpAttributes, [...path, 'tftp']);
  const dhcp = parts.dhcp === undefined ? undefined : readDhcp(r, parts.dhcp, [...path, 'dhcp']);
  if (a === null) return undefined;
  const { address, localPtr } = a;
  return { address, ...prefixOf(r, element, a), localPtr, tftp: tftp?.root, dhcp };
}

/** An element that has attributes and nothing in it. */
function only<T>(
  r: Reading,
  element: XmlElement,
  schema: Parameters<typeof attributesOf<T>>[2],
  path: Path,
): T | null {
  place(r, path, element);
  childrenOf(r, element);
  return attributesOf(r, element, schema);
}

type Written = {
  readonly address: string;
  readonly netmask?: string | undefined;
  readonly prefix?: number | undefined;
  readonly family?: 'ipv4' | 'ipv6' | undefined;
};

/** The length of the prefix, and how it was said where that is not the usual way. */
function prefixOf(r: Reading, element: XmlElement, a: Written): { prefix?: number; written?: object } {
  const isRoute = element.name === 'route';
  const v6 = a.address.includes(':');
  if (v6 && a.family !== 'ipv6') refuseAt(r, element, "an IPv6 address needs family='ipv6'.");
  if (!v6 && a.family === 'ipv6') refuseAt(r, element, "family='ipv6' needs an IPv6 address.");
  if (a.netmask !== undefined && a.prefix !== undefined)
    refuseAt(r, element, 'it has a netmask and a prefix: one of them is enough.');
  const family = !v6 && a.family !== undefined ? { family: true } : {};
  const told = (prefix: number, how?: 'prefix' | 'none') => {
    const written = { ...family, ...(how === undefined ? {} : { prefix: how }) };
    return { prefix, ...(Object.keys(written).length === 0 ? {} : { written }) };
  };
  if (a.netmask !== undefined) {
    const prefix = v6 ? null : prefixOfNetmask(a.netmask);
    if (v6) refuseAt(r, element, 'a netmask is for IPv4: an IPv6 address has a prefix.');
    else if (prefix === null)
      refuseAt(r, element, 'attribute netmask: it must be a netmask, like 255.255.255.0.');
    return prefix === null ? {} : told(prefix);
  }
  // For an address 0 says nothing, for a route it is the default route.
  if (a.prefix !== undefined && (isRoute || a.prefix > 0)) return told(a.prefix, v6 ? undefined : 'prefix');
  const prefix = isRoute ? 0 : defaultPrefix(a.address);
  if (prefix !== null) return told(prefix, 'none');
  refuseAt(r, element, 'its address has no class to take a prefix from: give a netmask or a prefix.');
  return {};
}

function readDhcp(r: Reading, element: XmlElement, path: Path): unknown {
  place(r, path, element);
  attributesOf(r, element, NoAttributes);
  const parts = childrenOf(r, element, { one: ['bootp'], many: ['range', 'host'] });
  const bootp =
    parts.bootp === undefined ? undefined : only(r, parts.bootp, BootpAttributes, [...path, 'bootp']);
  if (bootp === undefined && parts.range.length + parts.host.length === 0) return undefined;
  return {
    ranges: parts.range.map((e, i) => readRange(r, e, [...path, 'ranges', i])),
    hosts: parts.host.map((e, i) => readHost(r, e, [...path, 'hosts', i])),
    bootp,
  };
}

function readRange(r: Reading, element: XmlElement, path: Path): unknown {
  place(r, path, element);
  const { lease } = childrenOf(r, element, { one: ['lease'] });
  return { ...attributesOf(r, element, AddressRange), lease: readLease(r, lease, [...path, 'lease']) };
}

function readHost(r: Reading, element: XmlElement, path: Path): unknown {
  place(r, path, element);
  const { lease } = childrenOf(r, element, { one: ['lease'] });
  const { id, ...known } = attributesOf(r, element, DhcpHostAttributes) ?? {};
  return { ...known, duid: id, lease: readLease(r, lease, [...path, 'lease']) };
}

function readLease(r: Reading, element: XmlElement | undefined, path: Path): unknown {
  if (element === undefined) return undefined;
  const lease = only(r, element, LeaseAttributes, path);
  // For ever has no unit.
  return lease?.expiry === 0 ? { expiry: 0, unit: 'minutes' } : lease;
}

export function readRoute(r: Reading, element: XmlElement, path: Path): unknown {
  const a = only(r, element, RouteAttributes, path);
  if (a === null) return undefined;
  const { address, gateway, metric } = a;
  return { address, ...prefixOf(r, element, a), gateway, metric };
}
