'use client';
import { useMutation } from '@tanstack/react-query';
import { Pencil, Trash2 } from 'lucide-react';
import type { HostId } from '@/server/core/ids';
import type { HostLink } from '@/server/core/kinds/link';
import { inFull } from '@/server/core/summary';
import { hostName } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { type Column, Table } from '../ui/Table';
import { useSay } from '../ui/Toast';
import { LinkToNode, Prefixes, prefixText } from './cells';

export type LinkRow = {
  readonly host: HostId;
  readonly version: number;
  readonly link: HostLink;
  readonly refused: string | null;
};

type LinksTableProps = {
  readonly rows: readonly LinkRow[];
  readonly onEdit: (row: LinkRow) => void;
  readonly onDrafted: (changeId: string) => void;
};

const KINDS = { bridge: 'Bridge', vlan: 'VLAN', bond: 'Bond', tap: 'Tap' } as const;

/** Bridges, VLANs and bonds of the hosts themselves, as they were kept. */
export function LinksTable({ rows, onEdit, onDrafted }: LinksTableProps) {
  const trpc = useTRPC();
  const say = useSay();
  const draft = useMutation(
    trpc.changes.draft.mutationOptions({
      onSuccess: (change) => onDrafted(change.id),
      onError: (error) => say.failed(toFailure(error).message),
    }),
  );
  const columns: readonly Column<LinkRow>[] = [
    {
      id: 'name',
      header: 'Interface',
      value: (r) => r.link.name,
      cell: (r) => <LinkToNode host={r.host} link={r.link.name} label={r.link.name} />,
    },
    { id: 'host', header: 'Host', value: (r) => hostName(r.host) },
    { id: 'kind', header: 'Kind', value: (r) => KINDS[r.link.kind] },
    { id: 'what', header: 'Made of', value: (r) => inFull(r.link).replace(/^[^(]*\(?|\)$/g, '') },
    {
      id: 'addresses',
      header: 'Addresses',
      value: (r) => prefixText(r.link.addresses ?? []),
      cell: (r) => <Prefixes of={r.link.addresses ?? []} />,
    },
    {
      id: 'actions',
      header: 'Actions',
      value: null,
      align: 'right',
      cell: (r) => (
        <span className="inline-flex gap-1">
          <Button
            small
            icon={<Pencil aria-hidden className="size-3" />}
            disabled={r.refused !== null}
            onClick={() => onEdit(r)}
          >
            Edit
          </Button>
          <Button
            small
            look="danger"
            icon={<Trash2 aria-hidden className="size-3" />}
            disabled={r.refused !== null || draft.isPending}
            onClick={() =>
              draft.mutate({
                host: r.host,
                baseVersion: r.version,
                items: [{ op: 'delete', before: r.link }],
              })
            }
          >
            {r.link.adopted ? 'Forget' : 'Remove'}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Table
      label="Links of the hosts"
      rows={rows}
      columns={columns}
      rowKey={(r) => `${r.host} ${r.link.name}`}
      empty={null}
    />
  );
}
