import { z } from 'zod';
import { IfName, IpAddress, MacAddress } from '../ids';
import { Adopted, ForwardDelay, Mtu } from './network';
import { Vlan, VlanId } from './port';

/** An address of the host with its prefix length in bits. */
export const LinkAddress = z.strictObject({
  address: IpAddress,
  prefix: z.int('A prefix length is a whole number.').min(1).max(128, 'A prefix length is at most 128.'),
});
export type LinkAddress = z.infer<typeof LinkAddress>;

/** A route by way of this link; `to` absent is the default route of the gateway's family. */
export const LinkRoute = z.strictObject({
  to: LinkAddress.optional(),
  gateway: IpAddress,
  metric: z.int().min(0).max(4_294_967_295).optional(),
});
export type LinkRoute = z.infer<typeof LinkRoute>;

const list = <T extends z.ZodType>(item: T, max: number) =>
  z
    .array(item)
    .min(1, 'Leave it out instead of giving an empty list.')
    .max(max, `At most ${max}.`)
    .readonly()
    .optional();

const common = {
  name: IfName,
  adopted: Adopted.optional(),
  mtu: Mtu.optional(),
  mac: MacAddress.optional(),
  addresses: list(LinkAddress, 64),
  routes: list(LinkRoute, 256),
};

/**
 * A Linux bridge of the host, with uplinks. Ports that are not listed (guests' taps) are left in it. When an uplink
 * that has one of `addresses` becomes a port, the address and the routes move with it in one step.
 */
export const HostBridge = z.strictObject({
  kind: z.literal('bridge'),
  ...common,
  uplinks: list(IfName, 64),
  stp: z.boolean(),
  /** Seconds; absent: 0 without STP, otherwise the kernel's least (2). */
  delay: ForwardDelay.optional(),
  /** VLAN-aware: ports have VLANs of their own; uplinks carry those of `vlans` tagged. */
  vlanAware: z
    .strictObject({
      vlans: z
        .array(z.strictObject({ from: VlanId, to: VlanId }))
        .max(256)
        .readonly(),
    })
    .optional(),
});
export type HostBridge = z.infer<typeof HostBridge>;

/** A VLAN of a device as a device of its own (`eth0.10`). */
export const VlanDevice = z.strictObject({
  kind: z.literal('vlan'),
  ...common,
  device: IfName,
  id: VlanId,
  /** 802.1ad is the outer tag of stacked VLANs; absent: 802.1Q. */
  protocol: z.literal('802.1ad').optional(),
});
export type VlanDevice = z.infer<typeof VlanDevice>;

/** Several devices as one. */
export const Bond = z.strictObject({
  kind: z.literal('bond'),
  ...common,
  members: z
    .array(IfName)
    .min(1, 'A bond has at least one member.')
    .max(16, 'A bond has at most 16 members.')
    .readonly(),
  mode: z.enum([
    'balance-rr',
    'active-backup',
    'balance-xor',
    'broadcast',
    '802.3ad',
    'balance-tlb',
    'balance-alb',
  ]),
  /** Milliseconds between looks at the carrier; absent: 100. */
  miimon: z.int().min(1).max(10_000).optional(),
  primary: IfName.optional(),
  lacpRate: z.enum(['slow', 'fast']).optional(),
  hashPolicy: z.enum(['layer2', 'layer2+3', 'layer3+4', 'encap2+3', 'encap3+4', 'vlan+srcmac']).optional(),
});
export type Bond = z.infer<typeof Bond>;

/** As the system prints it: a name, or the number of who has none. */
export const TapOwner = z
  .string()
  .regex(
    /^([A-Za-z_][A-Za-z0-9_.-]{0,31}\$?|\d{1,10})$/,
    'An owner is the name of a user or group, or its number where it has no name.',
  );

/** A tap that stays while no program has it open. */
export const Tap = z.strictObject({
  kind: z.literal('tap'),
  ...common,
  /** Who may open it beside root. */
  user: TapOwner.optional(),
  group: TapOwner.optional(),
  /** Programs may open it with several queues; only with them. */
  multiQueue: z.literal(true).optional(),
  /** Frames bear virtio's header. */
  vnetHdr: z.literal(true).optional(),
  /** What it is plugged into: a bridge of the host, or a network's own. Absent: whatever it is in. */
  bridge: IfName.optional(),
  /** Of its port in a VLAN-aware bridge of the host; absent there: VLAN 1, untagged. */
  vlan: Vlan.optional(),
  /** Somebody else (openQA's switch service) says which VLANs its port has, at any time: they are left as they are. */
  keepVlans: z.literal(true).optional(),
});
export type Tap = z.infer<typeof Tap>;

/** What a person can define of the host's own networking. */
export const HostLinkKinds = [HostBridge, VlanDevice, Bond, Tap] as const;
export const HostLink = z.discriminatedUnion('kind', HostLinkKinds);
export type HostLink = z.infer<typeof HostLink>;
