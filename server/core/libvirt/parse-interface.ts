import type { z } from 'zod';
import type { NicDraft } from '../nics/guest-nics';
import {
  AliasAttributes,
  BootAttributes,
  DriverAttributes,
  InterfaceAttributes,
  LinkAttributes,
  MacAttributes,
  ModelAttributes,
  MtuAttributes,
  PortAttributes,
  TargetAttributes,
} from './interface-attributes';
import { readInterfaceSource } from './parse-interface-source';
import { readBandwidth, readVirtualPort, readVlan } from './parse-port';
import { attributesOf, childrenOf, place, type Reading } from './reading';
import { USER_ALIAS } from './user-alias';
import type { XmlElement } from './xml';

/* One `<interface>` of a domain as a NIC. */

/** Elements that libvirt has, and that a NIC of ours has nowhere to keep. */
const NOT_KEPT: Readonly<Record<string, string>> = {
  filterref: 'Patchbay has no filters of packets',
  coalesce: 'Patchbay does not bundle interrupts',
  tune: 'Patchbay has no size for the send buffer',
  rom: 'Patchbay chooses the ROM',
  acpi: 'Patchbay gives no index of ACPI',
  teaming: 'Patchbay has no pairs of NICs',
  backend: 'Patchbay chooses who carries the packets',
  guest: 'it is for containers and Xen',
  backenddomain: 'it is for Xen',
  ip: 'an address that the host gives to a guest is for containers and for passt',
  route: 'a route that the host gives to a guest is for containers',
  portForward: 'ports are forwarded to the guests of a network, not by one NIC',
};

/** Of `<driver>`. */
const OF_DRIVER = {
  host: 'Patchbay leaves the offloads of cards as they are',
  guest: 'Patchbay leaves the offloads of cards as they are',
};

const ONE = [
  ...['mac', 'source', 'target', 'model', 'driver', 'link', 'mtu', 'boot', 'script', 'downscript'],
  ...['alias', 'address', 'vlan', 'bandwidth', 'virtualport', 'port'],
] as const;

/** How a NIC was read: what its schema shall judge, and what libvirt makes anew and was therefore left out. */
export type ReadInterface = {
  readonly nic: { readonly [field in keyof NicDraft]?: unknown };
  /** Absent: the one for its place. */
  readonly name: string | undefined;
  readonly saysModel: boolean;
  readonly left: readonly string[];
};

export function readInterface(
  r: Reading,
  element: XmlElement,
  { i, model: unsaid }: { readonly i: number; readonly model: NicDraft['model'] },
): ReadInterface {
  const at = ['nics', i];
  place(r, at, element);
  const parts = childrenOf(r, element, { one: ONE, notKept: NOT_KEPT });
  const { trustGuestRxFilters } = attributesOf(r, element, InterfaceAttributes) ?? {};
  const one = <T>(name: keyof typeof parts, fields: readonly string[], schema: z.ZodType<T>): T | null => {
    const child = parts[name];
    if (child === undefined) return null;
    for (const field of fields) place(r, [...at, field], child);
    childrenOf(r, child, { notKept: OF_DRIVER });
    return attributesOf(r, child, schema);
  };
  const source = readInterfaceSource(r, element, parts);
  if (parts.source !== undefined) place(r, [...at, 'source'], parts.source);
  const driver = one('driver', ['queues', 'vhost'], DriverAttributes);
  const model = one('model', ['model'], ModelAttributes)?.type;
  const alias = one('alias', ['name'], AliasAttributes)?.name;
  const named = alias?.startsWith(USER_ALIAS) ? alias.slice(USER_ALIAS.length) : undefined;
  const queues = driver?.queues;
  return {
    name: named,
    saysModel: model !== undefined,
    nic: {
      mac: one('mac', ['mac'], MacAttributes)?.address,
      model: model === undefined ? unsaid : model === 'virtio' ? undefined : model,
      tap: one('target', ['tap'], TargetAttributes)?.dev,
      queues: queues === 1 ? undefined : queues,
      vhost: driver?.name === undefined ? undefined : driver.name === 'vhost',
      link: one('link', ['link'], LinkAttributes)?.state === 'down' ? 'down' : undefined,
      mtu: one('mtu', ['mtu'], MtuAttributes)?.size,
      boot: one('boot', ['boot'], BootAttributes)?.order,
      vlan: readVlan(r, parts.vlan, [...at, 'vlan']),
      bandwidth: readBandwidth(r, parts.bandwidth, [...at, 'bandwidth']),
      virtualPort: readVirtualPort(r, parts.virtualport, [...at, 'virtualPort']),
      isolated: one('port', ['isolated'], PortAttributes)?.isolated,
      trustGuestRxFilters,
      source: source?.is,
    },
    left: [
      ...(parts.address === undefined ? [] : [ADDRESS]),
      ...(alias === undefined || named !== undefined ? [] : ['its alias (<alias>)']),
      ...(source === undefined || source.left.length === 0 ? [] : [`${source.left.join(', ')} in <source>`]),
    ],
  };
}

export const ADDRESS = 'its place on the bus (<address>)';
