'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { History, RefreshCw, Trash2, Undo2 } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useLive } from '../live/Live';
import { hostName } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import type { Change } from '../live/types';
import { Badge } from '../ui/Badge';
import { Button } from '../ui/Button';
import { EmptyState } from '../ui/EmptyState';
import { FailureNote } from '../ui/FailureNote';
import { Page } from '../ui/Page';
import { Skeleton } from '../ui/Spinner';
import { type Column, Table } from '../ui/Table';
import { When } from '../ui/When';
import { canUndo, isStale, stateOf } from './states';
import { useChangeActions } from './useChangeActions';

export function ChangesPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const { hosts } = useLive();
  const { plan, discard, undo } = useChangeActions();
  const hostOf = (c: Change) => hosts.find((h) => h.host === c.host);
  const failed = undo.error ?? plan.error ?? discard.error;
  const history = useInfiniteQuery(
    trpc.changes.list.infiniteQueryOptions(
      { limit: 100 },
      { getNextPageParam: (page) => page.next ?? undefined },
    ),
  );
  const rows = history.data?.pages.flatMap((p) => p.changes) ?? [];
  const columns: readonly Column<Change>[] = [
    {
      id: 'summary',
      header: 'Change',
      value: (c) => c.summary,
      cell: (c) => (
        <Link
          href={`/changes/${c.id}`}
          className="font-medium text-accent underline-offset-2 hover:underline"
        >
          {c.summary}
        </Link>
      ),
    },
    {
      id: 'state',
      header: 'State',
      value: (c) => stateOf(c, hostOf(c)).word,
      cell: (c) => {
        const { tone, word } = stateOf(c, hostOf(c));
        return <Badge tone={tone}>{word}</Badge>;
      },
    },
    { id: 'host', header: 'Host', value: (c) => hostName(c.host) },
    { id: 'author', header: 'By', value: (c) => c.author },
    { id: 'at', header: 'When', value: (c) => c.createdAt, cell: (c) => <When at={c.createdAt} /> },
    {
      id: 'actions',
      header: 'Actions',
      value: null,
      align: 'right',
      cell: (c) =>
        c.state === 'draft' || isStale(c, hostOf(c)) ? (
          <span className="inline-flex gap-1">
            <Button
              small
              icon={<RefreshCw aria-hidden className="size-3" />}
              busy={plan.isPending && plan.variables.id === c.id && 'Planning'}
              onClick={() => plan.mutate({ id: c.id }, { onSuccess: () => router.push(`/changes/${c.id}`) })}
            >
              Plan again
            </Button>
            <Button
              small
              icon={<Trash2 aria-hidden className="size-3" />}
              busy={discard.isPending && discard.variables.id === c.id && 'Discarding'}
              onClick={() => discard.mutate({ id: c.id })}
            >
              Discard
            </Button>
          </span>
        ) : canUndo(c) ? (
          <Button
            small
            icon={<Undo2 aria-hidden className="size-3" />}
            busy={undo.isPending && undo.variables.id === c.id && 'Planning'}
            onClick={() =>
              undo.mutate({ id: c.id }, { onSuccess: (made) => router.push(`/changes/${made.id}`) })
            }
          >
            Undo
          </Button>
        ) : null,
    },
  ];
  return (
    <Page
      title="Changes"
      lead="Everything that was changed through Patchbay, newest first. Undo makes a new change to review."
    >
      {failed && <FailureNote {...toFailure(failed)} />}
      {history.isPending && <Skeleton label="Reading the history" lines={6} />}
      {history.isError && <FailureNote {...toFailure(history.error)} />}
      {history.isSuccess && (
        <Table
          label="Changes"
          rows={rows}
          columns={columns}
          rowKey={(c) => c.id}
          empty={
            <EmptyState
              icon={<History aria-hidden />}
              title="No changes yet"
              action={
                <Button look="primary" onClick={() => router.push('/?panel=new-network')}>
                  Define a network
                </Button>
              }
            >
              Every change is kept here with its commands, its author and how it ended.
            </EmptyState>
          }
        />
      )}
      {history.hasNextPage && (
        <div>
          <Button busy={history.isFetchingNextPage && 'Reading'} onClick={() => void history.fetchNextPage()}>
            Show older ones
          </Button>
        </div>
      )}
    </Page>
  );
}
