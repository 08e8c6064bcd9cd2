import { z } from 'zod';
import { noOutboundFloor } from '../kinds/port';

/* The attributes of each element of libvirt's network format, as text and what it says. */

const Word = z.string().min(1, 'it is empty: leave it out.');
const word = Word.optional();
const yesNo = z
  .enum(['yes', 'no'])
  .transform((v) => v === 'yes')
  .optional();
const Count = z
  .string()
  .regex(/^\d{1,10}$/, 'it must be a whole number.')
  .transform(Number);
const count = Count.optional();
/** As C reads a number: hexadecimal, octal or decimal. */
const anyBase = z
  .string()
  .regex(/^(0[xX][0-9a-fA-F]{1,8}|0[0-7]{0,10}|[1-9]\d{0,9})$/, 'it must be a number, like 7 or 0x07.')
  .transform((s) => Number.parseInt(s, /^0x/i.test(s) ? 16 : s.startsWith('0') ? 8 : 10))
  .optional();
/** How many guests use it just now: taken and forgotten, as libvirt does. */
const connections = count;

export const NetworkAttributes = z.strictObject({ connections, ipv6: yesNo, trustGuestRxFilters: yesNo });
export const NoAttributes = z.strictObject({});

export const ForwardAttributes = z.strictObject({
  dev: word,
  mode: z
    .enum(['none', 'nat', 'route', 'open', 'bridge', 'private', 'vepa', 'passthrough', 'hostdev'])
    .default('nat'),
  managed: yesNo,
});
export const PoolDevice = z.strictObject({ dev: Word, connections });
export const PciDevice = z.strictObject({
  type: z.literal('pci'),
  domain: anyBase,
  bus: anyBase,
  slot: anyBase,
  function: anyBase,
  connections,
});
export const PfAttributes = z.strictObject({ dev: Word });
export const DriverAttributes = z.strictObject({ name: z.enum(['kvm', 'vfio']), model: word });
export const NatAttributes = z.strictObject({ ipv6: yesNo });
export const AddressRange = z.strictObject({ start: Word, end: Word });
export const PortRange = z.strictObject({ start: Count, end: Count });

export const BridgeAttributes = z.strictObject({
  name: word,
  zone: word,
  stp: z.enum(['on', 'off']).optional(),
  delay: count,
  macTableManager: z.enum(['kernel', 'libvirt']).optional(),
});
export const MtuAttributes = z.strictObject({ size: Count });
export const MacAttributes = z.strictObject({ address: Word });
export const DomainAttributes = z.strictObject({ name: Word, localOnly: yesNo, register: yesNo });

export const DnsAttributes = z.strictObject({ enable: yesNo, forwardPlainNames: yesNo });
export const ForwarderAttributes = z.strictObject({ addr: word, domain: word, port: count });
export const TxtAttributes = z.strictObject({ name: Word, value: z.string() });
export const SrvAttributes = z.strictObject({
  service: Word,
  protocol: Word,
  domain: word,
  target: word,
  port: count,
  priority: count,
  weight: count,
});
export const DnsHostAttributes = z.strictObject({ ip: Word });

const family = z.enum(['ipv4', 'ipv6']).optional();
export const IpAttributes = z.strictObject({
  address: Word,
  netmask: word,
  prefix: count,
  family,
  localPtr: yesNo,
});
export const TftpAttributes = z.strictObject({ root: Word });
export const LeaseAttributes = z.strictObject({
  expiry: Count,
  unit: z.enum(['seconds', 'minutes', 'hours']).default('minutes'),
});
export const DhcpHostAttributes = z.strictObject({ mac: word, id: word, name: word, ip: Word });
export const BootpAttributes = z.strictObject({ file: Word, server: word });
export const RouteAttributes = z.strictObject({
  family,
  address: Word,
  netmask: word,
  prefix: count,
  gateway: Word,
  metric: count,
});

export const VlanAttributes = z.strictObject({ trunk: yesNo });
export const TagAttributes = z.strictObject({
  id: Count,
  nativeMode: z.enum(['tagged', 'untagged']).optional(),
});
const amount = (unit: string) =>
  z
    .string()
    .regex(/^\d{1,10}$/, `it must be a whole number of ${unit}, without a unit.`)
    .transform(Number)
    .optional();
const rate = amount('kilobytes per second');
const rates = { average: rate, peak: rate, burst: amount('kibibytes') };
export const InboundAttributes = z.strictObject({ ...rates, floor: rate });
export const OutboundAttributes = z.strictObject(rates, { error: noOutboundFloor });
export const VirtualPortAttributes = z.strictObject({
  type: z.enum(['802.1Qbg', '802.1Qbh', 'openvswitch', 'midonet']).optional(),
});
export const ParametersAttributes = z.strictObject({
  managerid: anyBase,
  typeid: anyBase,
  typeidversion: anyBase,
  instanceid: word,
  interfaceid: word,
  profileid: word,
});
export const PortgroupAttributes = z.strictObject({
  name: Word,
  default: yesNo,
  trustGuestRxFilters: yesNo,
});
export const PortAttributes = z.strictObject({ isolated: yesNo });
export const OptionAttributes = z.strictObject({ value: Word });
