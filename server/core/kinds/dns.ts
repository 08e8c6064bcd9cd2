import { z } from 'zod';
import { IpAddress } from '../ids';

/** As libvirt's schema takes them (`dnsName`), and dnsmasq too; service labels may begin with an underscore. */
export const DnsName = z
  .string()
  .min(1, 'A DNS name is needed.')
  .max(253, 'A DNS name has at most 253 characters.')
  .regex(
    /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/,
    'A DNS name has letters, digits, dashes and underscores between dots.',
  );

const U16 = z.int().min(0).max(65535, 'At most 65535.');
/** The characters of the names in /etc/services, but the dot, which parts labels. */
const Service = z
  .string()
  .min(1, 'A service is needed.')
  .max(63, 'A service has at most 63 characters.')
  .regex(/^[A-Za-z0-9_+/*-]+$/, 'A service has letters, digits and the characters _ + / * -, no dot.');

/** Where names are asked: all of them, or those of one domain; a domain without `address` is asked where all others are. */
export const DnsForwarder = z.strictObject({
  address: IpAddress.optional(),
  /** Of the server at `address`; absent: 53. */
  port: U16.min(1, 'At least 1.').optional(),
  domain: DnsName.optional(),
});

/** Text of TXT records: printable ASCII that no configuration line can be broken with. */
const TxtValue = z
  .string()
  .max(255, 'A TXT value has at most 255 characters.')
  .regex(/^[\x20-\x7e]*$/, 'A TXT value has printable ASCII characters.')
  .refine((s) => !s.includes('"'), 'A TXT value has no quotation mark.');

const list = <T extends z.ZodType>(item: T, what: string) =>
  z
    .array(item)
    .min(1, 'Leave it out instead of giving an empty list.')
    .max(4096, `At most 4096 ${what}.`)
    .readonly()
    .optional();

/** What the network's DNS server answers. */
export const Dns = z.strictObject({
  /** false: no DNS is served. */
  enable: z.boolean().optional(),
  /** false: names without a dot are never asked outside. */
  forwardPlainNames: z.boolean().optional(),
  forwarders: list(DnsForwarder, 'forwarders'),
  txt: list(z.strictObject({ name: DnsName, value: TxtValue }), 'TXT records'),
  srv: list(
    z.strictObject({
      service: Service,
      protocol: z.enum(['tcp', 'udp']),
      domain: DnsName.optional(),
      target: DnsName.optional(),
      port: U16.optional(),
      priority: U16.optional(),
      weight: U16.optional(),
    }),
    'SRV records',
  ),
  hosts: list(
    z.strictObject({
      ip: IpAddress,
      names: z.array(DnsName).min(1, 'A DNS host has at least one name.').max(64).readonly(),
    }),
    'DNS hosts',
  ),
});
export type Dns = z.infer<typeof Dns>;

/** The domain that guests are in. `localOnly`: its names are not asked outside; `register`: with the host's resolver. */
export const Domain = z.strictObject({
  name: DnsName,
  localOnly: z.boolean().optional(),
  register: z.boolean().optional(),
});
export type Domain = z.infer<typeof Domain>;
