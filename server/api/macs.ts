import { z } from 'zod';
import { GuestName, HostId } from '@/server/core/ids';
import { MacDriver, MacPrefix, MacWish } from '@/server/core/mac-pool';
import { addMacPool, listMacPools, preferMacPool, previewMac, removeMacPool } from '@/server/store';
import { procedure, router, unwrap } from './trpc';

const Which = z.strictObject({ prefix: MacPrefix });

/** MAC addresses of guests, and the pools that they come from. */
export const macsRouter = router({
  /** What a guest would get; `mac` is null where that is not known before it is given, `why` where it gets none. */
  preview: procedure
    .input(
      z.strictObject({
        host: HostId,
        guest: GuestName,
        index: z.int().min(0).max(999).default(0),
        mac: MacWish,
      }),
    )
    .query(async ({ ctx, input: { host, guest, index, mac: wish } }) => {
      const request = { wish, driver: 'qemu', sightings: ctx.hosts.sightings() } as const;
      const would = await previewMac(ctx.store, { host, guest, index }, request);
      return would.ok ? { mac: would.value, why: null } : { mac: null, why: would.error.message };
    }),
  pools: procedure.query(({ ctx }) => listMacPools(ctx.store, ctx.hosts.sightings())),
  addPool: procedure
    .input(Which.extend({ driver: MacDriver }))
    .mutation(async ({ ctx, input }) => void unwrap(await addMacPool(ctx.store, input))),
  /** Addresses come from this one first, from now on. */
  usePool: procedure
    .input(Which)
    .mutation(async ({ ctx, input }) => void unwrap(await preferMacPool(ctx.store, input.prefix))),
  removePool: procedure
    .input(Which)
    .mutation(async ({ ctx, input }) => void unwrap(await removeMacPool(ctx.store, input.prefix))),
});
