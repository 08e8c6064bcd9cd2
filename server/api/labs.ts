import { z } from 'zod';
import { type HostId, LabName, labHostId } from '@/server/core/ids';
import { removeHost, resetHost } from '@/server/store';
import { procedure, router, unwrap } from './trpc';

const Which = z.strictObject({ name: LabName });
/** A lab starts namespaces, an agent, and whatever was committed in it. Milliseconds. */
const PATIENCE = 60_000;

export const labsRouter = router({
  create: procedure.input(Which).mutation(async ({ ctx, input }) => {
    const lab = unwrap(await ctx.hosts.machine.request('lab.create', input, PATIENCE));
    await ctx.hosts.refreshLabs();
    return lab;
  }),
  /** Everything in it goes: guests, networks, committed state. History stays. */
  reset: procedure.input(Which).mutation(async ({ ctx, input }) => {
    const host: HostId = labHostId(input.name);
    const lab = unwrap(await ctx.hosts.machine.request('lab.reset', input, PATIENCE));
    await resetHost(ctx.store, host);
    await ctx.hosts.refreshLabs();
    await ctx.hosts.recordsChanged(host);
    return lab;
  }),
  remove: procedure.input(Which).mutation(async ({ ctx, input }) => {
    const host = labHostId(input.name);
    unwrap(await ctx.hosts.machine.request('lab.remove', input, PATIENCE));
    await ctx.hosts.refreshLabs();
    await removeHost(ctx.store, host);
    await ctx.hosts.recordsChanged(host);
  }),
});
