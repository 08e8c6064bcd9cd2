import { z } from 'zod';
import { IfName, MacAddress, NetworkName } from '../ids';
import { NIC_MODELS, NicName } from './nic';
import { Bandwidth, PortgroupName } from './port';

/** A domain's name as libvirt takes it, narrowed to what no tool reads as an option or a path. */
const DOMAIN = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,62}$/;

/** A NIC is known on its host by its guest and its own name: `web/net1`. */
export const DomainNicName = z
  .string()
  .refine((name) => name.includes('/'), 'A NIC is named GUEST/NIC, like web/net1.')
  .refine(
    (name) => DOMAIN.test(name.slice(0, name.indexOf('/'))),
    'The name of a guest has letters, digits, dot, dash, plus and underscore, and at most 63 of them.',
  )
  .superRefine((name, context) => {
    const nic = NicName.safeParse(name.slice(name.indexOf('/') + 1));
    for (const { message } of nic.error?.issues ?? []) context.addIssue({ code: 'custom', message });
  })
  .brand<'DomainNicName'>();
export type DomainNicName = z.infer<typeof DomainNicName>;

/** What a NIC of a libvirt domain can be moved between while its guest runs. */
export const DomainNicSource = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      type: z.literal('network'),
      network: NetworkName,
      portgroup: PortgroupName.optional(),
    }),
    z.strictObject({ type: z.literal('bridge'), bridge: IfName }),
  ],
  { error: 'A NIC of a libvirt domain is of type network or bridge.' },
);
export type DomainNicSource = z.infer<typeof DomainNicSource>;

/**
 * A network card of a libvirt domain. It is in the domain's record and, while that runs, in the guest; what libvirt
 * knows of it besides is left as it is.
 */
export const DomainNic = z.strictObject({
  kind: z.literal('nic'),
  name: DomainNicName,
  mac: MacAddress,
  /** Absent: virtio. */
  model: z.enum(NIC_MODELS, `A model is ${NIC_MODELS.join(', ')}.`).optional(),
  /** Its cable is not plugged in. */
  link: z.literal('down').optional(),
  /** It is only kept here, with its MAC address: neither the guest nor libvirt's record of it has it. */
  inactive: z.literal(true).optional(),
  /** It was there before: it stays when it is no longer managed. */
  adopted: z.literal(true).optional(),
  /** Its own, instead of its portgroup's. Absent, and never there: whatever libvirt has. */
  bandwidth: Bandwidth.optional(),
  source: DomainNicSource,
});
export type DomainNic = z.infer<typeof DomainNic>;

/** Name of the domain that has it. */
export const guestOf = ({ name }: Pick<DomainNic, 'name'>): string => name.slice(0, name.indexOf('/'));

/** Its name in its guest. */
export const ownName = ({ name }: Pick<DomainNic, 'name'>): string => name.slice(name.indexOf('/') + 1);

/** "network virt, portgroup red", "bridge br0". */
export const sourceWords = (source: DomainNicSource): string =>
  source.type === 'bridge'
    ? `bridge ${source.bridge}`
    : `network ${source.network}${source.portgroup === undefined ? '' : `, portgroup ${source.portgroup}`}`;
