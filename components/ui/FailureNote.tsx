import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

type FailureNoteProps = {
  /** What happened and why, one sentence. */
  readonly message: string;
  /** What to do. */
  readonly action?: ReactNode;
  /** The tool's own words, folded. */
  readonly detail?: string | undefined;
  readonly problems?: readonly { readonly message: string }[] | undefined;
};

export function FailureNote({ message, action, detail, problems }: FailureNoteProps) {
  return (
    <div role="alert" className="grid gap-2 rounded-md border border-red/40 bg-red-soft p-3 text-red">
      <div className="flex items-start gap-2">
        <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
        <p className="min-w-0 flex-1 break-words">{message}</p>
        {action}
      </div>
      {problems && problems.length > 0 && (
        <ul className="list-disc pl-9">
          {problems.map((p) => (
            <li key={p.message}>{p.message}</li>
          ))}
        </ul>
      )}
      {detail && (
        <details className="pl-6">
          <summary className="text-sm">What the tool said</summary>
          <pre className="mt-1 overflow-x-auto whitespace-pre-wrap text-text">{detail}</pre>
        </details>
      )}
    </div>
  );
}
