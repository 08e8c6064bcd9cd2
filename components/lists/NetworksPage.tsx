'use client';
import { useQuery } from '@tanstack/react-query';
import { Network as NetworkIcon, Pencil, Trash2 } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { HostId } from '@/server/core/ids';
import type { Network } from '@/server/core/kinds/network';
import { forwardWord } from '@/server/core/undo';
import { NetworkPanel } from '../edit/NetworkPanel';
import { useLive } from '../live/Live';
import { hostName, readOnly } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Badge } from '../ui/Badge';
import { Button } from '../ui/Button';
import { EmptyState } from '../ui/EmptyState';
import { FailureNote } from '../ui/FailureNote';
import { Page } from '../ui/Page';
import { Skeleton } from '../ui/Spinner';
import { type Column, Table } from '../ui/Table';
import { Tooltip } from '../ui/Tooltip';
import { drifts } from './drift';
import { useNetworkDelete } from './useNetworkDelete';

type Row = {
  readonly host: HostId;
  readonly version: number;
  readonly network: Network;
  /** A sentence, or null when it is as committed or that cannot be told. */
  readonly drift: string | null;
  readonly refused: string | null;
};

export function NetworksPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const { hosts } = useLive();
  const lists = useQuery(trpc.networks.list.queryOptions(undefined, { refetchInterval: 10_000 }));
  const [panel, setPanel] = useState<{ host: string | null; network: string | null } | null>(null);
  const review = (id: string) => router.push(`/changes/${id}`);
  const removal = useNetworkDelete(review);
  const rows = (lists.data ?? []).flatMap((l): Row[] =>
    l.networks.map((network) => ({
      host: l.host,
      version: l.version,
      network,
      drift: drifts(l, network),
      refused: readOnly(hosts.find((h) => h.host === l.host)),
    })),
  );
  const columns: readonly Column<Row>[] = [
    {
      id: 'name',
      header: 'Network',
      value: (r) => r.network.name,
      cell: (r) => (
        <Link
          href={`/?select=${encodeURIComponent(`${r.host}/link/${r.network.bridge.name}`)}`}
          className="mono font-medium text-accent underline-offset-2 hover:underline"
        >
          {r.network.name}
        </Link>
      ),
    },
    { id: 'host', header: 'Host', value: (r) => hostName(r.host) },
    { id: 'mode', header: 'Forward mode', value: (r) => forwardWord(r.network.forward.mode) },
    {
      id: 'bridge',
      header: 'Bridge',
      value: (r) => r.network.bridge.name,
      cell: (r) => <span className="mono">{r.network.bridge.name}</span>,
    },
    {
      id: 'subnets',
      header: 'Addresses',
      value: (r) => r.network.subnets.map((s) => `${s.address}/${s.prefix}`).join(' '),
      cell: (r) => (
        <span className="mono grid">
          {r.network.subnets.map((s) => (
            <span key={s.address}>
              {s.address}/{s.prefix}
            </span>
          ))}
        </span>
      ),
    },
    {
      id: 'dhcp',
      header: 'DHCP',
      value: (r) => dhcpText(r.network).join(' '),
      cell: (r) => (
        <span className="mono grid">
          {dhcpText(r.network).map((t) => (
            <span key={t}>{t}</span>
          ))}
        </span>
      ),
    },
    {
      id: 'drift',
      header: 'On the host',
      value: (r) => (r.drift === null ? 'as kept' : 'differs'),
      cell: (r) =>
        r.drift === null ? (
          <span className="text-dim">as kept</span>
        ) : (
          <Tooltip text={r.drift}>
            <button type="button">
              <Badge tone="amber">differs</Badge>
            </button>
          </Tooltip>
        ),
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
            onClick={() => setPanel({ host: r.host, network: r.network.name })}
          >
            Edit
          </Button>
          <Button
            small
            look="danger"
            icon={<Trash2 aria-hidden className="size-3" />}
            disabled={r.refused !== null || removal.busy}
            onClick={() => removal.propose({ host: r.host, network: r.network, baseVersion: r.version })}
          >
            Remove
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Page
      title="Networks"
      lead="What Patchbay keeps on each host: the bridge, the addresses, who gives out more, and how packets leave."
    >
      {lists.isPending && <Skeleton label="Reading the networks" lines={6} />}
      {lists.isError && <FailureNote {...toFailure(lists.error)} />}
      {lists.isSuccess && (
        <Table
          label="Networks"
          rows={rows}
          columns={columns}
          rowKey={(r) => `${r.host} ${r.network.name}`}
          empty={
            <EmptyState
              icon={<NetworkIcon aria-hidden />}
              title="No networks yet"
              action={
                <Button look="primary" onClick={() => setPanel({ host: null, network: null })}>
                  Define the first one
                </Button>
              }
            >
              A network is a bridge with addresses, DHCP and a way out. You review every command before it
              runs.
            </EmptyState>
          }
        />
      )}
      <NetworkPanel
        open={panel !== null}
        host={panel?.host ?? null}
        network={panel?.network ?? null}
        onClose={() => setPanel(null)}
        onDrafted={review}
      />
    </Page>
  );
}

const dhcpText = (network: Network): readonly string[] =>
  network.subnets.flatMap((s) => [
    ...(s.dhcp?.ranges ?? []).map((r) => `${r.start} – ${r.end}`),
    ...(s.dhcp && s.dhcp.hosts.length > 0 ? [`${s.dhcp.hosts.length} reserved`] : []),
  ]);
