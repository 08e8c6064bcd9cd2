import { HostId } from '@/server/core/ids';
import { operations } from '@/server/core/protocol';
import { procedure, router, unwrap } from './trpc';

/** Milliseconds beside those between the two readings; observing takes a while on a host with much. */
const PATIENCE = 30_000;

export const openqaRouter = router({
  /** It takes a few seconds: counters are read twice. */
  check: procedure
    .input(operations['openqa.check'].input.extend({ host: HostId }))
    .mutation(async ({ ctx, input: { host, ...check } }) =>
      unwrap(await unwrap(ctx.hosts.find(host)).link.request('openqa.check', check, PATIENCE)),
    ),
});
