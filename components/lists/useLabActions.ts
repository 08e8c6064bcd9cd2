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
      onSuccess: (_, { name, bridge, network, portgroup }) => {
        const as = portgroup === undefined ? '' : `, portgroup ${portgroup}`;
        const where = network === undefined ? bridge : `${network}${as}`;
        say.done(where === null ? `${name} is unplugged.` : `${name} is plugged into ${where}.`);
      },
    }),
  );
  const removeGuest = useMutation(
    trpc.guests.remove.mutationOptions({
      onError,
      onSuccess: (_, { name }) => say.done(`Guest ${name} is removed.`),
    }),
  );
  return { reset, remove, plug, removeGuest };
}
