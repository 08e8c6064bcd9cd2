import { z } from 'zod';
import { HostId } from '@/server/core/ids';
import { MacWish } from '@/server/core/mac-pool';
import { operations } from '@/server/core/protocol';
import { freeGoneNics, freeNic, giveBackMac, takeMac } from '@/server/store';
import { type Context, procedure, router, unwrap } from './trpc';

const at = <T extends z.ZodRawShape>(shape: z.ZodObject<T>) => shape.extend({ host: HostId });
/** Milliseconds. */
const PATIENCE = 20_000;

const NewGuest = at(operations['guest.add'].input).extend({
  /** The beginning of a MAC address, or a whole one; absent: the next of the pool. */
  mac: z
    .string()
    .trim()
    .min(1, 'A MAC address, or its first octets, has to be said, or none.')
    .pipe(MacWish)
    .optional(),
});

/** Guests that were removed without us give back what they had. */
async function freeGone({ hosts, store }: Context, host: HostId): Promise<void> {
  const observed = hosts.facts(host);
  if (!observed.ok || !observed.value.namespaces.known) return;
  await freeGoneNics(store, host, Object.keys(observed.value.namespaces.value));
}

/** Guests of labs: namespaces with one NIC. */
export const guestsRouter = router({
  add: procedure.input(NewGuest).mutation(async ({ ctx, input }) => {
    const { host, mac: wish = { is: 'next' }, ...guest } = input;
    const { link } = unwrap(ctx.hosts.find(host));
    const nic = { host, guest: guest.name };
    await freeGone(ctx, host);
    const request = { wish, driver: 'qemu', sightings: ctx.hosts.sightings() } as const;
    const taken = unwrap(await takeMac(ctx.store, nic, request));
    const added = await link.request('guest.add', { ...guest, mac: taken.mac }, PATIENCE);
    // An agent that is only slow may still make it.
    if (!added.ok && !['AGENT_SILENT', 'AGENT_GONE'].includes(added.error.code))
      await giveBackMac(ctx.store, nic, taken);
    return unwrap(added);
  }),
  plug: procedure.input(at(operations['guest.plug'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.plug', guest, PATIENCE));
  }),
  remove: procedure.input(at(operations['guest.remove'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.remove', guest, PATIENCE));
    await freeNic(ctx.store, { host, guest: guest.name });
  }),
});
