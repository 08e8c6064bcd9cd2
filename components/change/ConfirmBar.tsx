'use client';
import { useMutation } from '@tanstack/react-query';
import { CircleCheck, OctagonAlert, Undo2, WifiOff, X } from 'lucide-react';
import Link from 'next/link';
import { useEffect, useRef, useState } from 'react';
import type { HostSummary } from '@/server/api/live';
import type { Outcome, Transaction } from '@/server/core/change';
import { readReason } from '@/server/core/explain';
import { useLive } from '../live/Live';
import { onHost } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Button, IconButton } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { Spinner } from '../ui/Spinner';
import { useWide } from '../ui/useWide';
import { CountdownRing, useSecondsLeft } from './Countdown';
import { LeftOvers } from './LeftOvers';

type Busy = Exclude<Transaction, { state: 'idle' }>;
type Bar<S extends Busy['state']> = { readonly host: HostSummary; readonly now: Extract<Busy, { state: S }> };

const BAR = 'flex flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-2';

/** On every page while something waits, runs, or could not be put back. Cannot be missed, nor closed while it waits. */
export function ConfirmBar() {
  const { stream, hosts, ended, dismiss } = useLive();
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = bar.current;
    if (!element) return;
    // Dialogs begin below it: its buttons are never covered.
    const tell = () => document.documentElement.style.setProperty('--bar', `${element.offsetHeight}px`);
    const watch = new ResizeObserver(tell);
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return (
    // `aria-live` keeps it reachable for screen readers while a dialog hides the rest; `off`, for what is to be
    // announced has a role of its own.
    <div
      ref={bar}
      aria-live="off"
      data-above-dialogs
      data-testid="confirm-bar"
      className="pointer-events-auto relative z-50 shrink-0"
    >
      {stream === 'lost' && <Lost waits={hosts.some((h) => h.transaction?.state === 'awaiting')} />}
      {hosts.map((host) => {
        const now = host.transaction;
        if (!now || now.state === 'idle') return null;
        if (now.state === 'awaiting') return <Awaiting key={host.host} host={host} now={now} />;
        if (now.state === 'stuck') return <Stuck key={host.host} host={host} now={now} />;
        return <Running key={host.host} host={host} now={now} />;
      })}
      {ended && ended.outcome.result !== 'stuck' && (
        <EndedBar host={ended.host} outcome={ended.outcome} onClose={dismiss} />
      )}
    </div>
  );
}

/** A picture that is not live any more must not look as if it were. */
function Lost({ waits }: { readonly waits: boolean }) {
  const [since] = useState(() => new Date().toLocaleTimeString('en-GB'));
  const [told, setTold] = useState(false);
  useEffect(() => {
    // Most breaks are over before anybody could read about them.
    const timer = setTimeout(() => setTold(true), 1500);
    return () => clearTimeout(timer);
  }, []);
  if (!told) return null;
  return (
    <section aria-label="Patchbay does not answer" className={`${BAR} border-amber/50 bg-amber-soft`}>
      <WifiOff aria-hidden className="size-4 text-amber" />
      <p role="status" className="min-w-40 flex-1">
        <span className="font-semibold">Patchbay has not answered since {since}.</span> What you see is from
        then; it connects again by itself.
        {waits && ' A change that waits still goes back by itself: the agent counts, not this page.'} If it
        stays so, look at its terminal.
      </p>
    </section>
  );
}

function Awaiting({ host, now }: Bar<'awaiting'>) {
  const trpc = useTRPC();
  const { skew } = useLive();
  const left = useSecondsLeft(now.deadline, skew);
  const keep = useMutation(trpc.changes.confirm.mutationOptions());
  const back = useMutation(trpc.changes.rollback.mutationOptions());
  const failed = keep.error ?? back.error;
  const ids = { host: host.host, changeId: now.changeId };
  return (
    <section aria-label="A change waits to be confirmed" className={`${BAR} border-amber/50 bg-amber-soft`}>
      <CountdownRing left={left} of={now.seconds} />
      <p className="min-w-40 flex-1">
        <Link href={`/changes/${now.changeId}`} className="font-semibold underline-offset-2 hover:underline">
          {now.summary}
        </Link>{' '}
        <span className="text-dim">
          is applied on {onHost(host.host)}. Without an answer it goes back by itself in {left} s.
        </span>
      </p>
      <p role="status" className="sr-only">
        {announced(left, now.summary)}
      </p>
      <div className="flex gap-2">
        <Button
          look="danger"
          icon={<Undo2 aria-hidden className="size-3.5" />}
          busy={back.isPending && 'Rolling back'}
          disabled={keep.isPending}
          onClick={() => back.mutate(ids)}
        >
          Roll back now
        </Button>
        <Button
          look="primary"
          data-key="k"
          aria-keyshortcuts="k"
          busy={keep.isPending && 'Keeping'}
          disabled={back.isPending}
          onClick={() => keep.mutate({ ...ids, nonce: now.nonce })}
        >
          Keep
        </Button>
      </div>
      {failed && (
        <div className="w-full">
          <FailureNote {...toFailure(failed)} />
        </div>
      )}
    </section>
  );
}

/** Screen readers hear it when it begins, and at 30 and 10 seconds, not every second. */
function announced(left: number, summary: string): string {
  if (left <= 10) return `Less than 10 seconds left to keep ${summary}.`;
  if (left <= 30) return `Less than 30 seconds left to keep ${summary}.`;
  return `${summary} is applied and waits to be kept or rolled back.`;
}

function Running({ host, now }: Bar<'applying' | 'rolling-back'>) {
  return (
    <section aria-label="A change is running" className={`${BAR} border-line bg-accent-soft`}>
      <Spinner />
      <p role="status" className="min-w-40 flex-1">
        <span className="font-semibold">{now.summary}</span>{' '}
        {now.state === 'applying'
          ? `on ${onHost(host.host)}: step ${now.step} of ${now.steps}, ${now.title}`
          : `is rolled back on ${onHost(host.host)}: ${readReason(now.why).sentence}`}
      </p>
    </section>
  );
}

function Stuck({ host, now }: Bar<'stuck'>) {
  const trpc = useTRPC();
  const again = useMutation(trpc.changes.rollback.mutationOptions());
  const wide = useWide();
  return (
    <section
      aria-label="A change is stuck"
      role="alert"
      className="grid gap-2 border-b border-red/50 bg-red-soft px-4 py-3"
    >
      <div className="flex flex-wrap items-start gap-3">
        <OctagonAlert aria-hidden className="mt-0.5 size-4 text-red" />
        <p className="min-w-60 flex-1">
          <Link
            href={`/changes/${now.changeId}`}
            className="font-semibold underline-offset-2 hover:underline"
          >
            {now.summary}
          </Link>{' '}
          was to be taken back on {onHost(host.host)}, and not everything could be put back. Until it is,
          nothing else can be changed there: put right what stands in the way, then roll back again.
          <span className="block text-dim">Why it was to be taken back: {readReason(now.why).sentence}</span>
        </p>
        <Button
          busy={again.isPending && 'Rolling back'}
          onClick={() => again.mutate({ host: host.host, changeId: now.changeId })}
        >
          Roll back again
        </Button>
      </div>
      <details open={wide} className="pl-7">
        <summary>What stands in the way</summary>
        <div className="mt-2">
          <LeftOvers items={now.leftOver} />
        </div>
      </details>
      {again.error && <FailureNote {...toFailure(again.error)} />}
    </section>
  );
}

function EndedBar(props: {
  host: string;
  outcome: Exclude<Outcome, { result: 'stuck' }>;
  onClose: () => void;
}) {
  const { host, outcome, onClose } = props;
  const kept = outcome.result === 'committed';
  return (
    <section
      aria-label="How the last change ended"
      className={`${BAR} ${kept ? 'border-green/40 bg-green-soft' : 'border-line bg-raised'}`}
    >
      {kept ? (
        <CircleCheck aria-hidden className="size-4 text-green" />
      ) : (
        <Undo2 aria-hidden className="size-4 text-amber" />
      )}
      <p role="status" className="min-w-40 flex-1">
        {kept
          ? `Kept: ${onHost(host)} is at version ${outcome.version} now.`
          : `Rolled back on ${onHost(host)}. ${readReason(outcome.why).sentence}`}{' '}
        <Link href={`/changes/${outcome.changeId}`} className="underline underline-offset-2">
          See the change
        </Link>
      </p>
      <IconButton label="Dismiss" small icon={<X aria-hidden className="size-4" />} onClick={onClose} />
    </section>
  );
}
