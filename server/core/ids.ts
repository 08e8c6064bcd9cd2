import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { spelledAsKept } from './mac-text';

/**
 * Interface name as the kernel takes it (`dev_valid_name`: at most 15 bytes, no slash, colon or blank), narrowed
 * to characters that no tool reads as an option or a pattern.
 */
export const IfName = z
  .string()
  .min(1, 'An interface name is needed.')
  .refine((s) => new TextEncoder().encode(s).length <= 15, 'An interface name has at most 15 bytes.')
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
    'An interface name has letters, digits, dot, dash and underscore, and starts with a letter, digit or underscore.',
  )
  .brand<'IfName'>();
export type IfName = z.infer<typeof IfName>;

/** A unicast MAC address, taken in the usual spellings (colons, dashes, dots), kept in lower case with colons. */
export const MacAddress = z
  .string()
  .trim()
  .toLowerCase()
  .overwrite(spelledAsKept)
  .regex(
    /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/,
    'A MAC address is six pairs of hexadecimal digits, like 52:54:00:12:34:56.',
  )
  .refine(
    (s) => (Number.parseInt(s.slice(0, 2), 16) & 1) === 0,
    'A multicast MAC address cannot belong to a NIC.',
  )
  .refine((s) => s !== '00:00:00:00:00:00', 'The all-zero MAC address cannot belong to a NIC.')
  .brand<'MacAddress'>();
export type MacAddress = z.infer<typeof MacAddress>;

const name = (what: string, max: number) =>
  z
    .string()
    .min(1, `A ${what} name is needed.`)
    .max(max, `A ${what} name has at most ${max} characters.`)
    .regex(
      /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
      `A ${what} name has letters, digits, dot, dash and underscore, and starts with a letter, digit or underscore.`,
    );

export const NetworkName = name('network', 50).brand<'NetworkName'>();
export type NetworkName = z.infer<typeof NetworkName>;

/** Lab names become directory and socket names: lower case, short. */
export const LabName = z
  .string()
  .min(1, 'A lab name is needed.')
  .max(24, 'A lab name has at most 24 characters.')
  .regex(
    /^[a-z0-9][a-z0-9-]*$/,
    'A lab name has lower-case letters, digits and dashes, and starts with a letter or digit.',
  )
  .brand<'LabName'>();
export type LabName = z.infer<typeof LabName>;

export const GuestName = z
  .string()
  .min(1, 'A guest name is needed.')
  .max(32, 'A guest name has at most 32 characters.')
  .regex(
    /^[a-z0-9][a-z0-9-]*$/,
    'A guest name has lower-case letters, digits and dashes, and starts with a letter or digit.',
  )
  .brand<'GuestName'>();
export type GuestName = z.infer<typeof GuestName>;

/** `machine` is the host the application runs on, `lab:NAME` a lab. */
export const HostId = z
  .string()
  .regex(/^(machine|lab:[a-z0-9][a-z0-9-]{0,23})$/, 'A host is "machine" or "lab:NAME".')
  .brand<'HostId'>();
export type HostId = z.infer<typeof HostId>;
export const MACHINE = HostId.parse('machine');
export const labHostId = (lab: LabName): HostId => HostId.parse(`lab:${lab}`);

/** An IPv4 or IPv6 address in canonical text (`192.168.100.1`, `fd00::1`), without prefix or zone. */
export const IpAddress = z
  .string()
  .trim()
  .refine((s) => isIp(s), 'An address looks like 192.168.100.1 or fd00::1.')
  .transform((s) => ipaddr.parse(s).toString())
  .brand<'IpAddress'>();
export type IpAddress = z.infer<typeof IpAddress>;

function isIp(s: string): boolean {
  return (
    ipaddr.IPv4.isValidFourPartDecimal(s) || (s.includes(':') && !s.includes('%') && ipaddr.IPv6.isValid(s))
  );
}
