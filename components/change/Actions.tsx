import type { Action } from '@/server/core/change';
import { Code } from '../ui/Code';
import { actionText } from './actionText';

/** Actions in order, each as the line that runs, with the text it is given beneath. */
export function Actions({ actions, what }: { readonly actions: readonly Action[]; readonly what: string }) {
  return (
    <ol className="grid gap-2">
      {actions.map((action, n) => {
        const { line, body } = actionText(action);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the order is what identifies an action of a plan
          <li key={n} className="grid min-w-0 gap-1">
            <Code text={line} label={`${what}, command ${n + 1}`} />
            {body !== null && (
              <details className="min-w-0 pl-3">
                <summary className="text-sm text-dim">
                  {action.do === 'write' ? 'The file' : 'Standard input'},{' '}
                  {body.split('\n').filter(Boolean).length} lines
                </summary>
                <div className="mt-1">
                  <Code text={body} label={`${what}, text of command ${n + 1}`} tall />
                </div>
              </details>
            )}
          </li>
        );
      })}
    </ol>
  );
}
