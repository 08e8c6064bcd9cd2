import { short } from '../short';
import {
  BridgeSource,
  DirectSource,
  EndSource,
  ListenSource,
  NetworkSource,
  ScriptAttributes,
} from './interface-attributes';
import { attributesOf, childrenOf, place, type Reading, refuseAt } from './reading';
import type { XmlElement } from './xml';

/* What an `<interface>` is plugged into, by its type. */

/** Types of libvirt that no NIC of ours can be, and why. */
const NOT_OURS: Readonly<Record<string, string>> = {
  hostdev: 'it passes a device of the host through to the guest',
  vhostuser: 'its packets go past the kernel, through shared memory of another program',
  vdpa: 'it is a device of the host that speaks virtio itself',
  internal: 'it is a network of VirtualBox',
  vds: 'it is a switch of VMware',
  null: 'it is plugged into nothing',
};
const OURS = ['network', 'bridge', 'ethernet', 'user', 'server', 'client', 'mcast', 'udp', 'direct'] as const;

export type SourceParts = {
  readonly source?: XmlElement;
  readonly script?: XmlElement;
  readonly downscript?: XmlElement;
};

export type InterfaceSource = {
  readonly is: unknown;
  /** Attributes that only running guests have, and that were left out. */
  readonly left: readonly string[];
};

const kept = (is: unknown): InterfaceSource => ({ is, left: [] });

/** Undefined when it was refused. */
export function readInterfaceSource(
  r: Reading,
  element: XmlElement,
  parts: SourceParts,
): InterfaceSource | undefined {
  const wanted = element.attributes.type ?? '';
  const type = OURS.find((t) => t === wanted);
  if (type === undefined) {
    const why = NOT_OURS[wanted];
    const known = `a NIC is of type ${OURS.slice(0, -1).join(', ')} or ${OURS.at(-1)}.`;
    if (wanted !== '')
      refuseAt(
        r,
        element,
        why === undefined ? `type ${short(wanted)}: ${known}` : `type ${wanted} cannot be kept: ${why}.`,
      );
    return undefined;
  }
  if (type !== 'ethernet')
    for (const script of [parts.script, parts.downscript])
      if (script !== undefined)
        refuseAt(r, script, `only a NIC of type ethernet has one, and this one is of type ${type}.`);
  if (type === 'ethernet') return readEthernet(r, parts);
  if (type === 'user') return readUser(r, parts);
  const { source } = parts;
  if (source === undefined) {
    refuseAt(r, element, 'the element <source> is needed.');
    return undefined;
  }
  const { local } = childrenOf(r, source, { one: type === 'udp' ? ['local'] : [] });
  switch (type) {
    case 'network':
      return readNetwork(r, source);
    case 'bridge':
      return source.attributes.network === undefined ? readBridge(r, source) : readNetwork(r, source);
    case 'direct':
      return source.attributes.network === undefined ? readDirect(r, source) : readNetwork(r, source);
    case 'server': {
      const end = attributesOf(r, source, ListenSource);
      // Without an address QEMU listens at all of them.
      return kept({ type, ...end, address: end?.address ?? '0.0.0.0' });
    }
    case 'client':
    case 'mcast':
      return kept({ type, ...attributesOf(r, source, EndSource) });
    case 'udp':
      return readUdp(r, source, local);
  }
}

/** A running guest's network says what it was: type bridge or direct, with the bridge or device. */
function readNetwork(r: Reading, source: XmlElement): InterfaceSource {
  const { network, portgroup, ...live } = attributesOf(r, source, NetworkSource) ?? {};
  const left = Object.entries(live).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return { is: { type: 'network', network, portgroup }, left };
}

function readBridge(r: Reading, source: XmlElement): InterfaceSource {
  const said = attributesOf(r, source, BridgeSource);
  if (said === null) return kept(undefined);
  const { bridge, dev } = said;
  if (bridge !== undefined && dev !== undefined)
    refuseAt(r, source, 'it has both bridge and dev: which one is the bridge?');
  else if ((bridge ?? dev) === undefined) refuseAt(r, source, 'the attribute bridge is needed.');
  return kept({ type: 'bridge', bridge: bridge ?? dev });
}

const readDirect = (r: Reading, source: XmlElement): InterfaceSource => {
  const { dev, mode } = attributesOf(r, source, DirectSource) ?? {};
  return kept({ type: 'direct', device: dev, mode });
};

function readUdp(r: Reading, source: XmlElement, local: XmlElement | undefined): InterfaceSource {
  if (local === undefined) {
    refuseAt(r, source, 'the element <local> is needed: where this end listens.');
    return kept(undefined);
  }
  childrenOf(r, local);
  return kept({
    type: 'udp',
    ...attributesOf(r, source, EndSource),
    local: attributesOf(r, local, EndSource),
  });
}

function readEthernet(r: Reading, { source, script, downscript }: SourceParts): InterfaceSource {
  refuseSource(r, source, 'a NIC of type ethernet is plugged into nothing by libvirt');
  const pathOf = (element: XmlElement | undefined, field: string) => {
    if (element === undefined) return undefined;
    place(r, [field], element);
    childrenOf(r, element);
    return attributesOf(r, element, ScriptAttributes)?.path;
  };
  return kept({
    type: 'ethernet',
    script: pathOf(script, 'script'),
    downscript: pathOf(downscript, 'downscript'),
  });
}

function readUser(r: Reading, { source }: SourceParts): InterfaceSource {
  refuseSource(r, source, "a NIC of type user is behind QEMU's own router");
  return kept({ type: 'user' });
}

/** An empty one says nothing. */
function refuseSource(r: Reading, source: XmlElement | undefined, why: string): void {
  if (source === undefined) return;
  const { attributes, children } = source;
  if (Object.keys(attributes).length + children.length > 0) refuseAt(r, source, `it cannot be kept: ${why}.`);
}
