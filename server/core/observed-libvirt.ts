import { z } from 'zod';

/** Key: name. From `virsh net-list` and `net-dumpxml`, with `--inactive` and without. */
export const LibvirtNetwork = z.object({
  name: z.string(),
  active: z.boolean(),
  autostart: z.boolean(),
  bridge: z.string().nullable(),
  forward: z.string(),
  /** `xml`: as it runs, or would; `config`: as it is kept. */
  xml: z.string(),
  config: z.string(),
});
export type LibvirtNetwork = z.infer<typeof LibvirtNetwork>;

/** Key: name. From `virsh list --all` and `dumpxml`, with `--inactive` and without. */
export const Domain = z.object({
  name: z.string(),
  uuid: z.string(),
  state: z.string(),
  nics: z.array(
    z.object({
      type: z.string(),
      mac: z.string().nullable(),
      target: z.string().nullable(),
      source: z.string().nullable(),
      model: z.string().nullable(),
    }),
  ),
  /** Its `<interface>` elements as they were written: as it runs (none when it does not), and as libvirt keeps them. */
  live: z.array(z.string()).optional(),
  config: z.array(z.string()).optional(),
});
export type Domain = z.infer<typeof Domain>;
