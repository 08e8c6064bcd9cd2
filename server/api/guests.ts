import { z } from 'zod';
import { HostId, type MacAddress } from '@/server/core/ids';
import { freeNicIndex, nicAt, nicIndex } from '@/server/core/kinds/nic';
import { MacWish } from '@/server/core/mac-pool';
import { operations } from '@/server/core/protocol';
import type { Result } from '@/server/core/result';
import { freeGoneNics, freeGuest, freeNic, giveBackMac, type NicKey, takeMac } from '@/server/store';
import { type Context, procedure, router, unwrap } from './trpc';

const at = <T extends z.ZodRawShape>(shape: z.ZodObject<T>) => shape.extend({ host: HostId });
/** Milliseconds. */
const PATIENCE = 20_000;
/** A virtual machine starts, and its guest is given time to notice what happens to its NICs. */
const MACHINE_PATIENCE = 60_000;

/** The beginning of a MAC address, or a whole one; absent: the next of the pool. */
const mac = z
  .string()
  .trim()
  .min(1, 'A MAC address, or its first octets, has to be said, or none.')
  .pipe(MacWish)
  .optional();
const NewGuest = at(operations['guest.add'].input).extend({ mac });
/** Its name is counted. */
const NewNic = at(operations['guest.nic.add'].input.omit({ nic: true })).extend({ mac });

/** Guests that were removed without us give back what they had. */
async function freeGone({ hosts, store }: Context, host: HostId): Promise<void> {
  const observed = hosts.facts(host);
  if (!observed.ok) return;
  const { namespaces, machines } = observed.value;
  if (!namespaces.known || !machines.known) return;
  await freeGoneNics(store, host, [...Object.keys(namespaces.value), ...Object.keys(machines.value)]);
}

/** Makes a NIC with the address that was asked for; it gives it back when it was not made. */
async function withMac<T>(
  { store, hosts }: Context,
  { nic, wish = { is: 'next' } }: { readonly nic: NicKey; readonly wish?: MacWish | undefined },
  make: (mac: MacAddress) => Promise<Result<T>>,
): Promise<T> {
  const request = { wish, driver: 'qemu', sightings: hosts.sightings() } as const;
  const taken = unwrap(await takeMac(store, nic, request));
  const made = await make(taken.mac);
  // An agent that is only slow may still make it.
  if (!made.ok && !['AGENT_SILENT', 'AGENT_GONE'].includes(made.error.code))
    await giveBackMac(store, nic, taken);
  return unwrap(made);
}

/** Guests of labs: namespaces with one NIC, and virtual machines. */
export const guestsRouter = router({
  add: procedure.input(NewGuest).mutation(async ({ ctx, input }) => {
    const { host, mac: wish, ...guest } = input;
    const { link } = unwrap(ctx.hosts.find(host));
    await freeGone(ctx, host);
    return withMac(ctx, { nic: { host, guest: guest.name }, wish }, (mac) =>
      link.request('guest.add', { ...guest, mac }, MACHINE_PATIENCE),
    );
  }),
  plug: procedure.input(at(operations['guest.plug'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.plug', guest, MACHINE_PATIENCE));
  }),
  /** Several NICs at once; the first that cannot be is the last that was tried. */
  limit: procedure
    .input(
      z.strictObject({
        host: HostId,
        nics: z
          .array(operations['guest.limit'].input.omit({ bandwidth: true }))
          .min(1)
          .max(1000),
        bandwidth: operations['guest.limit'].input.shape.bandwidth,
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { link } = unwrap(ctx.hosts.find(input.host));
      for (const nic of input.nics)
        unwrap(await link.request('guest.limit', { ...nic, bandwidth: input.bandwidth }, MACHINE_PATIENCE));
    }),
  remove: procedure.input(at(operations['guest.remove'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.remove', guest, PATIENCE));
    await freeGuest(ctx.store, { host, guest: guest.name });
  }),
  /** Can the host start virtual machines? */
  real: procedure
    .input(z.strictObject({ host: HostId }))
    .query(async ({ ctx, input }) =>
      unwrap(await unwrap(ctx.hosts.find(input.host)).link.request('guest.real', {}, PATIENCE)),
    ),
  start: procedure.input(at(operations['guest.start'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.start', guest, MACHINE_PATIENCE));
  }),
  stop: procedure.input(at(operations['guest.stop'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.stop', guest, MACHINE_PATIENCE));
  }),
  addNic: procedure.input(NewNic).mutation(async ({ ctx, input }) => {
    const { host, mac: wish, ...guest } = input;
    const { link } = unwrap(ctx.hosts.find(host));
    // Fresh: the NIC before may have been put in a moment ago.
    const { machines } = unwrap(await link.request('observe', {}, PATIENCE));
    const nics = machines.known ? (machines.value[guest.name]?.nics ?? []) : [];
    const index = freeNicIndex(nics.map((n) => n.name));
    return withMac(ctx, { nic: { host, guest: guest.name, index }, wish }, (mac) =>
      link.request('guest.nic.add', { ...guest, nic: nicAt(index), mac }, MACHINE_PATIENCE),
    );
  }),
  removeNic: procedure.input(at(operations['guest.nic.remove'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    unwrap(await unwrap(ctx.hosts.find(host)).link.request('guest.nic.remove', guest, MACHINE_PATIENCE));
    const index = nicIndex(guest.nic);
    if (index !== null) await freeNic(ctx.store, { host, guest: guest.name, index });
  }),
  setCable: procedure.input(at(operations['guest.nic.cable'].input)).mutation(async ({ ctx, input }) => {
    const { host, ...guest } = input;
    return unwrap(
      await unwrap(ctx.hosts.find(host)).link.request('guest.nic.cable', guest, MACHINE_PATIENCE),
    );
  }),
});
