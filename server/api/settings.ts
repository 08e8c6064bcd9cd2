import { z } from 'zod';
import { getSetting, hasPassword, listSessions, setPassword, setSetting, settings } from '@/server/store';
import { procedure, router, unwrap } from './trpc';

export const settingsRouter = router({
  get: procedure.query(async ({ ctx }) => ({
    confirmSeconds: await getSetting(ctx.store, 'confirmSeconds'),
    password: await hasPassword(ctx.store),
    sessions: (await listSessions(ctx.store)).map((s) => ({ ...s, current: s.id === ctx.session.id })),
  })),
  set: procedure
    .input(z.strictObject({ confirmSeconds: settings.confirmSeconds.unwrap() }))
    .mutation(async ({ ctx, input }) =>
      unwrap(await setSetting(ctx.store, 'confirmSeconds', input.confirmSeconds)),
    ),
  /** Logs everybody out, the one who sets it too. */
  setPassword: procedure
    .input(z.strictObject({ password: z.string().max(1000) }))
    .mutation(async ({ ctx, input }) => {
      unwrap(await setPassword(ctx.store, input.password));
      await ctx.visitor.leave();
    }),
});
