import type { Action } from '@/server/core/change';
import { Code } from '../ui/Code';
import { type ActionText, actionText } from './actionText';

type Group = {
  readonly lines: readonly string[];
  readonly body: ActionText['body'];
  readonly isFile: boolean;
};

/** Commands that stand alone are read as one block; one that is given a text ends its block. */
function groups(actions: readonly Action[]): readonly Group[] {
  const found: Group[] = [];
  for (const action of actions) {
    const { line, body } = actionText(action);
    const last = found.at(-1);
    const lines = last && last.body === null ? [...last.lines, line] : [line];
    if (last && last.body === null) found.pop();
    found.push({ lines, body, isFile: action.do === 'write' });
  }
  return found;
}

function lineCount(body: string): string {
  const n = body.split('\n').filter(Boolean).length;
  return n === 1 ? '1 line' : `${n} lines`;
}

/** Actions in order as the lines that run, with the text that a command is given beneath it. */
export function Actions({ actions, what }: { readonly actions: readonly Action[]; readonly what: string }) {
  return (
    <div className="grid min-w-0 gap-2">
      {groups(actions).map(({ lines, body, isFile }) => (
        <div key={lines.join('\n')} className="grid min-w-0 gap-1">
          <Code text={lines.join('\n')} label={what} />
          {body?.trim() === '' && (
            <p className="pl-3 text-sm text-dim">{isFile ? 'The file' : 'Standard input'} is empty.</p>
          )}
          {body !== null && body.trim() !== '' && (
            <details className="min-w-0 pl-3">
              <summary className="text-sm text-dim">
                {isFile ? 'The file' : 'Standard input'}, {lineCount(body)}
              </summary>
              <div className="mt-1">
                <Code text={body} label={`${what}, ${isFile ? 'file' : 'standard input'}`} tall />
              </div>
            </details>
          )}
        </div>
      ))}
    </div>
  );
}
