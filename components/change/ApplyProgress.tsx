import { CircleCheck, CircleDashed } from 'lucide-react';
import type { Plan, Transaction } from '@/server/core/change';
import { Spinner } from '../ui/Spinner';

type Applying = Extract<Transaction, { state: 'applying' }>;

/** Which step runs, which are done. `plan` is null when the change was not made here. */
export function ApplyProgress({ now, plan }: { readonly now: Applying; readonly plan: Plan | null }) {
  return (
    <div className="grid gap-2">
      <div className="flex items-center gap-2">
        <progress
          aria-label="Steps done"
          value={now.step}
          max={now.steps}
          className="h-1.5 w-48 accent-(--accent)"
        />
        <span role="status">
          Step {now.step} of {now.steps}: {now.title}
        </span>
      </div>
      {plan && (
        <ol className="grid gap-1">
          {plan.steps.map((s) => (
            <li key={s.n} className="flex items-center gap-2">
              {s.n < now.step ? (
                <CircleCheck aria-label="done" className="size-3.5 text-green" />
              ) : s.n === now.step ? (
                <Spinner />
              ) : (
                <CircleDashed aria-label="to do" className="size-3.5 text-dim" />
              )}
              {s.title}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
