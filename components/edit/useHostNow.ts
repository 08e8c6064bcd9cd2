import { useQuery } from '@tanstack/react-query';
import { HostId } from '@/server/core/ids';
import { useTRPC } from '../live/trpc';

/** A host as a form begins with it: read anew when it opens, and left alone while it is open. */
export function useHostNow(host: string) {
  const trpc = useTRPC();
  const facts = useQuery(
    trpc.topology.facts.queryOptions(
      { host: HostId.parse(host) },
      { staleTime: 0, refetchOnWindowFocus: false },
    ),
  );
  const lists = useQuery(
    trpc.networks.list.queryOptions(undefined, { staleTime: 0, refetchOnWindowFocus: false }),
  );
  return {
    facts: facts.data,
    record: lists.data?.find((l) => l.host === host),
    error: facts.error ?? lists.error,
    reading: facts.isFetching,
  };
}
