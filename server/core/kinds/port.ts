import { z } from 'zod';

/** IEEE 802.1Q: 0 is "no VLAN", 4095 is reserved. */
export const VlanId = z
  .int('A VLAN is a whole number.')
  .min(1, 'A VLAN is a number from 1 to 4094.')
  .max(4094, 'A VLAN is a number from 1 to 4094.');

/**
 * The VLANs of a port. One tag without `trunk`: packets of the guest are untagged, the network's carry the tag
 * (access port). `trunk`: the guest tags, only these VLANs pass. One tag of a trunk may be native: `untagged` packets
 * of the guest are in it and it gets them untagged; `tagged`: untagged ones are in it, but it gets them tagged.
 */
export const Vlan = z.strictObject({
  trunk: z.boolean().optional(),
  tags: z
    .array(z.strictObject({ id: VlanId, nativeMode: z.enum(['tagged', 'untagged']).optional() }))
    .min(1, 'A VLAN setting has at least one tag.')
    .max(4094)
    .readonly(),
});
export type Vlan = z.infer<typeof Vlan>;

const Rate = z
  .int('A rate is a whole number of kilobytes per second.')
  .min(1, 'A rate is at least 1 kilobyte per second.')
  .max(4_294_967_295, 'A rate is at most 4294967295 kilobytes per second.');
const Burst = z
  .int('A burst is a whole number of kibibytes.')
  .min(1, 'A burst is at least 1 kibibyte.')
  .max(4_294_967_295, 'A burst is at most 4294967295 kibibytes.');
const limit = { average: Rate.optional(), peak: Rate.optional(), burst: Burst.optional() };

/** Why there is no outbound floor, in place of that there is no such field. */
export const noOutboundFloor = (issue: { readonly code?: string; readonly keys?: readonly string[] }) =>
  issue.code === 'unrecognized_keys' && issue.keys?.includes('floor')
    ? 'only what guests get (inbound) has a guaranteed rate (floor).'
    : undefined;

/** libvirt's `<bandwidth>`. Rates in kilobytes (1000 bytes) per second, bursts in kilobytes (1024 bytes); inbound is towards the guest. */
export const Bandwidth = z.strictObject({
  inbound: z.strictObject({ ...limit, floor: Rate.optional() }).optional(),
  outbound: z.strictObject(limit, { error: noOutboundFloor }).optional(),
});
export type Bandwidth = z.infer<typeof Bandwidth>;

const Uuid = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/,
    'A UUID looks like 81ff0d90-c91e-6742-64da-4a736edb9a9b.',
  );

export { Uuid };

const byte = z.int().min(0).max(255, 'At most 255.');
const ProfileId = z
  .string()
  .min(1)
  .max(39, 'A profile id has at most 39 characters.')
  .regex(/^[A-Za-z0-9_.:@-]+$/, 'A profile id has letters, digits and the characters _ . : @ - only.');

/** What a managed switch is told about a port; without `type` it completes that of the network. */
export const VirtualPort = z.strictObject({
  type: z.enum(['802.1Qbg', '802.1Qbh', 'openvswitch', 'midonet']).optional(),
  managerId: byte.optional(),
  typeId: z.int().min(0).max(16_777_215, 'At most 16777215.').optional(),
  typeIdVersion: byte.optional(),
  instanceId: Uuid.optional(),
  profileId: ProfileId.optional(),
  interfaceId: Uuid.optional(),
});
export type VirtualPort = z.infer<typeof VirtualPort>;

export const PortgroupName = z
  .string()
  .min(1, 'A portgroup name is needed.')
  .max(50, 'A portgroup name has at most 50 characters.')
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'A portgroup name has letters, digits, dot, dash and underscore.');

/** A class of ports of one network: a NIC that names it gets these settings in place of the network's. */
export const Portgroup = z.strictObject({
  name: PortgroupName,
  /** NICs that name no portgroup are in this one. */
  default: z.literal(true).optional(),
  vlan: Vlan.optional(),
  bandwidth: Bandwidth.optional(),
  virtualPort: VirtualPort.optional(),
  trustGuestRxFilters: z.boolean().optional(),
});
export type Portgroup = z.infer<typeof Portgroup>;
