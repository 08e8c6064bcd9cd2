import { Undo2 } from 'lucide-react';
import type { Plan } from '@/server/core/change';
import { Badge } from '../ui/Badge';
import { Actions } from './Actions';
import { GuestEffects, Notes } from './GuestEffects';

/** What guests notice, the notes and the steps of a plan: what runs, whom it touches, how it is taken back. */
export function PlanSteps({ plan }: { readonly plan: Plan }) {
  return (
    <>
      <GuestEffects effects={plan.effects} />
      <Notes notes={plan.notes} />
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
