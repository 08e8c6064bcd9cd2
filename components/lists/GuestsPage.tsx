'use client';
import { EthernetPort, Gauge, Monitor, Plus, Radio, Trash2 } from 'lucide-react';
import Link from 'next/link';
import { type ComponentProps, useState } from 'react';
import { MAC_CONFLICT, type TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { hostName } from '../live/names';
import { Badge, StateDot } from '../ui/Badge';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { EmptyState } from '../ui/EmptyState';
import { Page } from '../ui/Page';
import { Skeleton } from '../ui/Spinner';
import { type Column, Table } from '../ui/Table';
import { bridgeOf, guestsOf, isLabGuest, isMachine } from './bridges';
import { CheckPanel } from './CheckPanel';
import { GuestLimits } from './GuestLimits';
import { GuestNics } from './GuestNics';
import { GuestPanel } from './GuestPanel';
import { GuestRemoval } from './GuestRemoval';
import { Plug } from './Plug';

export function GuestsPage() {
  const { topology, stream } = useLive();
  const [making, setMaking] = useState(false);
  const [check, setCheck] = useState<TopologyNode | null>(null);
  const [nics, setNics] = useState<string | null>(null);
  const [gone, setGone] = useState<TopologyNode | null>(null);
  const [limiting, setLimiting] = useState<ComponentProps<typeof GuestLimits>['of']>(null);
  const rows = guestsOf(topology);
  const ofLabs = rows.find(isLabGuest);
  const shown = nics === null ? undefined : topology.nodes[nics];
  const columns: readonly Column<TopologyNode>[] = [
    {
      id: 'name',
      header: 'Guest',
      value: (g) => g.label,
      cell: (g) => (
        <span className="flex items-center gap-2">
          <StateDot
            tone={g.state === 'up' ? 'green' : g.state === 'down' ? 'red' : 'plain'}
            label={g.state}
          />
          <Link
            href={`/?select=${encodeURIComponent(g.id)}`}
            className="mono font-medium text-accent underline-offset-2 hover:underline"
          >
            {g.label}
          </Link>
          {isMachine(g) && <Badge>QEMU</Badge>}
          {g.conflicts && <Badge tone="red">{MAC_CONFLICT}</Badge>}
        </span>
      ),
    },
    { id: 'host', header: 'Host', value: (g) => hostName(g.host) },
    {
      id: 'detail',
      header: 'Addresses',
      value: (g) => g.detail,
      cell: (g) => <span className="mono">{g.detail || '–'}</span>,
    },
    {
      id: 'plugged',
      header: 'Plugged into',
      value: (g) => bridgeOf(topology, g) ?? '',
      cell: (g) =>
        isMachine(g) && g.state === 'down' ? (
          <span className="text-dim">nothing while it does not run</span>
        ) : isLabGuest(g) ? (
          <span className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-1">
            {g.nics?.map((nic) => (
              <span key={nic.name} className="flex min-w-0 items-center gap-2">
                <span className="mono w-10 shrink-0 text-dim">{nic.name}</span>
                <Plug guest={g} nic={nic} />
              </span>
            )) ?? <Plug guest={g} />}
          </span>
        ) : (
          <span className="mono">{bridgeOf(topology, g) ?? '–'}</span>
        ),
    },
    {
      id: 'actions',
      header: 'Actions',
      value: null,
      align: 'right',
      cell: (g) =>
        isLabGuest(g) && (
          <span className="inline-flex gap-1">
            {isMachine(g) ? (
              <Button
                small
                icon={<EthernetPort aria-hidden className="size-3" />}
                onClick={() => setNics(g.id)}
              >
                NICs
              </Button>
            ) : (
              <Button small icon={<Radio aria-hidden className="size-3" />} onClick={() => setCheck(g)}>
                Check
              </Button>
            )}
            <Button
              small
              look="danger"
              icon={<Trash2 aria-hidden className="size-3" />}
              onClick={() => setGone(g)}
            >
              Remove
            </Button>
          </span>
        ),
    },
  ];
  return (
    <Page
      title="Guests"
      lead="Who is plugged in: virtual machines, QEMU processes, and namespaces of labs."
      actions={
        <>
          {ofLabs !== undefined && (
            <Button
              icon={<Gauge aria-hidden className="size-4" />}
              onClick={() => setLimiting({ host: ofLabs.host, guest: null })}
            >
              Limit NICs
            </Button>
          )}
          <Button icon={<Plus aria-hidden className="size-4" />} onClick={() => setMaking(true)}>
            New guest
          </Button>
        </>
      }
    >
      {stream === 'waiting' ? (
        <Skeleton label="Reading the guests" />
      ) : (
        <Table
          label="Guests"
          rows={rows}
          columns={columns}
          rowKey={(g) => g.id}
          empty={
            <EmptyState
              icon={<Monitor aria-hidden />}
              title="No guests yet"
              action={
                <Button look="primary" onClick={() => setMaking(true)}>
                  Add the first one to a lab
                </Button>
              }
            >
              A guest of a lab is a namespace with a NIC, a DHCP client and ping, or a small virtual machine.
            </EmptyState>
          }
        />
      )}
      <GuestPanel open={making} host={null} network={null} onClose={() => setMaking(false)} />
      <CheckPanel
        open={check !== null}
        host={check?.host ?? null}
        from={check?.label ?? null}
        onClose={() => setCheck(null)}
      />
      <Dialog
        open={shown !== undefined}
        onClose={() => setNics(null)}
        title={`NICs of ${shown?.label ?? ''}`}
        width={460}
      >
        <div className="p-4">{shown && <GuestNics guest={shown} />}</div>
      </Dialog>
      <GuestLimits of={limiting} onClose={() => setLimiting(null)} />
      <GuestRemoval guest={gone} onClose={() => setGone(null)} />
    </Page>
  );
}
