'use client';
import { FlaskConical, Plus, RotateCcw, Trash2 } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import type { HostSummary } from '@/server/api/live';
import { useLive } from '../live/Live';
import { hostName, hostState, labOf, readOnly } from '../live/names';
import { Badge, StateDot } from '../ui/Badge';
import { Button } from '../ui/Button';
import { EmptyState } from '../ui/EmptyState';
import { Page } from '../ui/Page';
import { Skeleton } from '../ui/Spinner';
import { type Column, Table } from '../ui/Table';
import { LabConfirm, type LabQuestion } from './LabConfirm';
import { LabPanel } from './LabPanel';

export function HostsPage() {
  const { hosts, stream } = useLive();
  const [making, setMaking] = useState(false);
  const [ask, setAsk] = useState<LabQuestion | null>(null);
  const columns: readonly Column<HostSummary>[] = [
    {
      id: 'host',
      header: 'Host',
      value: (h) => hostName(h.host),
      cell: (h) => (
        <Link
          href={`/?select=${encodeURIComponent(h.host)}`}
          className="font-medium whitespace-nowrap text-accent underline-offset-2 hover:underline"
        >
          {hostName(h.host)}
        </Link>
      ),
    },
    {
      id: 'state',
      header: 'State',
      value: (h) => hostState(h).word,
      cell: (h) => {
        const { tone, word, why } = hostState(h);
        return (
          <span className="flex items-center gap-2">
            <StateDot tone={tone} label={word} />
            <span>
              {word}
              {why && <span className="block text-dim">{why}</span>}
            </span>
          </span>
        );
      },
    },
    {
      id: 'writable',
      header: 'Can be changed',
      value: (h) => (readOnly(h) === null ? 'yes' : 'read-only'),
      cell: (h) => {
        const why = readOnly(h);
        return why === null ? (
          'yes'
        ) : (
          <span className="flex max-w-120 items-start gap-2">
            <Badge tone="amber">read-only</Badge>
            <span className="min-w-32 flex-1">{why}</span>
          </span>
        );
      },
    },
    {
      id: 'version',
      header: 'Version',
      value: (h) => h.committed?.version ?? 0,
      align: 'right',
    },
    {
      id: 'system',
      header: 'System',
      value: (h) => (h.agent ? `${h.agent.hostname}, Linux ${h.agent.kernel}` : 'unknown'),
    },
    {
      id: 'actions',
      header: 'Actions',
      value: null,
      align: 'right',
      cell: (h) => {
        const name = labOf(h.host);
        if (name === null) return null;
        return (
          <span className="inline-flex gap-1">
            <Button
              small
              icon={<RotateCcw aria-hidden className="size-3" />}
              onClick={() => setAsk({ what: 'reset', name })}
            >
              Reset
            </Button>
            <Button
              small
              look="danger"
              icon={<Trash2 aria-hidden className="size-3" />}
              onClick={() => setAsk({ what: 'remove', name })}
            >
              Remove
            </Button>
          </span>
        );
      },
    },
  ];
  return (
    <Page
      title="Hosts"
      lead="This machine, and labs: network stacks of their own on the same kernel, where everything can be tried."
      actions={
        <Button icon={<Plus aria-hidden className="size-4" />} onClick={() => setMaking(true)}>
          New lab
        </Button>
      }
    >
      {stream === 'waiting' ? (
        <Skeleton label="Reading the hosts" />
      ) : (
        <Table
          label="Hosts"
          rows={hosts}
          columns={columns}
          rowKey={(h) => h.host}
          empty={<EmptyState icon={<FlaskConical aria-hidden />} title="No hosts" />}
        />
      )}
      <LabPanel open={making} onClose={() => setMaking(false)} />
      <LabConfirm ask={ask} onClose={() => setAsk(null)} />
    </Page>
  );
}
