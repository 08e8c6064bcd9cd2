import type { z } from 'zod';
import { HostId } from '@/server/core/ids';
import { operations } from '@/server/core/protocol';
import { procedure, router, unwrap } from './trpc';

const at = <T extends z.ZodRawShape>(shape: z.ZodObject<T>) => shape.extend({ host: HostId });
/** Milliseconds; a ping itself takes up to 5 s. */
const PATIENCE = 20_000;

/** Guests of labs: namespaces with one NIC. */
export const guestsRouter = router({
  add: procedure.input(at(operations['guest.add'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    return unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.add', guest, PATIENCE));
  }),
  plug: procedure.input(at(operations['guest.plug'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.plug', guest, PATIENCE));
  }),
  remove: procedure.input(at(operations['guest.remove'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.remove', guest, PATIENCE));
  }),
  ping: procedure.input(at(operations['guest.ping'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...ping } = input;
    return unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.ping', ping, PATIENCE));
  }),
});
