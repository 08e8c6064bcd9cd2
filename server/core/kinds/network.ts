import { z } from 'zod';
import { IfName, IpAddress, MacAddress, NetworkName } from '../ids';

/** Addresses given to guests that ask, both ends included. */
export const DhcpRange = z.strictObject({ start: IpAddress, end: IpAddress });
export type DhcpRange = z.infer<typeof DhcpRange>;

/** A name, or a name with its domain. */
const HostName = z
  .string()
  .max(253, 'A host name has at most 253 characters.')
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    'A host name has letters, digits and dashes, and starts and ends with a letter or digit; so has each part of its domain.',
  )
  .refine(
    (s) => s.split('.').every((part) => part.length <= 63),
    'A host name has at most 63 characters between dots.',
  );

/** The address that the guest with this MAC always gets. */
export const Reservation = z.strictObject({ mac: MacAddress, ip: IpAddress, name: HostName.optional() });
export type Reservation = z.infer<typeof Reservation>;

const Dhcp = z.strictObject({
  ranges: z.array(DhcpRange).max(64, 'A subnet has at most 64 DHCP ranges.').readonly(),
  hosts: z.array(Reservation).max(4096, 'A subnet has at most 4096 reservations.').readonly(),
});

/** An address of the host in this network (the guests' gateway) with its prefix length in bits. */
export const Subnet = z.strictObject({
  address: IpAddress,
  prefix: z
    .int('A prefix length is a whole number.')
    .min(1, 'A prefix length is at least 1.')
    .max(128, 'A prefix length is at most 128.'),
  dhcp: Dhcp.optional(),
});
export type Subnet = z.infer<typeof Subnet>;

/**
 * How packets leave: `none` (isolated: guests and host only), `nat` (masqueraded), `route` (as they are; the
 * outside needs a route back). `dev` restricts forwarding to one device, by name. libvirt's meaning of `<forward>`.
 */
export const Forward = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('none') }),
  z.strictObject({ mode: z.literal('nat'), dev: IfName.optional() }),
  z.strictObject({ mode: z.literal('route'), dev: IfName.optional() }),
]);
export type Forward = z.infer<typeof Forward>;

/** What guests name; here realised natively by a bridge, nftables, dnsmasq and forwarding. */
export const Network = z.strictObject({
  kind: z.literal('network'),
  name: NetworkName,
  forward: Forward,
  bridge: z.strictObject({ name: IfName, stp: z.boolean() }),
  subnets: z.array(Subnet).max(16, 'A network has at most 16 subnets.').readonly(),
});
export type Network = z.infer<typeof Network>;
/** What the form and the API take before it is parsed. */
export type NetworkInput = z.input<typeof Network>;
