'use client';
import { Waypoints } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { hostName } from '../live/names';
import { Page } from '../ui/Page';
import { When } from '../ui/When';
import { ChangeView } from './ChangeView';
import { useChangeHead } from './useChangeHead';

export function ChangePage({ id }: { readonly id: string }) {
  const router = useRouter();
  const { change, title, mark } = useChangeHead(id);
  return (
    <Page
      title={title}
      lead={
        change && (
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            {mark}
            {hostName(change.host)}
            <span>
              by {change.author}, <When at={change.createdAt} />
            </span>
            {change.undoOf && (
              <Link className="underline underline-offset-2" href={`/changes/${change.undoOf}`}>
                takes back an earlier change
              </Link>
            )}
          </span>
        )
      }
      actions={
        <Link
          href={`/?change=${id}`}
          className="inline-flex h-8 items-center gap-1.5 rounded-md border border-line bg-raised px-3 font-medium hover:border-strong"
        >
          <Waypoints aria-hidden className="size-3.5" />
          Show beside the graph
        </Link>
      }
    >
      <div className="rounded-lg border border-line bg-raised p-4 [--foot:0px]">
        <h2 className="sr-only">Its state and its steps</h2>
        <ChangeView
          id={id}
          onGone={() => router.push('/changes')}
          onOpen={(other) => router.push(`/changes/${other}`)}
        />
      </div>
    </Page>
  );
}
