import type { Problem } from '../result';
import {
  InboundAttributes,
  NoAttributes,
  OutboundAttributes,
  ParametersAttributes,
  PortgroupAttributes,
  TagAttributes,
  VirtualPortAttributes,
  VlanAttributes,
} from './attributes';
import { attributesOf, childrenOf, place, type Reading, refuseAt } from './reading';
import type { XmlElement } from './xml';

/* What a network and a portgroup both have. */

type Path = Problem['path'];

export function readVlan(r: Reading, element: XmlElement | undefined, path: Path): unknown {
  if (element === undefined) return undefined;
  place(r, path, element);
  const { tag } = childrenOf(r, element, { many: ['tag'] });
  const { trunk } = attributesOf(r, element, VlanAttributes) ?? {};
  if (trunk === false && tag.length > 1) refuseAt(r, element, "more than one tag needs trunk='yes'.");
  const tags = tag.map((child, i) => {
    place(r, [...path, 'tags', i], child);
    childrenOf(r, child);
    return attributesOf(r, child, TagAttributes);
  });
  if (trunk === false && tags.some((t) => t?.nativeMode !== undefined))
    refuseAt(r, element, "a native VLAN does not go with trunk='no'.");
  return { trunk: trunk || tag.length > 1 || undefined, tags };
}

export function readBandwidth(r: Reading, element: XmlElement | undefined, path: Path): unknown {
  if (element === undefined) return undefined;
  place(r, path, element);
  attributesOf(r, element, NoAttributes);
  const parts = childrenOf(r, element, { one: ['inbound', 'outbound'] });
  const limit = (child: XmlElement | undefined) => {
    if (child === undefined) return undefined;
    place(r, [...path, child.name], child);
    childrenOf(r, child);
    const schema = child.name === 'inbound' ? InboundAttributes : OutboundAttributes;
    return attributesOf<object>(r, child, schema) ?? {};
  };
  const [inbound, outbound] = [limit(parts.inbound), limit(parts.outbound)];
  return inbound === undefined && outbound === undefined ? undefined : { inbound, outbound };
}

export function readVirtualPort(r: Reading, element: XmlElement | undefined, path: Path): unknown {
  if (element === undefined) return undefined;
  place(r, path, element);
  const { parameters } = childrenOf(r, element, { one: ['parameters'] });
  const { type } = attributesOf(r, element, VirtualPortAttributes) ?? {};
  if (parameters === undefined) return type === undefined ? undefined : { type };
  for (const key of PARAMETERS) place(r, [...path, key], parameters);
  childrenOf(r, parameters);
  const p = attributesOf(r, parameters, ParametersAttributes) ?? {};
  const port = {
    type,
    managerId: p.managerid,
    typeId: p.typeid,
    typeIdVersion: p.typeidversion,
    instanceId: p.instanceid === undefined ? undefined : dashed(p.instanceid),
    profileId: p.profileid,
    interfaceId: p.interfaceid === undefined ? undefined : dashed(p.interfaceid),
  };
  return Object.values(port).every((v) => v === undefined) ? undefined : port;
}
const PARAMETERS = ['managerId', 'typeId', 'typeIdVersion', 'instanceId', 'profileId', 'interfaceId'];

/** A UUID may be written without its dashes. */
export const dashed = (uuid: string): string =>
  uuid
    .trim()
    .replace(/^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i, '$1-$2-$3-$4-$5');

export function readPortgroup(r: Reading, element: XmlElement, path: Path): unknown {
  place(r, path, element);
  const parts = childrenOf(r, element, { one: ['vlan', 'bandwidth', 'virtualport'] });
  const a = attributesOf(r, element, PortgroupAttributes);
  return {
    ...a,
    default: a?.default || undefined,
    vlan: readVlan(r, parts.vlan, [...path, 'vlan']),
    bandwidth: readBandwidth(r, parts.bandwidth, [...path, 'bandwidth']),
    virtualPort: readVirtualPort(r, parts.virtualport, [...path, 'virtualPort']),
  };
}
