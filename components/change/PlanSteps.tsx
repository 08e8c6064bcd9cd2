import { Info, Undo2 } from 'lucide-react';
import type { Plan } from '@/server/core/change';
import { Badge } from '../ui/Badge';
import { Actions } from './Actions';

/** The notes and the steps of a plan: what runs, whom it touches, how it is taken back. */
export function PlanSteps({ plan }: { readonly plan: Plan }) {
  return (
    <>
      {plan.notes.length > 0 && (
        <ul className="grid gap-1 rounded-md border border-line bg-accent-soft p-3">
          {plan.notes.map((note) => (
            <li key={note} className="flex items-start gap-2">
              <Info aria-hidden className="mt-0.5 size-4 shrink-0 text-accent" />
              <span>{note}</span>
            </li>
          ))}
        </ul>
      )}
      <ol className="grid gap-2">
        {plan.steps.map((step) => (
          <li
            key={step.n}
            className="grid grid-cols-[28px_minmax(0,1fr)] rounded-md border border-line bg-raised p-3"
          >
            <span aria-hidden className="pt-px font-semibold text-dim">
              {step.n}
            </span>
            <div className="grid min-w-0 gap-2">
              <div className="flex flex-wrap items-center gap-2">
                <h3 className="font-medium">{step.title}</h3>
                {step.touches.map((t) => (
                  <Badge key={t}>{t}</Badge>
                ))}
              </div>
              <Actions actions={step.actions} what={`Step ${step.n}`} />
              <details>
                <summary className="inline-flex items-center gap-1 text-sm text-dim">
                  <Undo2 aria-hidden className="size-3" />
                  {step.inverse.length === 0 ? 'Nothing to take back' : 'How it is taken back'}
                </summary>
                {step.inverse.length > 0 && (
                  <div className="mt-2">
                    <Actions actions={step.inverse} what={`Taking back step ${step.n}`} />
                  </div>
                )}
              </details>
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
