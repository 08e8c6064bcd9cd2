'use client';
import { useMemo, useState } from 'react';
import type { HostLink } from '@/server/core/kinds/link';
import {
  suggestBond,
  suggestBridge,
  suggestTap,
  suggestVlan,
  usableDevices,
} from '@/server/core/suggest-link';
import { onHost } from '../live/names';
import { toFailure } from '../live/trpc';
import { FailureNote } from '../ui/FailureNote';
import { Skeleton } from '../ui/Spinner';
import { type Drafting, DraftSheet } from './DraftSheet';
import { LinkForm } from './LinkForm';
import { useHostNow } from './useHostNow';

/** What the sheet is for: a new link (made of a device, where one is given), or one that is there. */
export type LinkTask =
  | { readonly do: 'new'; readonly kind: HostLink['kind']; readonly device: string | null }
  | { readonly do: 'edit'; readonly name: string };

type LinkPanelProps = {
  /** Null: closed. */
  readonly task: LinkTask | null;
  /** Null: the first host where something can be changed, labs before the machine. */
  readonly host: string | null;
  readonly onClose: () => void;
  /** A change was drafted and planned. */
  readonly onDrafted: (changeId: string) => void;
};

const TITLES = { bridge: 'New bridge', vlan: 'New VLAN', bond: 'New bond', tap: 'New tap' } as const;

/** The form in a sheet, for a bridge, VLAN or bond of the host. */
export function LinkPanel({ task, host, onClose, onDrafted }: LinkPanelProps) {
  return (
    <DraftSheet
      open={task !== null}
      title={task === null ? '' : task.do === 'new' ? TITLES[task.kind] : `Edit ${task.name}`}
      host={host}
      onClose={onClose}
      onDrafted={onDrafted}
    >
      {(drafting) =>
        task !== null && <Loaded key={`${drafting.host} ${JSON.stringify(task)}`} task={task} {...drafting} />
      }
    </DraftSheet>
  );
}

function Loaded({ form, host, task, failure, onEdit, onItem }: Drafting & { readonly task: LinkTask }) {
  const { facts, record, error, reading } = useHostNow(host);
  const start = useMemo(() => {
    if (!facts || !record) return null;
    const observed = facts;
    const { networks, links } = record;
    const desired = { networks, links };
    const before = task.do === 'edit' ? (links.find((l) => l.name === task.name) ?? null) : null;
    const initial =
      before ?? (task.do === 'new' ? suggestions[task.kind](desired, observed, task.device) : null);
    return {
      ...{ before, initial, version: record.version },
      context: {
        others: networks,
        links: links.filter((l) => l.name !== before?.name),
        before: before ?? undefined,
        observed,
      },
      devices: initial === null ? [] : usableDevices(desired, observed, initial.kind),
    };
  }, [facts, record, task]);
  // What was there when the form opened is what is edited; the server tells when it has changed since.
  const [kept, setKept] = useState<typeof start>(null);
  if (error)
    return (
      <div className="p-4">
        <FailureNote {...toFailure(error)} />
      </div>
    );
  if (start === null || (reading && kept === null)) return <Skeleton label="Reading the host" lines={8} />;
  if (kept === null) setKept(start);
  const now = kept ?? start;
  if (now.initial === null)
    return (
      <div className="p-4">
        <FailureNote message={`There is no such link on ${onHost(host)} any more.`} />
      </div>
    );
  return (
    <LinkForm
      id={form}
      initial={now.initial}
      editing={now.before !== null}
      context={now.context}
      devices={now.devices}
      failure={failure}
      onSubmit={(after) =>
        onItem(
          now.before ? { op: 'update', before: now.before, after } : { op: 'create', after },
          now.version,
        )
      }
      onEdit={onEdit}
    />
  );
}

const suggestions = {
  ...{ bridge: suggestBridge, vlan: suggestVlan, bond: suggestBond, tap: suggestTap },
} as const;
