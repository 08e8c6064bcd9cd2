import { z } from 'zod';
import { fail } from '@/server/core/result';
import { hasPassword, startSession, useLoginToken, verifyPassword } from '@/server/store';
import { open, procedure, router, unwrap } from './trpc';

export const sessionRouter = router({
  /** What the login page can offer. */
  state: open.query(async ({ ctx }) => ({
    loggedIn: ctx.visitor.session !== null,
    password: await hasPassword(ctx.store),
  })),
  /** Trades the token of a login link for a session. */
  login: open
    .input(z.strictObject({ token: z.string().min(1).max(200) }))
    .mutation(async ({ ctx, input }) => {
      ctx.visitor.keep(unwrap(await useLoginToken(ctx.store, input.token, ctx.visitor.label)));
    }),
  password: open
    .input(z.strictObject({ password: z.string().min(1).max(1000) }))
    .mutation(async ({ ctx, input }) => {
      const wait = ctx.attempts.wait(Date.now());
      if (wait > 0)
        unwrap(fail('TOO_MANY', `Too many wrong passwords. Try again in ${Math.ceil(wait / 1000)} s.`));
      // Counted before it is known: many at once do not get more tries than one after the other.
      ctx.attempts.failed(Date.now());
      if (!(await verifyPassword(ctx.store, input.password)))
        unwrap(fail('LOGIN_REFUSED', 'That is not the password.'));
      ctx.attempts.succeeded();
      ctx.visitor.keep(await startSession(ctx.store, ctx.visitor.label));
    }),
  logout: procedure.mutation(({ ctx }) => ctx.visitor.leave()),
});
