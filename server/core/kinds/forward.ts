import { z } from 'zod';
import { IfName, IpAddress } from '../ids';

const Port = z
  .int('A port is a whole number.')
  .min(1, 'A port is at least 1.')
  .max(65535, 'A port is at most 65535.');
export const PortRange = z.strictObject({ start: Port, end: Port });
export type PortRange = z.infer<typeof PortRange>;

/** How addresses are translated; libvirt's `<nat>`. `ipv6` translates IPv6 too, which is routed otherwise. */
export const Nat = z.strictObject({
  ipv6: z.boolean().optional(),
  address: z.strictObject({ start: IpAddress, end: IpAddress }).optional(),
  port: PortRange.optional(),
});
export type Nat = z.infer<typeof Nat>;

const hex = (digits: number, what: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`), `A PCI ${what} is ${digits} hexadecimal digits.`);
/** Of a virtual function, as `lspci -D` prints it, in parts. */
export const PciAddress = z.strictObject({
  domain: hex(4, 'domain'),
  bus: hex(2, 'bus'),
  slot: hex(2, 'slot').regex(/^[01]/, 'A PCI slot is at most 1f.'),
  function: z.string().regex(/^[0-7]$/, 'A PCI function is one digit from 0 to 7.'),
});
export type PciAddress = z.infer<typeof PciAddress>;

const Interfaces = z
  .array(IfName)
  .min(1, 'A pool has at least one device.')
  .max(256, 'A pool has at most 256 devices.')
  .readonly();

/** Devices that guests get one of: named, or the virtual functions of a physical function. */
const pool = {
  interfaces: Interfaces.optional(),
  /** Physical function whose virtual functions are the pool. */
  pf: IfName.optional(),
};

/**
 * How packets leave, with libvirt's meanings of `<forward>`.
 * With a bridge of our own: `none` (isolated: guests and host only), `nat` (masqueraded), `route` (as they are; the
 * outside needs a route back), `open` (routed without any firewall rule of ours). `dev` restricts forwarding to one
 * device, by name.
 * On what the host has: `bridge` (on a bridge of the host, or as macvtap in bridge mode on a pool of devices),
 * `private`, `vepa`, `passthrough` (macvtap on a pool), `hostdev` (PCI virtual functions out of a pool).
 */
export const Forward = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('none') }),
  z.strictObject({ mode: z.literal('nat'), dev: IfName.optional(), nat: Nat.optional() }),
  z.strictObject({ mode: z.literal('route'), dev: IfName.optional() }),
  z.strictObject({ mode: z.literal('open') }),
  /** `bridge` names a bridge of the host, Linux or Open vSwitch; otherwise there is a pool. */
  z.strictObject({
    mode: z.literal('bridge'),
    bridge: IfName.optional(),
    /** Who fills the forwarding table of `bridge`: the kernel learns (absent), or whoever plugs a guest in tells. */
    macTableManager: z.enum(['kernel', 'libvirt']).optional(),
    ...pool,
  }),
  z.strictObject({ mode: z.literal('private'), ...pool }),
  z.strictObject({ mode: z.literal('vepa'), ...pool }),
  z.strictObject({ mode: z.literal('passthrough'), ...pool }),
  z.strictObject({
    mode: z.literal('hostdev'),
    /** Does the host detach the function from its driver and give it back? */
    managed: z.boolean().optional(),
    driver: z.enum(['kvm', 'vfio']).optional(),
    /** Kernel driver that the function is bound to in place of the generic one, like `mlx5_vfio_pci`; needs `driver`. */
    driverModel: z
      .string()
      .max(64)
      .regex(/^[A-Za-z0-9_+-]+$/, 'A driver model has letters, digits, dashes and underscores.')
      .optional(),
    pf: IfName.optional(),
    addresses: z.array(PciAddress).min(1).max(256, 'A pool has at most 256 functions.').readonly().optional(),
  }),
]);
export type Forward = z.infer<typeof Forward>;
export type ForwardMode = Forward['mode'];

/** What comes to an address of the host at `port` goes to a guest instead; our own, libvirt has nothing like it. */
export const PortForward = z.strictObject({
  protocol: z.enum(['tcp', 'udp']),
  /** Of the host, outside; absent: any that is not a guest network's. */
  address: IpAddress.optional(),
  port: PortRange,
  /** Of the guest. */
  to: IpAddress,
  /** First port there; absent: the same as outside. */
  toPort: Port.optional(),
});
export type PortForward = z.infer<typeof PortForward>;
