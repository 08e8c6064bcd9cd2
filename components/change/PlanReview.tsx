'use client';
import { ListChecks } from 'lucide-react';
import { useId, useState } from 'react';
import type { Plan } from '@/server/core/change';
import { Button } from '../ui/Button';
import { EmptyState } from '../ui/EmptyState';
import { Input } from '../ui/Field';
import { PlanSteps } from './PlanSteps';

type PlanReviewProps = {
  readonly plan: Plan;
  /** Seconds to confirm in, as the settings have it. */
  readonly seconds: number;
  readonly busy: string | false;
  /** Why it cannot be applied here, or null. */
  readonly refused: string | null;
  readonly onApply: (seconds: number) => void;
  readonly onDiscard: () => void;
};

export const steps = (n: number): string => (n === 1 ? '1 step' : `${n} steps`);

/** What would run, in order, and how each step is taken back. Nothing runs before the button at its foot. */
export function PlanReview({ plan, seconds, busy, refused, onApply, onDiscard }: PlanReviewProps) {
  const [within, setWithin] = useState(String(seconds));
  const field = useId();
  const n = Number(within);
  const valid = Number.isInteger(n) && n >= 5 && n <= 3600;
  const empty = plan.steps.length === 0;
  return (
    <div className="grid gap-4">
      {empty && (
        <EmptyState icon={<ListChecks aria-hidden />} title="Nothing needs to run: it is as designed">
          The host already is as this change wants it: applying it only changes what Patchbay keeps.
        </EmptyState>
      )}
      <PlanSteps plan={plan} />
      <div className="sticky bottom-[var(--foot,-16px)] -mx-4 -mb-4 flex flex-wrap items-center gap-3 border-t border-line rounded-b-lg bg-raised px-4 py-3">
        <label htmlFor={field} className="flex items-center gap-2">
          Confirm within
          <Input
            id={field}
            inputMode="numeric"
            value={within}
            aria-invalid={!valid}
            aria-describedby={`${field}-note`}
            onChange={(e) => setWithin(e.target.value)}
            className="w-16! text-right"
          />
          seconds
        </label>
        <p
          id={`${field}-note`}
          className={`min-w-48 flex-1 text-sm max-sm:order-first max-sm:w-full max-sm:flex-none ${valid ? 'text-dim' : 'text-red'}`}
        >
          {valid
            ? 'If nobody keeps it by then, everything goes back by itself.'
            : 'Between 5 and 3600 seconds.'}
        </p>
        <div className="flex gap-2 max-sm:w-full max-sm:*:flex-1">
          <Button onClick={onDiscard} disabled={busy !== false}>
            Discard
          </Button>
          <Button
            look="primary"
            data-key="a"
            aria-keyshortcuts="a"
            busy={busy}
            disabled={!valid || refused !== null}
            onClick={() => onApply(n)}
          >
            {empty ? 'Apply the design' : `Apply ${steps(plan.steps.length)}`}
          </Button>
        </div>
        {refused !== null && (
          <p role="note" className="w-full text-amber">
            {refused}
          </p>
        )}
      </div>
    </div>
  );
}
