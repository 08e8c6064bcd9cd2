'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Gauge } from 'lucide-react';
import { useState } from 'react';
import { GuestName } from '@/server/core/ids';
import type { KeptCheck, NicCheckInput } from '@/server/core/nic-check/request';
import type { Topology, TopologyNode } from '@/server/core/topology';
import { bridgeOf, guestsOf, isBridge, isLabGuest, isMachine } from '../lists/bridges';
import { CheckAnswer } from '../lists/CheckAnswer';
import { InSpite } from '../lists/InSpite';
import { useLive } from '../live/Live';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { When } from '../ui/When';

/** A guest of the lab whose packets pass this node, in which programs can be started. */
function proverOf(topology: Topology, node: TopologyNode): GuestName | null {
  const able = (n: TopologyNode) => isLabGuest(n) && !isMachine(n);
  const guests = able(node)
    ? [node]
    : isBridge(node)
      ? guestsOf(topology, node.host).filter((g) => able(g) && bridgeOf(topology, g) === node.label)
      : Object.values(topology.edges)
          .filter((e) => e.kind === 'nic' && e.from === node.id)
          .flatMap((e) => topology.nodes[e.to] ?? [])
          .filter(able);
  return GuestName.safeParse(guests[0]?.label).data ?? null;
}

const isLimited = (topology: Topology, id: string): boolean =>
  Object.values(topology.edges).some((e) => (e.from === id || e.to === id) && e.limit !== null);

/** The newest proof in which this guest, or this device, had a part. */
const newest = (kept: readonly KeptCheck[], { kind, label }: TopologyNode): KeptCheck | undefined =>
  kept.find(
    ({ check, result }) =>
      check.check === 'limit' &&
      (kind === 'guest'
        ? check.from === label || check.to === label
        : result.proof?.devices.includes(label) === true),
  );

/** Measures what gets through a limit, and shows what came of it last time. */
export function ProveLimit({ node }: { readonly node: TopologyNode }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { topology, checking } = useLive();
  const [id, setId] = useState('');
  const guest = proverOf(topology, node);
  const kept = useQuery({ ...trpc.checks.list.queryOptions({ host: node.host }), enabled: guest !== null });
  const records = useQuery(trpc.networks.list.queryOptions());
  const run = useMutation(
    trpc.checks.run.mutationOptions({
      onSettled: () => queries.invalidateQueries(trpc.checks.pathFilter()),
    }),
  );
  const last = newest(kept.data ?? [], node);
  if (guest === null || (last === undefined && !isLimited(topology, node.id))) return null;
  const begin = (check: NicCheckInput) => {
    const next = crypto.randomUUID();
    setId(next);
    run.mutate({ host: node.host, id: next, check });
  };
  const version = records.data?.find((r) => r.host === node.host)?.version;
  const proven = last?.result.proof?.version;
  return (
    <section aria-label="Proof of the limit" className="grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Button
          icon={<Gauge aria-hidden className="size-3.5" />}
          busy={run.isPending && 'Proving'}
          onClick={() => begin({ check: 'limit', from: guest })}
        >
          Prove the limit
        </Button>
        {node.kind !== 'guest' && (
          <span className="text-sm text-dim">
            by what <span className="mono">{guest}</span> gets and sends
          </span>
        )}
      </div>
      {run.isPending && (
        <p role="status" className="text-sm text-dim">
          {checking?.id === id ? checking.doing : 'It begins'} …
        </p>
      )}
      {run.error && <FailureNote {...toFailure(run.error)} />}
      <InSpite error={run.error} check={run.variables?.check} onSure={begin} />
      {last !== undefined && !run.isPending && (
        <>
          <CheckAnswer result={last.result} />
          <p className="text-sm text-dim">
            Measured <When at={last.at} />
            {proven !== undefined && `, of version ${proven} of the design`}
            {proven !== undefined && version !== undefined && version !== proven
              ? `; it is at version ${version} now`
              : ''}
            .
          </p>
        </>
      )}
    </section>
  );
}
