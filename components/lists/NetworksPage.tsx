'use client';
import { useQuery } from '@tanstack/react-query';
import { Download, FileDown, Network as NetworkIcon, Pencil, Trash2 } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { HostId } from '@/server/core/ids';
import type { Network } from '@/server/core/kinds/network';
import { bridgeOf } from '@/server/core/kinds/network';
import { formatNetworkXml, notInXml } from '@/server/core/libvirt/format-network';
import { forwardWord } from '@/server/core/summary';
import { LinkPanel } from '../edit/LinkPanel';
import { NetworkPanel } from '../edit/NetworkPanel';
import { useLive } from '../live/Live';
import { hostName, readOnly } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { saveFile } from '../topology/saveFile';
import { Badge } from '../ui/Badge';
import { Button, IconButton } from '../ui/Button';
import { EmptyState } from '../ui/EmptyState';
import { FailureNote } from '../ui/FailureNote';
import { Page } from '../ui/Page';
import { Skeleton } from '../ui/Spinner';
import { type Column, Table } from '../ui/Table';
import { useSay } from '../ui/Toast';
import { Tooltip } from '../ui/Tooltip';
import { LinkToNode, Prefixes, prefixText } from './cells';
import { drifts } from './drift';
import { ImportPanel } from './ImportPanel';
import { LinksExport } from './LinksExport';
import { LinksTable } from './LinksTable';
import { UnmanagedTable } from './UnmanagedTable';
import { useNetworkDelete } from './useNetworkDelete';

type Opened = {
  readonly host: string | null;
  readonly network: string | null;
  readonly imported?: Network;
};

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
  const [panel, setPanel] = useState<Opened | null>(null);
  const [importing, setImporting] = useState(false);
  const exportXml = useExport();
  const [link, setLink] = useState<{ host: string; name: string } | null>(null);
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
  const links = (lists.data ?? []).flatMap((l) =>
    l.links.map((link) => ({
      ...{ host: l.host, version: l.version, link },
      refused: readOnly(hosts.find((h) => h.host === l.host)),
    })),
  );
  const unmanaged = (lists.data ?? []).flatMap((l) =>
    l.unmanaged.map((what) => ({
      ...{ host: l.host, what },
      refused: readOnly(hosts.find((h) => h.host === l.host)),
    })),
  );
  const columns: readonly Column<Row>[] = [
    {
      id: 'name',
      header: 'Network',
      value: (r) => r.network.name,
      cell: (r) => <LinkToNode host={r.host} link={bridgeOf(r.network)} label={r.network.name} />,
    },
    { id: 'host', header: 'Host', value: (r) => hostName(r.host) },
    { id: 'mode', header: 'Forward mode', value: (r) => forwardWord(r.network.forward.mode) },
    {
      id: 'bridge',
      header: 'Bridge',
      value: (r) => bridgeOf(r.network) ?? '',
      cell: (r) => <span className="mono">{bridgeOf(r.network)}</span>,
    },
    {
      id: 'subnets',
      header: 'Addresses',
      value: (r) => prefixText(r.network.subnets),
      cell: (r) => <Prefixes of={r.network.subnets} />,
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
          <IconButton
            small
            label={`Save ${r.network.name} as XML`}
            icon={<Download aria-hidden className="size-3" />}
            onClick={() => exportXml(r.network)}
          />
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
            {r.network.adopted ? 'Forget' : 'Remove'}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Page
      title="Networks"
      lead="What Patchbay keeps on each host: the bridge, the addresses, who gives out more, and how packets leave."
      actions={
        <Button icon={<FileDown aria-hidden className="size-3.5" />} onClick={() => setImporting(true)}>
          Import
        </Button>
      }
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
      {links.length > 0 && (
        <section className="grid gap-2">
          <div className="flex items-center justify-between gap-2">
            <h2 className="font-semibold">Bridges, VLANs, bonds and taps of the hosts</h2>
            <LinksExport lists={lists.data ?? []} />
          </div>
          <LinksTable
            rows={links}
            onEdit={(r) => setLink({ host: r.host, name: r.link.name })}
            onDrafted={review}
          />
        </section>
      )}
      {unmanaged.length > 0 && (
        <section className="grid gap-2">
          <h2 className="font-semibold">Not managed</h2>
          <p className="text-dim">
            On the hosts already, made by somebody else. Managing it changes nothing.
          </p>
          <UnmanagedTable rows={unmanaged} onDrafted={review} />
        </section>
      )}
      <LinkPanel
        task={link === null ? null : { do: 'edit', name: link.name }}
        host={link?.host ?? null}
        onClose={() => setLink(null)}
        onDrafted={review}
      />
      <ImportPanel
        open={importing}
        onClose={() => setImporting(false)}
        onRead={(host, imported) => {
          setImporting(false);
          setPanel({ host, network: null, imported });
        }}
      />
      <NetworkPanel
        open={panel !== null}
        host={panel?.host ?? null}
        network={panel?.network ?? null}
        imported={panel?.imported ?? null}
        onClose={() => setPanel(null)}
        onDrafted={review}
      />
    </Page>
  );
}

/** Saves libvirt's XML, and says what is not in it. */
function useExport() {
  const say = useSay();
  return (network: Network) => {
    saveFile(`${network.name}.xml`, new Blob([formatNetworkXml(network)], { type: 'text/xml' }));
    const missing = notInXml(network);
    if (missing.length > 0) say.failed(missing.join(' '));
    else say.done(`Saved ${network.name}.xml.`);
  };
}

const dhcpText = (network: Network): readonly string[] =>
  network.subnets.flatMap((s) => [
    ...(s.dhcp?.ranges ?? []).map((r) => `${r.start} – ${r.end}`),
    ...(s.dhcp && s.dhcp.hosts.length > 0 ? [`${s.dhcp.hosts.length} reserved`] : []),
  ]);
