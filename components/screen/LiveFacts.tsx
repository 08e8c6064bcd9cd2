'use client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { TopologyNode } from '@/server/core/topology';
import { toFailure, useTRPC } from '../live/trpc';
import { Facts as FactGroups } from '../topology/Facts';
import { FailureNote } from '../ui/FailureNote';
import { Skeleton } from '../ui/Spinner';

/** Figures that no event tells (counters, states of neighbours) are read again after this many milliseconds. */
const AGAIN = 3000;

/** Every fact of a node, in groups, each with the command it came from. */
export function LiveFacts({ node }: { readonly node: TopologyNode }) {
  const trpc = useTRPC();
  const read = useQuery(
    trpc.topology.inspect.queryOptions(
      { host: node.host, node: node.id },
      { placeholderData: keepPreviousData, refetchInterval: AGAIN, staleTime: 0 },
    ),
  );
  const { refetch } = read;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a node that changed is a reason to read again
  useEffect(() => void refetch(), [node, refetch]);
  if (read.isPending) return <Skeleton label="Reading its facts" lines={6} />;
  if (read.isError) return <FailureNote {...toFailure(read.error)} />;
  return (
    <div className={read.isPlaceholderData ? 'opacity-50' : ''}>
      <FactGroups groups={read.data} />
    </div>
  );
}
