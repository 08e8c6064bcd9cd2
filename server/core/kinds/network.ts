import { z } from 'zod';
import { IfName, IpAddress, MacAddress, NetworkName } from '../ids';
import { readFragment } from '../libvirt/xml';
import { Dns, Domain } from './dns';
import { Forward, PortForward } from './forward';
import { Bandwidth, Portgroup, Uuid, VirtualPort, Vlan } from './port';
import { Subnet } from './subnet';

/** Bytes of payload; the kernel's least for IPv4 is 68, libvirt's most 65535. */
export const Mtu = z
  .int('An MTU is a whole number of bytes.')
  .min(68, 'An MTU is at least 68 bytes.')
  .max(65535, 'An MTU is at most 65535 bytes.');

/**
 * It was on the host before Patchbay, and stays there: it bears no mark of ours, and when it is deleted here, it is only
 * forgotten. Absent: it is ours to make and to remove.
 */
export const Adopted = z.literal(true);

/** Seconds that a port listens and learns before it forwards. */
export const ForwardDelay = z
  .int('A forward delay is a whole number of seconds.')
  .min(0)
  .max(30, 'A forward delay is at most 30 seconds.');

/** The bridge that a network makes for itself. */
export const OwnBridge = z.strictObject({
  name: IfName,
  stp: z.boolean(),
  /** Seconds; absent: 0. */
  delay: ForwardDelay.optional(),
  /** Zone of firewalld. */
  zone: z
    .string()
    .max(50)
    .regex(/^[A-Za-z0-9_-]+$/, 'A firewall zone has letters, digits, dashes and underscores.')
    .optional(),
  /** Who fills the forwarding table: the kernel learns (absent), or whoever plugs a guest in tells. */
  macTableManager: z.enum(['kernel', 'libvirt']).optional(),
});
export type OwnBridge = z.infer<typeof OwnBridge>;

/** A way to another network by way of a guest; libvirt's `<route>`. */
export const StaticRoute = z.strictObject({
  address: IpAddress,
  prefix: z.int().min(0).max(128, 'A prefix length is at most 128.'),
  gateway: IpAddress,
  metric: z
    .int()
    .min(1, 'A metric is at least 1.')
    .max(4_294_967_295, 'A metric is at most 4294967295.')
    .optional(),
  written: Subnet.shape.written,
});
export type StaticRoute = z.infer<typeof StaticRoute>;

const OneLine = (what: string, max: number) =>
  z.string().min(1, `${what} is not empty: leave it out.`).max(max, `${what} has at most ${max} characters.`);

/** Characters that XML can have; a carriage return it can, but no document keeps one. */
const XML_TEXT = /^[\t\n\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

const Metadata = OneLine('Metadata', 65_536).transform((text, context) => {
  const read = readFragment(text);
  if (read.ok && read.value.length > 0) return read.value.join('\n');
  const message = read.ok ? 'Metadata is not empty: leave it out.' : `Metadata: ${read.error.message}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** A line of dnsmasq's own configuration language, which reaches beyond the network: only for those who may be root. */
const DnsmasqOption = OneLine('A dnsmasq option', 1024).regex(
  /^[\x20-\x7e]+$/,
  'A dnsmasq option is one line of printable ASCII.',
);

const list = <T extends z.ZodType>(item: T, max: number, what: string) =>
  z
    .array(item)
    .min(1, 'Leave it out instead of giving an empty list.')
    .max(max, `A network has at most ${max} ${what}.`)
    .readonly()
    .optional();

/**
 * What guests name, and each host decides what it is. Everything that libvirt's network format can say. What is absent
 * is as libvirt has it by default; there is one way to say a thing, so that values can be compared.
 */
export const Network = z.strictObject({
  kind: z.literal('network'),
  name: NetworkName,
  /** What makes it on the host: absent, Linux bridge, nftables and dnsmasq by ourselves; or Open vSwitch; or libvirt. */
  footing: z.enum(['ovs', 'libvirt']).optional(),
  adopted: Adopted.optional(),
  uuid: Uuid.optional(),
  title: OneLine('A title', 200)
    .regex(/^[^\n\r]*$/, 'A title is one line.')
    .regex(XML_TEXT, 'A title has characters that can be shown.')
    .optional(),
  description: OneLine('A description', 4000)
    .regex(XML_TEXT, 'A description has characters that can be shown, and line breaks.')
    .optional(),
  /** The XML inside `<metadata>`, well-formed, as others wrote it. */
  metadata: Metadata.optional(),
  /** Guests talk IPv6 with each other although the host has no IPv6 address there; libvirt's `ipv6='yes'`. */
  guestIpv6: z.boolean().optional(),
  trustGuestRxFilters: z.boolean().optional(),
  forward: Forward,
  /** Needed in the modes none, nat, route and open; there is none in the others. */
  bridge: OwnBridge.optional(),
  mtu: Mtu.optional(),
  /** Of the bridge. */
  mac: MacAddress.optional(),
  domain: Domain.optional(),
  dns: Dns.optional(),
  subnets: z.array(Subnet).max(16, 'A network has at most 16 subnets.').readonly(),
  routes: list(StaticRoute, 64, 'routes'),
  vlan: Vlan.optional(),
  bandwidth: Bandwidth.optional(),
  virtualPort: VirtualPort.optional(),
  /** Guests reach the host and what lies behind it, not each other. */
  isolated: z.boolean().optional(),
  portgroups: list(Portgroup, 256, 'portgroups'),
  portForwards: list(PortForward, 1024, 'port forwards'),
  dnsmasqOptions: list(DnsmasqOption, 64, 'dnsmasq options'),
});
export type Network = z.infer<typeof Network>;
/** What the form and the API take before it is parsed. */
export type NetworkInput = z.input<typeof Network>;

/** Modes in which a network makes a bridge of its own. */
export const OWN_BRIDGE_MODES = [
  'none',
  'nat',
  'route',
  'open',
] as const satisfies readonly Forward['mode'][];

/** A network that makes a bridge of its own. */
export type OwnNetwork = Network & { readonly bridge: OwnBridge };

export const hasOwnBridge = (network: Network): network is OwnNetwork => network.bridge !== undefined;

/** A network that Patchbay itself makes of a Linux bridge, nftables and dnsmasq. */
export const isNative = (network: Network): network is OwnNetwork =>
  network.footing === undefined && hasOwnBridge(network);

/** A network whose own bridge is one of Open vSwitch, made by Patchbay; nftables and dnsmasq as natively. */
export const isOvs = (network: Network): network is OwnNetwork =>
  network.footing === 'ovs' && hasOwnBridge(network);

/** A network whose bridge, rules and services Patchbay itself makes, whatever the bridge. */
export const isMade = (network: Network): network is OwnNetwork => isNative(network) || isOvs(network);

/** The device that forwarding is restricted to, if any. */
export const forwardDevice = ({ forward }: Network): IfName | undefined =>
  forward.mode === 'nat' || forward.mode === 'route' ? forward.dev : undefined;

/** The bridge on the host that guests are plugged into: its own, or that of the host it names; null for a pool of devices. */
export const bridgeOf = ({ bridge, forward }: Network): IfName | null =>
  bridge?.name ?? (forward.mode === 'bridge' ? (forward.bridge ?? null) : null);
