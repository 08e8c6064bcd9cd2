import { BandwidthProfile } from '@/server/core/bandwidth-profile';
import { createProfile, listProfiles, removeProfile } from '@/server/store';
import { procedure, router, unwrap } from './trpc';

/** Limits under a name: everybody who is logged in has the same. */
export const bandwidthProfilesRouter = router({
  list: procedure.query(({ ctx }) => listProfiles(ctx.store)),
  create: procedure
    .input(BandwidthProfile)
    .mutation(async ({ ctx, input }) => void unwrap(await createProfile(ctx.store, input))),
  remove: procedure
    .input(BandwidthProfile.pick({ name: true }))
    .mutation(async ({ ctx, input }) => void unwrap(await removeProfile(ctx.store, input.name))),
});
