import { procedure, router } from './trpc';

export const hostsRouter = router({
  list: procedure.query(({ ctx }) => ctx.hosts.summaries()),
});
