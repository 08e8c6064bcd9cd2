import { z } from 'zod';
import { ViewData, ViewName } from '@/server/core/view';
import { createView, listViews, removeView, updateView } from '@/server/store';
import { procedure, router, unwrap } from './trpc';

const Id = z.uuid('This is no view.');

/** Saved views of the topology: everybody who is logged in has the same. */
export const viewsRouter = router({
  list: procedure.query(({ ctx }) => listViews(ctx.store)),
  create: procedure
    .input(z.strictObject({ name: ViewName, data: ViewData }))
    .mutation(async ({ ctx, input }) => unwrap(await createView(ctx.store, input.name, input.data))),
  update: procedure
    .input(z.strictObject({ id: Id, name: ViewName.optional(), data: ViewData.optional() }))
    .mutation(async ({ ctx, input: { id, ...change } }) => unwrap(await updateView(ctx.store, id, change))),
  remove: procedure.input(z.strictObject({ id: Id })).mutation(async ({ ctx, input }) => {
    unwrap(await removeView(ctx.store, input.id));
  }),
});
