import { z } from 'zod';
import { IfName, IpAddress, MacAddress, NetworkName } from '../ids';
import { Mtu } from './network';
import { Bandwidth, PortgroupName, VirtualPort, Vlan } from './port';

/** A name for people and tools: `net0`, `eth1`. Unique in its guest. */
export const NicName = z
  .string()
  .min(1, 'A NIC name is needed.')
  .max(15, 'A NIC name has at most 15 characters.')
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]*$/,
    'A NIC name has letters, digits, dash and underscore, and starts with a letter.',
  )
  .brand<'NicName'>();
export type NicName = z.infer<typeof NicName>;

/** NICs that are given names by themselves are counted, from 0. */
export const nicAt = (index: number): NicName => NicName.parse(`net${index}`);

/** Null for a name that somebody chose. */
export function nicIndex(name: string): number | null {
  const counted = /^net(0|[1-9]\d{0,3})$/.exec(name)?.[1];
  return counted === undefined ? null : Number(counted);
}

/** The lowest number that no NIC of a guest has. */
export function freeNicIndex(names: readonly string[]): number {
  for (let n = 0; ; n += 1) if (!names.includes(nicAt(n))) return n;
}

const Port = z
  .int('A port is a whole number.')
  .min(1, 'A port is at least 1.')
  .max(65_535, 'A port is at most 65535.');
const isV4 = (address: string) => !address.includes(':');
const Ipv4 = IpAddress.refine(isV4, 'QEMU takes only IPv4 addresses here.');
const Multicast = Ipv4.refine((address) => {
  const first = Number(address.split('.')[0]);
  return first >= 224 && first <= 239;
}, 'A multicast address lies in 224.0.0.0/4.');
/** An absolute path in plain characters. */
const File = z
  .string()
  .max(100, 'A path has at most 100 characters.')
  .regex(
    /^\/[A-Za-z0-9_./@+-]*$/,
    'A path is absolute and has letters, digits and the characters _ . / @ + - only.',
  );
const end = { address: Ipv4, port: Port };

/** What a NIC is plugged into: libvirt's interface types. */
export const NicSource = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('network'),
      network: NetworkName,
      portgroup: PortgroupName.optional(),
    }),
    z.strictObject({ type: z.literal('bridge'), bridge: IfName }),
    /** A tap in no bridge; what happens to it is up to the scripts, which are told its name. */
    z.strictObject({ type: z.literal('ethernet'), script: File.optional(), downscript: File.optional() }),
    /**
     * A tap in no bridge, and routes on the host to the guest's addresses. Neighbours of `device` find the guest
     * there (proxy ARP and NDP); at the tap the host answers for all of IPv4, and for these `gateways`.
     */
    z.strictObject({
      type: z.literal('routed'),
      addresses: z
        .array(IpAddress)
        .min(1, 'A routed NIC needs an address, which the route goes to.')
        .max(16, 'At most 16 addresses.'),
      gateways: z
        .array(
          IpAddress.refine(
            (a) => !isV4(a),
            'Only gateways of IPv6 are named: the host answers for IPv4 anyway.',
          ),
        )
        .max(4, 'At most 4 gateways.')
        .optional(),
      device: IfName.optional(),
      /** Of routes; absent: the main one. */
      table: z
        .int('A table is a whole number.')
        .min(1, 'A table is at least 1.')
        .max(4_294_967_295, 'A table is at most 4294967295.')
        .optional(),
    }),
    /** Behind QEMU's own router (slirp): no privileges needed, cannot be reached. */
    z.strictObject({ type: z.literal('user') }),
    /** A cable to one other QEMU, over TCP: this end listens. */
    z.strictObject({ type: z.literal('server'), ...end }),
    /** This end calls. */
    z.strictObject({ type: z.literal('client'), ...end }),
    /** A hub of all QEMUs that take part. */
    z.strictObject({ type: z.literal('mcast'), address: Multicast, port: Port }),
    /** A cable over UDP: sends to the one, listens at the other. */
    z.strictObject({ type: z.literal('udp'), ...end, local: z.strictObject(end) }),
    /** A macvtap on a device of the host. */
    z.strictObject({
      type: z.literal('direct'),
      device: IfName,
      mode: z.enum(['bridge', 'vepa', 'private', 'passthrough']),
    }),
    /** A port of a running `vde_switch`, by the folder of its socket; `management` is what sets its VLAN. */
    z.strictObject({ type: z.literal('vde'), socket: File, management: File.optional() }),
  ],
  {
    error:
      'A NIC is of type network, bridge, ethernet, routed, user, server, client, mcast, udp, direct or vde.',
  },
);
export type NicSource = z.infer<typeof NicSource>;

export const NIC_MODELS = [
  'virtio',
  'e1000',
  'e1000e',
  'rtl8139',
  'ne2k_pci',
  'pcnet',
  'i82551',
  'i82557b',
  'i82559er',
  'vmxnet3',
] as const;

/** A network card of a guest. The order of a guest's NICs is that of its PCI slots: the first is its `eth0`. */
export const Nic = z.strictObject({
  name: NicName,
  mac: MacAddress,
  /** Absent: virtio. */
  model: z.enum(NIC_MODELS, `A model is ${NIC_MODELS.join(', ')}.`).optional(),
  /** Name of the tap, or of the macvtap; absent: one is found. */
  tap: IfName.optional(),
  /** Pairs of queues of virtio; absent: one. */
  queues: z.int().min(2, 'Several queues are at least 2.').max(16, 'At most 16 queues.').optional(),
  /** Does the kernel carry its packets (vhost)? Absent: whoever starts the guest decides. */
  vhost: z.boolean().optional(),
  /** Its cable is not plugged in. */
  link: z.literal('down').optional(),
  mtu: Mtu.optional(),
  /** Its turn among what the guest tries to boot from, from 1. */
  boot: z
    .int('A boot order is a whole number.')
    .min(1, 'A boot order is at least 1.')
    .max(65_535, 'A boot order is at most 65535.')
    .optional(),
  /* What its port has, on top of its network's. */
  vlan: Vlan.optional(),
  bandwidth: Bandwidth.optional(),
  virtualPort: VirtualPort.optional(),
  /** Reaches no other port that is isolated. */
  isolated: z.boolean().optional(),
  trustGuestRxFilters: z.boolean().optional(),
  source: NicSource,
});
export type Nic = z.infer<typeof Nic>;

const OF_TAPS: ReadonlySet<NicSource['type']> = new Set(['network', 'bridge', 'ethernet', 'routed']);

/** Does the host have a tap for it? */
export const hasTap = ({ source }: Pick<Nic, 'source'>): boolean => OF_TAPS.has(source.type);

const PORT_SETTINGS = [
  ['mtu', 'an MTU'],
  ['vlan', 'a VLAN'],
  ['bandwidth', 'a bandwidth limit'],
  ['virtualPort', 'a virtual port'],
  ['isolated', 'port isolation'],
  ['trustGuestRxFilters', 'trust in the filters of the guest'],
] as const satisfies readonly (readonly [keyof Nic, string])[];
type PortSetting = (typeof PORT_SETTINGS)[number];

/** What a NIC has that is set on the host's side of it, and what that is called. */
export const portSettingsOf = (nic: Partial<Pick<Nic, PortSetting[0]>>): readonly PortSetting[] =>
  PORT_SETTINGS.filter(([field]) => nic[field] !== undefined && nic[field] !== false);
