import { z } from 'zod';
import { IpAddress, MacAddress } from '../ids';

/** How long a guest may keep an address; libvirt's `<lease>`. `expiry` 0 is for ever. */
export const LeaseTime = z.strictObject({
  expiry: z.int('A lease time is a whole number.').min(0, 'A lease time is not negative.').max(4_294_967_295),
  unit: z.enum(['seconds', 'minutes', 'hours']),
});
export type LeaseTime = z.infer<typeof LeaseTime>;

/** Addresses given to guests that ask, both ends included. */
export const DhcpRange = z.strictObject({ start: IpAddress, end: IpAddress, lease: LeaseTime.optional() });
export type DhcpRange = z.infer<typeof DhcpRange>;

/** A name, or a name with its domain. */
export const HostName = z
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

/** DHCP unique identifier of a DHCPv6 client (RFC 8415, 11): pairs of hexadecimal digits, the first names the type. */
export const Duid = z
  .string()
  .trim()
  .toLowerCase()
  .max(389, 'A DUID has at most 130 bytes.')
  .regex(
    /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5,129}$/,
    'A DUID is at least six hexadecimal bytes with colons, like 0:3:0:1:52:54:0:12:34:56.',
  );

/**
 * The address that one guest always gets. The guest is known by its MAC (IPv4; IPv6 where the client tells it), by
 * its DUID (IPv6), or by the name it gives: at least one of the three (`checkNetwork` says which the family takes).
 */
export const Reservation = z.strictObject({
  mac: MacAddress.optional(),
  duid: Duid.optional(),
  ip: IpAddress,
  name: HostName.optional(),
  lease: LeaseTime.optional(),
});
export type Reservation = z.infer<typeof Reservation>;

/** A path, as dnsmasq is told: absolute for `root`, relative to it for `file`. */
const BootPath = z
  .string()
  .min(1, 'A path is needed.')
  .max(255, 'A path has at most 255 characters.')
  .regex(/^[A-Za-z0-9_./@%+:-]+$/, 'A path has letters, digits and the characters _ . / @ % + : - only.');

const Dhcp = z.strictObject({
  ranges: z.array(DhcpRange).max(64, 'A subnet has at most 64 DHCP ranges.').readonly(),
  hosts: z.array(Reservation).max(4096, 'A subnet has at most 4096 reservations.').readonly(),
  /** What guests boot over the network (PXE); without `server` from this host. IPv4 only. */
  bootp: z.strictObject({ file: BootPath, server: z.union([IpAddress, HostName]).optional() }).optional(),
});

/**
 * An address of the host in this network (the guests' gateway) with its prefix length in bits, and what is served
 * there.
 */
export const Subnet = z.strictObject({
  address: IpAddress,
  prefix: z
    .int('A prefix length is a whole number.')
    .min(1, 'A prefix length is at least 1.')
    .max(128, 'A prefix length is at most 128.'),
  dhcp: Dhcp.optional(),
  /** Reverse lookups of this subnet are answered here, never asked elsewhere. */
  localPtr: z.boolean().optional(),
  /** Folder that is served by TFTP. IPv4 only. */
  tftp: BootPath.optional(),
  /** How XML that was read wrote it, where that is not the usual way (IPv4 as netmask, IPv6 as prefix with family). */
  written: z
    .strictObject({
      /** IPv4 with its family. */
      family: z.literal(true).optional(),
      /** IPv4 as prefix; or no prefix at all, which means the class of an IPv4 address, /64, or a default route. */
      prefix: z.enum(['prefix', 'none']).optional(),
    })
    .refine((w) => Object.keys(w).length > 0, 'Leave it out instead of giving nothing.')
    .optional(),
});
export type Subnet = z.infer<typeof Subnet>;
