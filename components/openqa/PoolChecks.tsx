import { useMutation } from '@tanstack/react-query';
import { CircleCheck, CircleHelp, CircleX, Stethoscope } from 'lucide-react';
import type { HostId } from '@/server/core/ids';
import { toFailure, useTRPC } from '../live/trpc';
import type { OpenqaChecks } from '../live/types';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { FailureNote } from '../ui/FailureNote';

type Check = OpenqaChecks['checks'][number];

/** What openQA's documentation says to look at, as one button. */
export function PoolChecks({ host }: { readonly host: HostId }) {
  const trpc = useTRPC();
  const check = useMutation(trpc.openqa.check.mutationOptions());
  return (
    <section aria-labelledby="checks" className="grid gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1">
          <h2 id="checks" className="font-semibold">
            Checks
          </h2>
          <p className="text-dim">Of the pool that is there now; nothing is changed.</p>
        </div>
        <Button
          icon={<Stethoscope aria-hidden className="size-4" />}
          busy={check.isPending && 'Reading twice, 3 s apart'}
          onClick={() => check.mutate({ host })}
        >
          Check
        </Button>
      </div>
      {check.error && <FailureNote {...toFailure(check.error)} />}
      {check.data && (
        <ul
          aria-label={`Checks of ${check.data.bridge}`}
          className="grid gap-px overflow-hidden rounded-md border border-line bg-line"
        >
          {check.data.checks.map((c) => (
            <Answer key={c.id} check={c} />
          ))}
        </ul>
      )}
    </section>
  );
}

const LOOKS = {
  ok: { Icon: CircleCheck, tone: 'text-green', word: 'ok' },
  fault: { Icon: CircleX, tone: 'text-red', word: 'fault' },
  unknown: { Icon: CircleHelp, tone: 'text-dim', word: 'unknown' },
} as const;

function Answer({ check: { title, verdict, sentences, command } }: { readonly check: Check }) {
  const { Icon, tone, word } = LOOKS[verdict];
  return (
    <li className="flex items-start gap-2 bg-raised p-3">
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${tone}`} />
      <div className="grid min-w-0 flex-1 gap-1">
        <h3 className="font-medium">
          {title}
          <span className={`ml-2 text-sm font-normal ${tone}`}>{word}</span>
        </h3>
        {sentences.map((s) => (
          <p key={s} className="break-words">
            {s}
          </p>
        ))}
        <details open={verdict === 'fault'}>
          <summary className="text-sm text-dim">The command that shows it</summary>
          <div className="mt-1">
            <Code label={`command: ${title}`} text={command} />
          </div>
        </details>
      </div>
    </li>
  );
}
