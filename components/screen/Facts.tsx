'use client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { FactGroup } from '@/server/core/inspect';
import type { TopologyNode } from '@/server/core/topology';
import { toFailure, useTRPC } from '../live/trpc';
import { FailureNote } from '../ui/FailureNote';
import { Skeleton } from '../ui/Spinner';
import { Tooltip } from '../ui/Tooltip';

/** Figures that no event tells (counters, states of neighbours) are read again after this many milliseconds. */
const AGAIN = 3000;

/** Every fact of a node, in groups, each with the command it came from. */
export function Facts({ node }: { readonly node: TopologyNode }) {
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
    <div className={`grid gap-4 ${read.isPlaceholderData ? 'opacity-50' : ''}`}>
      {read.data.map((group) => (
        <Group key={group.title} group={group} />
      ))}
    </div>
  );
}

function Group({ group }: { readonly group: FactGroup }) {
  return (
    <section aria-label={group.title} className="grid gap-1">
      <h3 className="text-sm font-semibold text-dim">{group.title}</h3>
      <dl className="grid grid-cols-[120px_minmax(0,1fr)] gap-x-3 gap-y-1 text-sm">
        {group.facts.map((fact, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: labels repeat in lists (addresses); the order is theirs
          <div key={n} className="contents">
            <dt className="text-dim break-words">{fact.label}</dt>
            <dd className="min-w-0">
              <Tooltip text={<span className="mono">{fact.command}</span>}>
                <button type="button" className="mono max-w-full cursor-help! text-left break-words">
                  {fact.value ?? <span className="text-amber">unknown: {fact.why}</span>}
                </button>
              </Tooltip>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
