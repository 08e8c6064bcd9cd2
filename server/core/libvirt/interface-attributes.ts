import { z } from 'zod';

/* The attributes of each element of `<interface>` in libvirt's domain format that is kept, as text and what it says. */

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

/** libvirt has it, and a NIC of ours has nowhere to keep it. */
const notKept = Word.refine(() => false, 'Patchbay cannot keep this.').optional();

export const InterfaceAttributes = z.strictObject({
  type: Word,
  trustGuestRxFilters: yesNo,
  managed: notKept,
});
export const MacAttributes = z.strictObject({ address: Word, type: notKept, check: notKept });
export const ModelAttributes = z.strictObject({ type: Word });
export const TargetAttributes = z.strictObject({ dev: Word, managed: notKept });
export const ScriptAttributes = z.strictObject({ path: Word });
export const LinkAttributes = z.strictObject({ state: z.enum(['up', 'down']) });
export const MtuAttributes = z.strictObject({ size: Count });
export const BootAttributes = z.strictObject({ order: Count, loadparm: notKept });
export const AliasAttributes = z.strictObject({ name: Word });
export const PortAttributes = z.strictObject({ isolated: yesNo });
export const DriverAttributes = z.strictObject({
  name: z.enum(['vhost', 'qemu']).optional(),
  queues: Count.optional(),
  ...Object.fromEntries(
    [
      ...['rx_queue_size', 'tx_queue_size', 'txmode', 'ioeventfd', 'event_idx', 'iommu', 'ats', 'packed'],
      ...['page_per_vq', 'rss', 'rss_hash_report'],
    ].map((name) => [name, notKept]),
  ),
});

/** What a network is, is for its host to say: a running guest's XML tells what it was, and libvirt forgets it. */
export const NetworkSource = z.strictObject({
  network: Word,
  portgroup: word,
  portid: word,
  bridge: word,
  dev: word,
  mode: word,
  macTableManager: word,
});
/** `dev` is how libvirt called it in 2007. */
export const BridgeSource = z.strictObject({ bridge: word, dev: word, macTableManager: notKept });
export const DirectSource = z.strictObject({
  dev: Word,
  mode: z.enum(['vepa', 'bridge', 'private', 'passthrough']).default('vepa'),
});
export const ListenSource = z.strictObject({ address: word, port: Count });
export const EndSource = z.strictObject({ address: Word, port: Count });
