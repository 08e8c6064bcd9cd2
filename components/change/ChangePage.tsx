'use client';
import { useQuery } from '@tanstack/react-query';
import { Waypoints } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { hostName } from '../live/names';
import { useTRPC } from '../live/trpc';
import { Badge } from '../ui/Badge';
import { Page } from '../ui/Page';
import { When } from '../ui/When';
import { ChangeView } from './ChangeView';
import { STATES } from './states';

export function ChangePage({ id }: { readonly id: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { data } = useQuery(trpc.changes.get.queryOptions({ id }));
  return (
    <Page
      title={data?.summary ?? 'Change'}
      lead={
        data && (
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Badge tone={STATES[data.state].tone}>{STATES[data.state].word}</Badge>
            {hostName(data.host)}
            <span>
              by {data.author}, <When at={data.createdAt} />
            </span>
            {data.undoOf && (
              <Link className="underline underline-offset-2" href={`/changes/${data.undoOf}`}>
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
      <div className="rounded-lg border border-line bg-raised p-4">
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
