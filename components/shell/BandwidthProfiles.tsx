'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { bitRate } from '@/server/core/bit-rate';
import type { Bandwidth } from '@/server/core/kinds/port';
import { limitOf, WAYS } from '@/server/core/token-bucket';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { Skeleton } from '../ui/Spinner';
import { useSay } from '../ui/Toast';

/** Limits that were saved under a name, in the form of a network. */
export function BandwidthProfiles({ className }: { readonly className: string }) {
  const trpc = useTRPC();
  const say = useSay();
  const queries = useQueryClient();
  const list = useQuery(trpc.bandwidthProfiles.list.queryOptions());
  const remove = useMutation(
    trpc.bandwidthProfiles.remove.mutationOptions({
      onSuccess: () => {
        say.done('The profile is deleted; what was limited by it stays so.');
        void queries.invalidateQueries(trpc.bandwidthProfiles.pathFilter());
      },
    }),
  );
  const failure = list.error ?? remove.error;
  return (
    <section className={className} aria-labelledby="bandwidth-profiles">
      <h2 id="bandwidth-profiles" className="text-lg font-semibold">
        Bandwidth profiles
      </h2>
      {failure && <FailureNote {...toFailure(failure)} />}
      {list.isPending && <Skeleton label="Reading the profiles" lines={2} />}
      {list.data?.length === 0 && (
        <p className="text-dim">
          Limits under a name, to be chosen in forms. Save some in the form of a network, under Bandwidth.
        </p>
      )}
      <ul aria-label="Profiles" className="grid gap-2">
        {list.data?.map(({ name, bandwidth }) => (
          <li key={name} className="flex min-h-7 flex-wrap items-center gap-2">
            <span className="min-w-32 font-medium">{name}</span>
            <span className="min-w-40 flex-1 text-dim">{limitsText(bandwidth)}</span>
            <Button
              small
              look="danger"
              icon={<Trash2 aria-hidden className="size-3" />}
              busy={remove.isPending && remove.variables.name === name && 'Deleting'}
              onClick={() => remove.mutate({ name })}
            >
              Delete {name}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const limitsText = (bandwidth: Bandwidth): string =>
  WAYS.flatMap((way) => {
    const { average, peak, burst, floor } = limitOf(bandwidth, way) ?? {};
    const parts = [
      ...(average === undefined ? [] : [bitRate(average * 1000)]),
      ...(peak === undefined ? [] : [`peak ${bitRate(peak * 1000)}`]),
      ...(burst === undefined ? [] : [`burst ${burst.toLocaleString('en')} KiB`]),
      ...(floor === undefined ? [] : [`floor ${bitRate(floor * 1000)}`]),
    ];
    return parts.length === 0 ? [] : [`${way} ${parts.join(', ')}`];
  }).join('; ');
