import { z } from 'zod';
import { HostId } from '@/server/core/ids';
import { operations } from '@/server/core/protocol';
import { keepCheck, listChecks } from '@/server/store';
import { procedure, router, unwrap } from './trpc';

/** Milliseconds; a check itself takes at most about 60 s. */
const PATIENCE = 90_000;

/** Checks of guests' NICs. While one runs, `check` events of the live stream say what is being done. */
export const checksRouter = router({
  /** The result is kept, also one that says that something is wrong. */
  run: procedure
    .input(operations['guest.check'].input.extend({ host: HostId }))
    .mutation(async ({ ctx, input: { host, ...request } }) => {
      const { link } = unwrap(ctx.hosts.find(host));
      const result = unwrap(await link.request('guest.check', request, PATIENCE));
      await keepCheck(ctx.store, host, request.check, result);
      return result;
    }),
  list: procedure
    .input(z.strictObject({ host: HostId }))
    .query(({ ctx, input }) => listChecks(ctx.store, input.host)),
});
