'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Layers } from 'lucide-react';
import { useRouter, useSearchParams } from 'next/navigation';
import { useId, useMemo, useState } from 'react';
import type { Desired } from '@/server/core/change';
import type { HostId } from '@/server/core/ids';
import type { Observed } from '@/server/core/observed';
import { parsePool } from '@/server/core/openqa/parse-pool';
import { poolIn, withPool } from '@/server/core/openqa/things';
import { nothingCommitted, planHost } from '@/server/core/plan';
import { diffDesired } from '@/server/core/undo';
import { useHostNow } from '../edit/useHostNow';
import { HostField } from '../live/HostField';
import { useLive } from '../live/Live';
import { changeable, labOf } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { EmptyState } from '../ui/EmptyState';
import { FailureNote } from '../ui/FailureNote';
import { Page } from '../ui/Page';
import { Skeleton } from '../ui/Spinner';
import { PoolChecks } from './PoolChecks';
import { PoolForm } from './PoolForm';
import { PoolOutcome } from './PoolOutcome';
import { byPoolField, type PoolValues, toPoolInput, toPoolValues } from './poolValues';

/** Plans, makes and checks the taps and the bridge of openQA's workers. */
export function OpenqaPage() {
  const { hosts, stream } = useLive();
  const asked = useSearchParams().get('host');
  const { able, usual } = changeable(hosts);
  const host = able.find((h) => h.host === asked)?.host ?? usual;
  return (
    <Page
      title="openQA"
      lead="A pool of workers for multi-machine jobs: one tap for each NIC, on one bridge of Open vSwitch."
    >
      {stream === 'waiting' ? (
        <Skeleton label="Reading the hosts" />
      ) : host === null ? (
        <EmptyState icon={<Layers aria-hidden />} title="No host can be changed here" />
      ) : (
        <>
          {able.length > 1 && (
            <HostField
              label="Host"
              hosts={able}
              value={host}
              onChoose={(chosen) => history.replaceState(null, '', `?host=${encodeURIComponent(chosen)}`)}
              className="max-w-80"
            />
          )}
          <PoolOn key={host} host={host} />
        </>
      )}
    </Page>
  );
}

function PoolOn({ host }: { readonly host: HostId }) {
  const { facts, record, error } = useHostNow(host);
  const desired = useMemo(() => record && { networks: record.networks, links: record.links }, [record]);
  if (error) return <FailureNote {...toFailure(error)} />;
  if (facts === undefined || record === undefined || desired === undefined)
    return <Skeleton label="Reading the host" />;
  return <PoolEditor host={host} observed={facts} desired={desired} version={record.version} />;
}

type PoolEditorProps = {
  readonly host: HostId;
  readonly observed: Observed;
  readonly desired: Desired;
  readonly version: number;
};

function PoolEditor({ host, observed, desired, version }: PoolEditorProps) {
  const form = useId();
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const [typed, setTyped] = useState<PoolValues | null>(null);
  const values = typed ?? toPoolValues(poolIn(desired), labOf(host) !== null);
  const pool = useMemo(() => parsePool(toPoolInput(values)), [values]);
  const plan = useMemo(() => {
    const committed = { ...nothingCommitted(''), version, desired };
    return pool.ok ? planHost({ observed, committed, desired: withPool(desired, pool.value) }) : null;
  }, [pool, observed, desired, version]);
  const draft = useMutation(
    trpc.changes.draft.mutationOptions({
      onSuccess: (change) => {
        void queries.invalidateQueries(trpc.changes.pathFilter());
        router.push(`/changes/${change.id}`);
      },
    }),
  );
  const items = pool.ok ? diffDesired(desired, withPool(desired, pool.value)) : [];
  const steps = plan?.ok ? plan.value.steps.length : 0;
  const submit = () => items.length > 0 && draft.mutate({ host, items: [...items], baseVersion: version });
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[22rem_minmax(0,1fr)]">
      <PoolForm
        id={form}
        values={values}
        problems={byPoolField(pool.ok ? [] : (pool.error.problems ?? []))}
        onEdit={(edited) => {
          setTyped(edited);
          if (draft.isError) draft.reset();
        }}
        onSubmit={submit}
      >
        {draft.error && <FailureNote {...toFailure(draft.error)} />}
        <Button
          type="submit"
          look="primary"
          disabled={items.length === 0 || !plan?.ok}
          busy={draft.isPending && 'Planning'}
        >
          {items.length === 0 && pool.ok
            ? 'Nothing to review'
            : `Review ${steps} ${steps === 1 ? 'step' : 'steps'}`}
        </Button>
      </PoolForm>
      <div className="grid min-w-0 gap-6">
        <PoolChecks host={host} />
        {pool.ok && plan ? (
          <PoolOutcome pool={pool.value} plan={plan} />
        ) : (
          <p className="text-dim">What it becomes is shown when every field can be used.</p>
        )}
      </div>
    </div>
  );
}
