'use client';
import { CircleCheck, CircleX } from 'lucide-react';
import { CHECKS, type CheckResult, type KeptCheck } from '@/server/core/nic-check/request';
import { Code } from '../ui/Code';
import { When } from '../ui/When';

function Verdict({ result }: { readonly result: CheckResult }) {
  const Icon = result.verdict === 'ok' ? CircleCheck : CircleX;
  return (
    <Icon
      aria-label={result.verdict === 'ok' ? 'Fine' : 'Fault'}
      className={`mt-0.5 size-4 shrink-0 ${result.verdict === 'ok' ? 'text-green' : 'text-red'}`}
    />
  );
}

/** What came of a check, with what was run. */
export function CheckAnswer({ result }: { readonly result: CheckResult }) {
  return (
    <div className="grid gap-2 rounded-md border border-line bg-bg p-3">
      <p role="status" className="flex items-start gap-2">
        <Verdict result={result} />
        <span className="min-w-0 break-words">{result.sentence}</span>
      </p>
      <More result={result} />
    </div>
  );
}

function More({ result }: { readonly result: CheckResult }) {
  return (
    <>
      {result.details.length > 0 && (
        <ul className="mono grid gap-1 text-sm text-dim">
          {result.details.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {result.evidence.length > 0 && (
        <details>
          <summary className="text-sm text-dim">
            {result.evidence.length === 1
              ? 'The command and what it printed'
              : 'The commands and what they printed'}
          </summary>
          <div className="mt-2 grid gap-2">
            {result.evidence.map(({ command, output }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a command may be there several times, and none moves
              <div key={i} className="grid gap-2">
                <Code text={command} label="Command" />
                <Code text={output || '(nothing)'} label="Output" />
              </div>
            ))}
          </div>
        </details>
      )}
    </>
  );
}

/** Earlier results of this guest, newest first. */
export function KeptChecks({
  kept,
  guest,
  skip,
}: {
  readonly kept: readonly KeptCheck[];
  readonly guest: string;
  readonly skip: number;
}) {
  const own = kept
    .filter(({ check }) => check.from === guest || ('to' in check && check.to === guest))
    .slice(skip);
  if (own.length === 0) return null;
  return (
    <details>
      <summary className="text-sm text-dim">
        Earlier checks of <span className="mono">{guest}</span> ({own.length})
      </summary>
      <ul className="mt-2 grid max-h-60 gap-2 overflow-y-auto">
        {own.map(({ id, at, check, result }) => (
          <li key={id} className="grid gap-1 rounded-md border border-line p-2 text-sm">
            <span className="flex items-start gap-2">
              <Verdict result={result} />
              <span className="min-w-0 flex-1 break-words">{result.sentence}</span>
            </span>
            <span className="text-dim">
              {CHECKS[check.check].title}, <When at={at} />
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
