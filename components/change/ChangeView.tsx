'use client';
import { useQuery } from '@tanstack/react-query';
import { CircleCheck, RefreshCw, Undo2 } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import type { Plan } from '@/server/core/change';
import { unreachable } from '@/server/core/result';
import { useLive } from '../live/Live';
import { readOnly } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import type { Change } from '../live/types';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { Skeleton, Spinner } from '../ui/Spinner';
import { When } from '../ui/When';
import { ApplyProgress } from './ApplyProgress';
import { LeftOvers } from './LeftOvers';
import { PlanReview, steps } from './PlanReview';
import { PlanSteps } from './PlanSteps';
import { isStale } from './states';
import { useChangeActions } from './useChangeActions';
import { Why } from './Why';

type ChangeViewProps = {
  readonly id: string;
  readonly onGone: () => void;
  /** Shows another change: the undo of this one. */
  readonly onOpen: (id: string) => void;
};

/** A change in whatever state it is: reviewed, running, waiting, ended. */
export function ChangeView({ id, onGone, onOpen }: ChangeViewProps) {
  const trpc = useTRPC();
  const change = useQuery(trpc.changes.get.queryOptions({ id }));
  if (change.isPending) return <Skeleton label="Reading the change" lines={6} />;
  if (change.isError) return <FailureNote {...toFailure(change.error)} />;
  return <Loaded change={change.data} onGone={onGone} onOpen={onOpen} />;
}

type LoadedProps = Omit<ChangeViewProps, 'id'> & { readonly change: Change };

function Loaded({ change, onGone, onOpen }: LoadedProps) {
  const { hosts } = useLive();
  const { plan, apply, discard, undo } = useChangeActions();
  const trpc = useTRPC();
  const settings = useQuery(trpc.settings.get.queryOptions());
  const host = hosts.find((h) => h.host === change.host);
  const transaction = host?.transaction;
  const mine =
    transaction && transaction.state !== 'idle' && transaction.changeId === change.id ? transaction : null;
  const error = apply.error ?? plan.error ?? discard.error ?? undo.error;
  const failure = error && toFailure(error);
  const again = (
    <Button
      busy={plan.isPending && 'Planning'}
      onClick={() => plan.mutate({ id: change.id }, { onSuccess: apply.reset })}
    >
      <RefreshCw aria-hidden className="size-3.5" />
      Plan again
    </Button>
  );
  const putAside = () => discard.mutate({ id: change.id }, { onSuccess: onGone });
  return (
    <div className="grid gap-4">
      {failure && <FailureNote {...failure} />}
      {body()}
    </div>
  );

  function body(): ReactNode {
    if (mine?.state === 'applying')
      return <ApplyProgress now={mine} plan={'plan' in change ? change.plan : null} />;
    switch (change.state) {
      case 'draft':
        return (
          <div className="flex flex-wrap items-center gap-2">
            <p className="flex-1">This change has no plan for the host as it is now.</p>
            <Button onClick={putAside}>Discard</Button>
            {again}
          </div>
        );
      case 'planned':
        if (settings.isPending) return <Skeleton label="Reading the settings" />;
        return (
          <>
            {isStale(change, host) && (
              <div className="flex flex-wrap items-center gap-2 rounded-md border border-amber/40 bg-amber-soft p-2">
                <p className="min-w-40 flex-1">
                  This plan is stale: it was made for version {change.baseVersion} of the host, which is at
                  version {host?.committed?.version} now.
                </p>
                {again}
              </div>
            )}
            <PlanReview
              key={change.plan.hash}
              plan={change.plan}
              seconds={settings.data?.confirmSeconds ?? 60}
              busy={apply.isPending ? 'Applying' : discard.isPending ? 'Discarding' : false}
              refused={
                readOnly(host) ??
                (isStale(change, host) ? 'Plan it again first, and review what it is now.' : null) ??
                (transaction && transaction.state !== 'idle'
                  ? `${transaction.summary} is under way on this host: it has to end first.`
                  : null)
              }
              onApply={(seconds) => apply.mutate({ id: change.id, planHash: change.plan.hash, seconds })}
              onDiscard={putAside}
            />
          </>
        );
      case 'applying':
        return (
          <>
            <Applying />
            <RanSteps plan={change.plan} />
          </>
        );
      case 'awaiting':
        return (
          <>
            <p>It is applied and waits. Keep it or roll it back in the bar at the top.</p>
            <RanSteps plan={change.plan} />
          </>
        );
      case 'committed':
        return (
          <>
            <div className="flex flex-wrap items-center gap-2">
              <CircleCheck aria-hidden className="size-4 text-green" />
              <p className="flex-1">
                Kept as version {change.version} <When at={change.endedAt} />.
                {change.undoneBy.length > 0 && ' It was undone since.'}
              </p>
              {change.undoneBy.length === 0 && (
                <Button
                  icon={<Undo2 aria-hidden className="size-3.5" />}
                  busy={undo.isPending && 'Planning the undo'}
                  onClick={() => undo.mutate({ id: change.id }, { onSuccess: (made) => onOpen(made.id) })}
                >
                  Undo this change
                </Button>
              )}
            </div>
            {change.plan && <RanSteps plan={change.plan} />}
          </>
        );
      case 'rolled-back':
        return (
          <>
            <div>
              Rolled back <When at={change.endedAt} />. <Why text={change.why} />
            </div>
            {change.plan && <RanSteps plan={change.plan} />}
          </>
        );
      case 'stuck':
        return (
          <>
            <div>
              <span className="text-red">Not all of it could be taken back.</span> Why it was to be taken
              back: <Why text={change.why} />
            </div>
            <p className="font-medium">What stood in the way</p>
            <LeftOvers items={change.leftOver} />
            {change.plan && <RanSteps plan={change.plan} />}
          </>
        );
      case 'discarded':
        return (
          <p>
            Discarded <When at={change.endedAt} />. Nothing of it was run.
          </p>
        );
      default:
        return unreachable(change);
    }
  }
}

/** What ran stays readable, folded: the outcome is what counts now. */
function RanSteps({ plan }: { readonly plan: Plan }) {
  return (
    <details>
      <summary className="text-dim">The {steps(plan.steps.length)} of the plan</summary>
      <div className="mt-3 grid gap-4">
        <PlanSteps plan={plan} />
      </div>
    </details>
  );
}

/** The agent says which step runs; only when it does not, after a while, is that a thing to tell. */
function Applying() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 3000);
    return () => clearTimeout(timer);
  }, []);
  return <Spinner label={late ? 'Waiting for the agent to say how it went' : 'Applying'} />;
}
