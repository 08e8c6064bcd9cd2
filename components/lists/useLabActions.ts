'use client';
import { useMutation } from '@tanstack/react-query';
import { toFailure, useTRPC } from '../live/trpc';
import { useSay } from '../ui/Toast';

/** Labs and their guests: what changes shows in the stream; what fails is told. */
export function useLabActions() {
  const trpc = useTRPC();
  const say = useSay();
  const onError = (error: unknown) => say.failed(toFailure(error).message);
  const reset = useMutation(
    trpc.labs.reset.mutationOptions({
      onError,
      onSuccess: (_, { name }) => say.done(`Lab ${name} is empty again.`),
    }),
  );
  const remove = useMutation(
    trpc.labs.remove.mutationOptions({
      onError,
      onSuccess: (_, { name }) => say.done(`Lab ${name} is removed.`),
    }),
  );
  const plug = useMutation(
    trpc.guests.plug.mutationOptions({
      onError,
      onSuccess: (_, { name, nic, bridge, network, portgroup }) => {
        const what = nic === undefined ? name : `${name} ${nic}`;
        const as = portgroup === undefined ? '' : `, portgroup ${portgroup}`;
        const where = network === undefined ? bridge : `${network}${as}`;
        say.done(where === null ? `${what} is unplugged.` : `${what} is plugged into ${where}.`);
      },
    }),
  );
  const removeGuest = useMutation(
    trpc.guests.remove.mutationOptions({
      onError,
      onSuccess: (_, { name }) => say.done(`Guest ${name} is removed.`),
    }),
  );
  const startGuest = useMutation(
    trpc.guests.start.mutationOptions({
      onError,
      onSuccess: (_, { name }) => say.done(`Guest ${name} starts.`),
    }),
  );
  const stopGuest = useMutation(
    trpc.guests.stop.mutationOptions({
      onError,
      onSuccess: (_, { name }) => say.done(`Guest ${name} is off.`),
    }),
  );
  const removeNic = useMutation(
    trpc.guests.removeNic.mutationOptions({
      onError,
      onSuccess: (_, { name, nic }) => say.done(`NIC ${nic} is taken out of ${name}.`),
    }),
  );
  const setCable = useMutation(
    trpc.guests.setCable.mutationOptions({
      onError,
      onSuccess: ({ noticed }, { name, nic, cable }) => {
        const done = cable === 'in' ? 'is plugged in again' : 'is pulled';
        say.done(`The cable of ${name} ${nic} ${done}${noticed ? ', and the guest has noticed' : ''}.`);
      },
    }),
  );
  return { reset, remove, plug, removeGuest, startGuest, stopGuest, removeNic, setCable };
}
