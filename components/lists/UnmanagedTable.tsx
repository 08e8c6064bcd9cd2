'use client';
import Link from 'next/link';
import type { Candidate } from '@/server/core/adopt-candidates';
import type { HostId } from '@/server/core/ids';
import { hostName } from '../live/names';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { type Column, Table } from '../ui/Table';
import { useAdopt } from './useAdopt';

export type UnmanagedRow = {
  readonly host: HostId;
  readonly what: Candidate;
  readonly refused: string | null;
};

type UnmanagedTableProps = {
  readonly rows: readonly UnmanagedRow[];
  readonly onDrafted: (changeId: string) => void;
};

/** What is on the hosts and could be managed here. */
export function UnmanagedTable({ rows, onDrafted }: UnmanagedTableProps) {
  const adoption = useAdopt(onDrafted);
  const columns: readonly Column<UnmanagedRow>[] = [
    {
      id: 'name',
      header: 'Name',
      value: (r) => r.what.name,
      cell: (r) => (
        <Link
          href={`/?select=${encodeURIComponent(`${r.host}/${r.what.is === 'network' ? 'network' : 'link'}/${r.what.name}`)}`}
          className="mono font-medium text-accent underline-offset-2 hover:underline"
        >
          {r.what.name}
        </Link>
      ),
    },
    { id: 'host', header: 'Host', value: (r) => hostName(r.host) },
    { id: 'kind', header: 'Kind', value: (r) => r.what.kind },
    {
      id: 'actions',
      header: 'Actions',
      value: null,
      align: 'right',
      cell: (r) => (
        <Button
          small
          disabled={r.refused !== null || adoption.busy}
          aria-label={`Manage this: ${r.what.name}`}
          onClick={() => adoption.propose({ host: r.host, is: r.what.is, name: r.what.name })}
        >
          Manage this
        </Button>
      ),
    },
  ];
  return (
    <div className="grid gap-2">
      {adoption.failure && <FailureNote {...adoption.failure} />}
      <Table
        label="Not managed"
        rows={rows}
        columns={columns}
        rowKey={(r) => `${r.host} ${r.what.is} ${r.what.name}`}
        empty={null}
      />
    </div>
  );
}
