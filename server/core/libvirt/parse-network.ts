import { refuse } from '../check-parse';
import { Network } from '../kinds/network';
import { ok, type Result } from '../result';
import {
  MacAttributes,
  MtuAttributes,
  NetworkAttributes,
  NoAttributes,
  OptionAttributes,
  PortAttributes,
} from './attributes';
import { readDns, readDomain } from './parse-dns';
import { type FreeName, readForward } from './parse-forward';
import { readIp, readRoute } from './parse-ip';
import { dashed, readBandwidth, readPortgroup, readVirtualPort, readVlan } from './parse-port';
import {
  attributesOf,
  childrenOf,
  located,
  newReading,
  place,
  type Reading,
  refuseAt,
  schemaProblems,
  textOf,
  withoutAbsent,
} from './reading';
import { libvirtProblems } from './rules';
import { freeBridge } from './written';
import { readXml, type XmlElement } from './xml';

/** Names for bridges: which are taken, and what the bridge of a network that is there already is called. */
export type BridgeNames = {
  readonly taken?: readonly string[];
  readonly known?: (network: string) => string | undefined;
  /** Takes what libvirt would refuse, too: it need not be libvirt that makes the network. */
  readonly anyFooting?: boolean;
};

/**
 * Reads libvirt's network XML: everything that libvirt 11 reads. Refused is what is not XML, what is not understood
 * (nothing is dropped but live state: `connections`), and what libvirt itself refuses; each problem is one sentence
 * that begins with the element. `bridges` is for XML that names no bridge.
 */
export function parseNetworkXml(xml: string, bridges: BridgeNames = {}): Result<Network> {
  const root = readXml(xml);
  if (!root.ok) return root;
  const r = newReading();
  const candidate = readNetwork(r, root.value, bridges);
  if (r.problems.length > 0) return refuse(r.problems);
  const parsed = Network.safeParse(withoutAbsent(candidate));
  if (!parsed.success) return refuse(schemaProblems(r, parsed.error, root.value));
  const network = parsed.data;
  const problems = (bridges.anyFooting ? [] : libvirtProblems(network)).map((p) => located(r, p, root.value));
  return problems.length > 0 ? refuse(problems) : ok(network);
}

const ONE = [
  'name',
  'uuid',
  'title',
  'description',
  'metadata',
  'forward',
  'bridge',
  'mtu',
  'mac',
  'domain',
  'dns',
  'vlan',
  'bandwidth',
  'port',
  'virtualport',
  'dnsmasq:options',
] as const;

function readNetwork(r: Reading, element: XmlElement, bridges: BridgeNames): unknown {
  if (element.name !== 'network') {
    refuseAt(r, element, 'this is no network: the outermost element is <network>.');
    return undefined;
  }
  const parts = childrenOf(r, element, { one: ONE, many: ['ip', 'route', 'portgroup'] });
  const { ipv6, trustGuestRxFilters } = attributesOf(r, element, NetworkAttributes) ?? {};
  const each = (key: string, all: readonly XmlElement[], read: typeof readIp) =>
    all.map((e, i) => read(r, e, [key, i]));
  if (parts.name === undefined || parts.name.text === '')
    refuseAt(r, element, 'the element <name> is needed.');
  const uuid = textAt(r, parts.uuid, 'uuid');
  const freeName: FreeName = (pattern) =>
    bridges.known?.(parts.name?.text ?? '') ?? freeBridge(bridges.taken ?? [], pattern);
  const virtualPort = readVirtualPort(r, parts.virtualport, ['virtualPort']);
  if (parts.virtualport !== undefined && virtualPort === undefined)
    refuseAt(r, parts.virtualport, 'the attribute type is needed.');
  return {
    kind: 'network',
    name: textAt(r, parts.name, 'name'),
    uuid: uuid === undefined ? undefined : dashed(uuid),
    title: textAt(r, parts.title, 'title'),
    description: textAt(r, parts.description, 'description'),
    metadata: readMetadata(r, parts.metadata),
    guestIpv6: ipv6 || undefined,
    trustGuestRxFilters,
    ...Object(readForward(r, element, { ...parts, freeName })),
    mtu: only(r, parts.mtu, 'mtu', MtuAttributes)?.size,
    mac: only(r, parts.mac, 'mac', MacAttributes)?.address,
    domain: readDomain(r, parts.domain),
    dns: readDns(r, parts.dns),
    subnets: each('subnets', parts.ip, readIp),
    routes: orAbsent(each('routes', parts.route, readRoute)),
    vlan: readVlan(r, parts.vlan, ['vlan']),
    bandwidth: readBandwidth(r, parts.bandwidth, ['bandwidth']),
    virtualPort,
    isolated: only(r, parts.port, 'isolated', PortAttributes)?.isolated,
    portgroups: orAbsent(each('portgroups', parts.portgroup, readPortgroup)),
    dnsmasqOptions: readOptions(r, parts['dnsmasq:options']),
  };
}

const orAbsent = <T>(all: readonly T[]): readonly T[] | undefined => (all.length === 0 ? undefined : all);

/** Text of an element; an empty one says nothing. */
function textAt(r: Reading, element: XmlElement | undefined, key: string): string | undefined {
  if (element !== undefined) place(r, [key], element);
  return textOf(r, element) || undefined;
}

function only<T>(
  r: Reading,
  element: XmlElement | undefined,
  key: string,
  schema: Parameters<typeof attributesOf<T>>[2],
): T | null {
  if (element === undefined) return null;
  place(r, [key], element);
  childrenOf(r, element);
  return attributesOf(r, element, schema);
}

function readMetadata(r: Reading, element: XmlElement | undefined): string | undefined {
  if (element === undefined) return undefined;
  place(r, ['metadata'], element);
  attributesOf(r, element, NoAttributes);
  if (element.text.trim() !== '') refuseAt(r, element, 'text beside its elements is not kept.');
  return element.inside.join('\n') || undefined;
}

function readOptions(r: Reading, element: XmlElement | undefined): unknown {
  if (element === undefined) return undefined;
  attributesOf(r, element, NoAttributes);
  const parts = childrenOf(r, element, { many: ['dnsmasq:option'] });
  const options = parts['dnsmasq:option'].map((e, i) => {
    place(r, ['dnsmasqOptions', i], e);
    childrenOf(r, e);
    return attributesOf(r, e, OptionAttributes)?.value;
  });
  return orAbsent(options);
}
