import type { Problem } from '../result';
import {
  AddressRange,
  BridgeAttributes,
  DriverAttributes,
  ForwardAttributes,
  NatAttributes,
  PciDevice,
  PfAttributes,
  PoolDevice,
  PortRange,
} from './attributes';
import { attributesOf, childrenOf, place, type Reading, refuseAt } from './reading';
import type { XmlElement } from './xml';

/* `<forward>` and `<bridge>`: together they say how packets leave. */

type Attributes = NonNullable<ReturnType<typeof attributesOf<typeof ForwardAttributes._output>>>;
type Parts = {
  readonly [K in 'nat' | 'pf' | 'driver']?: XmlElement;
} & { readonly [K in 'interface' | 'address']: readonly XmlElement[] };

/** A name for a bridge, after the pattern with `%d` if there is one; null when all are taken. */
export type FreeName = (pattern: string | undefined) => string | null;

/** The fields `forward` and `bridge` of a network; `freeName` is for a bridge that has none. */
export function readForward(
  r: Reading,
  whole: XmlElement,
  {
    forward,
    bridge,
    freeName,
  }: {
    readonly forward?: XmlElement;
    readonly bridge?: XmlElement;
    readonly freeName: FreeName;
  },
): unknown {
  const read = forward === undefined ? { mode: 'none' as const } : readElement(r, forward);
  if (read === null) return undefined;
  switch (read.mode) {
    case 'none':
    case 'nat':
    case 'route':
    case 'open':
      return { forward: read, bridge: readOwnBridge(r, bridge, { whole, freeName }) };
    case 'bridge':
      return { forward: { ...read, ...(bridge === undefined ? {} : readHostBridge(r, bridge)) } };
    default:
      if (bridge !== undefined) refuseAt(r, bridge, `a network in mode ${read.mode} has no bridge.`);
      return { forward: read };
  }
}

function readElement(r: Reading, element: XmlElement) {
  place(r, ['forward'], element);
  const parts = childrenOf(r, element, { one: ['nat', 'pf', 'driver'], many: ['interface', 'address'] });
  const a = attributesOf(r, element, ForwardAttributes);
  if (a === null) return null;
  refuseForeign(r, element, a, parts);
  switch (a.mode) {
    case 'none':
    case 'open':
      if (a.dev !== undefined || parts.interface.length > 0)
        refuseAt(r, element, `a network in mode ${a.mode} has no device to forward to.`);
      return { mode: a.mode };
    case 'nat':
    case 'route': {
      const [dev, ...more] = readDevices(r, element, a.dev, parts.interface);
      if (more.length > 0) refuseAt(r, element, `only one device can be forwarded to in mode ${a.mode}.`);
      return { mode: a.mode, dev, nat: readNat(r, parts.nat) };
    }
    case 'hostdev':
      if (a.dev !== undefined || parts.interface.length > 0)
        refuseAt(r, element, 'the devices of mode hostdev are PCI addresses or a <pf>, not names.');
      return { mode: a.mode, ...readHostdev(r, a, parts) };
    default: {
      const interfaces = readDevices(r, element, a.dev, parts.interface);
      return { mode: a.mode, interfaces: orAbsent(interfaces), pf: readPf(r, parts.pf) };
    }
  }
}

/** What belongs to another mode. */
function refuseForeign(
  r: Reading,
  element: XmlElement,
  { mode, managed, dev }: Attributes,
  parts: Parts,
): void {
  const refuse = (child: XmlElement | undefined, where: string) => {
    if (child !== undefined)
      refuseAt(r, element, `the element <${child.name}> is for ${where}, not for mode ${mode}.`);
  };
  if (mode !== 'nat') refuse(parts.nat, 'mode nat');
  if (mode !== 'hostdev') {
    refuse(parts.address[0], 'mode hostdev');
    refuse(parts.driver, 'mode hostdev');
    if (managed !== undefined)
      refuseAt(r, element, `the attribute managed is for mode hostdev, not for mode ${mode}.`);
  }
  if (['none', 'nat', 'route', 'open'].includes(mode)) refuse(parts.pf, 'pools of devices');
  const named = dev !== undefined || parts.interface.length > 0;
  if ([parts.pf !== undefined, named, parts.address.length > 0].filter(Boolean).length > 1)
    refuseAt(
      r,
      element,
      'its devices come from a <pf>, or have names, or have addresses: one of the three. What a <pf> gave out is state, which net-dumpxml --inactive leaves out.',
    );
}

const orAbsent = <T>(all: readonly T[]): readonly T[] | undefined => (all.length === 0 ? undefined : all);

/** The devices by name; the attribute is the first of them. */
function readDevices(
  r: Reading,
  element: XmlElement,
  dev: string | undefined,
  all: readonly XmlElement[],
): readonly string[] {
  const names = all.flatMap((child, i) => {
    place(r, ['forward', 'interfaces', i], child);
    if (i === 0) place(r, ['forward', 'dev'], child);
    childrenOf(r, child);
    return attributesOf(r, child, PoolDevice)?.dev ?? [];
  });
  if (dev === undefined) return names;
  if (names[0] !== undefined && names[0] !== dev)
    refuseAt(r, element, 'its device must be the first <interface>, because both mean the same.');
  return names.length === 0 ? [dev] : names;
}

function readPf(r: Reading, element: XmlElement | undefined): string | undefined {
  if (element === undefined) return undefined;
  place(r, ['forward', 'pf'], element);
  childrenOf(r, element);
  return attributesOf(r, element, PfAttributes)?.dev;
}

function readHostdev(r: Reading, { managed }: Attributes, parts: Parts): object {
  const { driver } = parts;
  if (driver !== undefined) {
    place(r, ['forward', 'driver'], driver);
    childrenOf(r, driver);
  }
  const named = driver === undefined ? undefined : attributesOf(r, driver, DriverAttributes);
  return {
    managed: managed || undefined,
    driver: named?.name,
    driverModel: named?.model,
    pf: readPf(r, parts.pf),
    addresses: orAbsent(parts.address.map((e, i) => readPci(r, e, ['forward', 'addresses', i]))),
  };
}

function readPci(r: Reading, element: XmlElement, path: Problem['path']): unknown {
  place(r, path, element);
  childrenOf(r, element);
  const a = attributesOf(r, element, PciDevice);
  if (a === null) return undefined;
  const hex = (n: number | undefined, digits: number) => (n ?? 0).toString(16).padStart(digits, '0');
  return {
    domain: hex(a.domain, 4),
    bus: hex(a.bus, 2),
    slot: hex(a.slot, 2),
    function: hex(a.function, 1),
  };
}

function readNat(r: Reading, element: XmlElement | undefined): unknown {
  if (element === undefined) return undefined;
  place(r, ['forward', 'nat'], element);
  const parts = childrenOf(r, element, { one: ['address', 'port'] });
  const nat = {
    ...attributesOf(r, element, NatAttributes),
    address: readPair(r, parts.address, AddressRange),
    port: readPair(r, parts.port, PortRange),
  };
  return Object.values(nat).every((v) => v === undefined) ? undefined : nat;
}

function readPair(
  r: Reading,
  element: XmlElement | undefined,
  schema: typeof AddressRange | typeof PortRange,
): unknown {
  if (element === undefined) return undefined;
  place(r, ['forward', 'nat', element.name], element);
  childrenOf(r, element);
  return attributesOf<unknown>(r, element, schema);
}

function readOwnBridge(
  r: Reading,
  element: XmlElement | undefined,
  { whole, freeName }: { readonly whole: XmlElement; readonly freeName: FreeName },
): unknown {
  const { name, stp, delay, ...more } = element === undefined ? {} : readBridge(r, element);
  const free = name === undefined || name.includes('%d') ? freeName(name) : name;
  if (free === null) refuseAt(r, element ?? whole, 'all names that its bridge could have are taken.');
  return { name: free, stp: stp !== 'off', delay: delay || undefined, ...more };
}

function readHostBridge(r: Reading, element: XmlElement): object {
  const { name, macTableManager, stp, delay, zone } = readBridge(r, element);
  if (stp !== undefined || zone !== undefined || (delay ?? 0) > 0)
    refuseAt(
      r,
      element,
      'stp, delay and zone are for bridges that a network makes, not for one of the host.',
    );
  return { bridge: name, macTableManager };
}

function readBridge(r: Reading, element: XmlElement): Partial<typeof BridgeAttributes._output> {
  place(r, ['bridge'], element);
  place(r, ['forward', 'bridge'], element);
  childrenOf(r, element);
  return attributesOf(r, element, BridgeAttributes) ?? {};
}
