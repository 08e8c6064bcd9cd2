'use client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Gauge, HandHelping, Plus, Power, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { DomainNicView, NicPlace } from '@/server/core/domain-nics';
import type { DomainNic } from '@/server/core/kinds/domain-nic';
import { limitWords } from '@/server/core/limit-text';
import { withCable, withPlace } from '@/server/core/nic-record';
import type { TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { readOnly } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { useView } from '../shell/view';
import { Badge } from '../ui/Badge';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { Select } from '../ui/Field';
import { Skeleton } from '../ui/Spinner';
import { CableButton } from './CableButton';
import { DomainNicLimits } from './DomainNicLimits';
import { DomainNicPanel } from './DomainNicPanel';
import { useAdopt } from './useAdopt';
import { useNicChange } from './useNicChange';

/** The NICs of a libvirt domain; whatever is done to them is a change, which is reviewed first. */
export function DomainNics({ guest }: { readonly guest: TopologyNode }) {
  const trpc = useTRPC();
  const { hosts } = useLive();
  const [adding, setAdding] = useState(false);
  const [limiting, setLimiting] = useState(false);
  const { host, label } = guest;
  const read = useQuery(
    trpc.topology.domainNics.queryOptions(
      { host, guest: label },
      { placeholderData: keepPreviousData, staleTime: 0 },
    ),
  );
  const { refetch } = read;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a guest or a host that changed is a reason to read again
  useEffect(() => void refetch(), [guest, hosts, refetch]);
  const refused = readOnly(hosts.find((h) => h.host === host));
  if (read.isPending) return <Skeleton label="Reading its NICs" lines={3} />;
  if (read.isError) return <FailureNote {...toFailure(read.error)} />;
  if (read.data === null) return null;
  const { nics, places, version, running } = read.data;
  return (
    <section aria-label={`NICs of ${label}`} className="grid gap-3">
      {refused !== null && <p className="text-dim">{refused}</p>}
      <ul className="grid gap-2">
        {nics.map((nic) => (
          <Row
            key={nic.name}
            {...{ guest, nic, places, version }}
            ended={!running}
            disabled={refused !== null}
          />
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button
          icon={<Plus aria-hidden className="size-3.5" />}
          disabled={refused !== null}
          onClick={() => setAdding(true)}
        >
          Add a NIC
        </Button>
        <Button
          icon={<Gauge aria-hidden className="size-3.5" />}
          disabled={refused !== null || nics.every((n) => n.record === null)}
          onClick={() => setLimiting(true)}
        >
          Limit NICs
        </Button>
      </div>
      <DomainNicLimits {...{ guest, nics, version }} open={limiting} onClose={() => setLimiting(false)} />
      <DomainNicPanel
        {...{ guest, places, version }}
        names={nics.map((n) => n.name)}
        open={adding}
        onClose={() => setAdding(false)}
      />
    </section>
  );
}

type RowProps = {
  readonly guest: TopologyNode;
  readonly nic: DomainNicView;
  readonly places: readonly NicPlace[];
  readonly version: number;
  readonly ended: boolean;
  readonly disabled: boolean;
};

function Row({ guest, nic, places, version, ended, disabled }: RowProps) {
  const { record } = nic;
  return (
    <li aria-label={`NIC ${nic.name}`} className="grid gap-2 rounded-md border border-line p-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="mono font-medium">{nic.name}</span>
        {nic.cable === 'out' && <Badge tone="amber">cable pulled</Badge>}
        {nic.state === 'out' && <Badge tone="plain">not in the guest</Badge>}
        {nic.state === 'restart' && <Badge tone="amber">otherwise after a restart</Badge>}
        <span className="mono text-sm text-dim">{nic.mac}</span>
        <span className="text-sm text-dim">{nic.model}</span>
        <span className="text-sm">{ended && nic.state !== 'out' ? `${nic.at} when it runs` : nic.at}</span>
        {nic.bandwidth !== null && <span className="text-sm">{limitWords(nic.bandwidth)}</span>}
      </div>
      {record === null ? (
        <Unmanaged guest={guest} name={nic.name} disabled={disabled} />
      ) : (
        <Managed {...{ guest, record, places, version, disabled }} />
      )}
    </li>
  );
}

type UnmanagedProps = {
  readonly guest: TopologyNode;
  readonly name: string;
  readonly disabled: boolean;
};

function Unmanaged({ guest, name, disabled }: UnmanagedProps) {
  const view = useView();
  const adoption = useAdopt((change) => view.go({ change }));
  return (
    <div className="grid gap-2">
      <Button
        small
        className="justify-self-start"
        icon={<HandHelping aria-hidden className="size-3" />}
        disabled={disabled}
        busy={adoption.busy && 'Reading it'}
        onClick={() => adoption.propose({ host: guest.host, is: 'nic', name: `${guest.label}/${name}` })}
      >
        Manage this NIC
      </Button>
      {adoption.failure && <FailureNote {...adoption.failure} />}
    </div>
  );
}

type ManagedProps = Pick<RowProps, 'guest' | 'places' | 'version' | 'disabled'> & {
  readonly record: DomainNic;
};

function Managed({ guest, record, places, version, disabled }: ManagedProps) {
  const view = useView();
  const change = useNicChange((id) => view.go({ change: id }));
  const { link, inactive } = record;
  const now = JSON.stringify(record.source);
  const others = places.filter((p) => p.key !== now);
  const update = (after: DomainNic) =>
    change.propose({
      host: guest.host,
      baseVersion: version,
      item: { op: 'update', before: record, after },
    });
  const off = disabled || change.busy;
  return (
    <div className="grid gap-2">
      <Select
        aria-label={`Move NIC ${record.name} to`}
        className="h-7! max-w-full pointer-coarse:h-10!"
        value=""
        disabled={off || others.length === 0}
        onChange={(e) => {
          const place = others.find((p) => p.key === e.target.value);
          if (place !== undefined) update({ ...record, source: place.source });
        }}
      >
        <option value="">Move to…</option>
        {others.map((p) => (
          <option key={p.key} value={p.key}>
            {p.label}
          </option>
        ))}
      </Select>
      <div className="flex flex-wrap gap-2">
        <CableButton
          pulled={link === 'down'}
          disabled={off || inactive === true}
          onClick={() => update(withCable(record, link === 'down' ? 'in' : 'out'))}
        />
        <Button
          small
          icon={<Power aria-hidden className="size-3" />}
          disabled={off}
          onClick={() => update(withPlace(record, inactive ? 'in' : 'out'))}
        >
          {inactive ? 'Put it in' : 'Take it out'}
        </Button>
        <Button
          small
          look="danger"
          icon={<Trash2 aria-hidden className="size-3" />}
          disabled={off}
          onClick={() =>
            change.propose({
              host: guest.host,
              baseVersion: version,
              item: { op: 'delete', before: record },
            })
          }
        >
          {record.adopted ? 'Forget it' : 'Remove it'}
        </Button>
      </div>
      {change.failure && <FailureNote {...change.failure} />}
    </div>
  );
}
