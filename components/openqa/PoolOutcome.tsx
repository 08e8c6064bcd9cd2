import { Download } from 'lucide-react';
import type { Plan } from '@/server/core/change';
import { asText, type ConfigFile } from '@/server/core/export';
import { openqaFiles, wickedPoolFiles } from '@/server/core/openqa/files';
import { seatsOf, tapName } from '@/server/core/openqa/numbering';
import type { Pool } from '@/server/core/openqa/pool';
import type { Result } from '@/server/core/result';
import { saveFile } from '../topology/saveFile';
import { Button, IconButton } from '../ui/Button';
import { Code } from '../ui/Code';
import { FailureNote } from '../ui/FailureNote';

type PoolOutcomeProps = {
  readonly pool: Pool;
  readonly plan: Result<Plan>;
};

/** What a pool becomes: names, steps, files. */
export function PoolOutcome({ pool, plan }: PoolOutcomeProps) {
  return (
    <>
      <section aria-labelledby="taps" className="grid gap-2">
        <h2 id="taps" className="font-semibold">
          Taps
        </h2>
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(13rem,1fr))] gap-x-4 gap-y-0.5">
          {Array.from({ length: pool.workers }, (_, i) => i + 1).map((worker) => (
            <li key={worker} className="flex gap-2">
              <span className="w-16 shrink-0 text-dim">Worker {worker}</span>
              <span className="mono">
                {seatsOf(pool)
                  .flatMap((s) => (s.worker === worker ? [tapName(s)] : []))
                  .join(' ')}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="steps" className="grid gap-2">
        <h2 id="steps" className="font-semibold">
          Steps
        </h2>
        <Steps plan={plan} />
      </section>
      <Files
        title="Files for openQA"
        lead="Which worker has taps, and which bridge the service looks after. Put them there yourself."
        files={openqaFiles(pool)}
      />
      <Files
        title="Files for wicked"
        lead="Only where wicked shall make the interfaces at boot instead of Patchbay."
        files={wickedPoolFiles(pool)}
      />
    </>
  );
}

/** As much as can be read at a glance; the largest pool has 256 taps. */
const MANY = 12;

function Steps({ plan }: { readonly plan: Result<Plan> }) {
  if (!plan.ok) return <FailureNote {...plan.error} />;
  const { steps } = plan.value;
  if (steps.length === 0) return <p className="text-dim">Everything is there as it should be.</p>;
  return (
    <>
      <ol className="grid list-decimal gap-0.5 pl-7">
        {steps.slice(0, MANY).map((s) => (
          <li key={s.n}>{s.title}</li>
        ))}
      </ol>
      {steps.length > MANY && <p className="text-dim">{steps.length - MANY} more are in the review.</p>}
    </>
  );
}

type FilesProps = { readonly title: string; readonly lead: string; readonly files: readonly ConfigFile[] };

function Files({ title, lead, files }: FilesProps) {
  const save = (name: string, text: string) => saveFile(name, new Blob([text], { type: 'text/plain' }));
  return (
    <section aria-label={title} className="grid gap-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1">
          <h2 className="font-semibold">{title}</h2>
          <p className="text-dim">{lead}</p>
        </div>
        <Button
          small
          icon={<Download aria-hidden className="size-3" />}
          onClick={() => save(`${title}.txt`, asText(files))}
        >
          {files.length === 1 ? 'Download it' : `Download ${files.length} as one text`}
        </Button>
      </div>
      {files.slice(0, MANY).map(({ path, text }) => (
        <details key={path}>
          <summary>
            <span className="mono break-all">{path}</span>
          </summary>
          <div className="mt-1 flex items-start gap-2">
            <div className="min-w-0 flex-1">
              <Code tall label={path} text={text.trimEnd()} />
            </div>
            <IconButton
              label={`Download ${path}`}
              icon={<Download aria-hidden className="size-4" />}
              onClick={() => save(path.split('/').at(-1) ?? path, text)}
            />
          </div>
        </details>
      ))}
      {files.length > MANY && <p className="text-dim">{files.length - MANY} more are in the download.</p>}
    </section>
  );
}
