'use client';
import { CodeXml } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { Network } from '@/server/core/kinds/network';
import { items } from '@/server/core/observed';
import { suggestNetwork } from '@/server/core/suggest';
import { onHost } from '../live/names';
import { toFailure } from '../live/trpc';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';
import { Skeleton } from '../ui/Spinner';
import { type Drafting, DraftSheet } from './DraftSheet';
import { NetworkForm } from './NetworkForm';
import { useHostNow } from './useHostNow';

type NetworkPanelProps = {
  readonly open: boolean;
  /** Null: the first host where something can be changed, labs before the machine. */
  readonly host: string | null;
  /** Name of the network to edit; null makes a new one. */
  readonly network: string | null;
  /** What a new one begins as, read from elsewhere; null for a suggestion. */
  readonly imported?: Network | null;
  readonly onClose: () => void;
  /** A change was drafted and planned. */
  readonly onDrafted: (changeId: string) => void;
};

/** The form in a sheet, for a new network or one that is there. */
export function NetworkPanel(props: NetworkPanelProps) {
  const { open, host, network, imported = null, onClose, onDrafted } = props;
  const [ready, setReady] = useState(false);
  const [xml, setXml] = useState(false);
  return (
    <DraftSheet
      open={open}
      wide={xml}
      tools={
        <Button
          small
          aria-pressed={xml}
          icon={<CodeXml aria-hidden className="size-3.5" />}
          onClick={() => setXml(!xml)}
          className="aria-pressed:border-accent aria-pressed:bg-accent-soft"
        >
          XML
        </Button>
      }
      title={network === null ? 'New network' : `Edit network ${network}`}
      host={host}
      waits={!ready}
      onClose={onClose}
      onDrafted={onDrafted}
    >
      {(drafting) => (
        <Loaded
          key={`${drafting.host} ${network}`}
          name={network}
          imported={imported}
          xml={xml}
          // Where there is no room for both, the field that is wrong has to be seen.
          onRefused={() => !matchMedia('(min-width: 1280px)').matches && setXml(false)}
          onReady={setReady}
          {...drafting}
        />
      )}
    </DraftSheet>
  );
}

type LoadedProps = Drafting & {
  readonly name: string | null;
  readonly imported: Network | null;
  readonly xml: boolean;
  readonly onRefused: () => void;
  /** Whether there is a form to send: not while the host is read, nor for a network that is gone. */
  readonly onReady: (ready: boolean) => void;
};

function Loaded(props: LoadedProps) {
  const { form, host, name, imported, xml, onReady, failure, onEdit, onItem, onRefused } = props;
  const { facts, record, error, reading } = useHostNow(host);
  const start = useMemo(() => {
    if (!facts || !record) return null;
    const before = record.networks.find((n) => n.name === name) ?? null;
    const others = record.networks.filter((n) => n.name !== name);
    return {
      before,
      version: record.version,
      context: { others, before: before ?? undefined, observed: facts },
      initial: before ?? imported ?? suggestNetwork(others, facts),
      devices: items(facts.links)
        .filter((l) => l.master === null && !['loopback', 'bridge', 'tun'].includes(l.kind))
        .map((l) => l.name)
        .sort(),
    };
  }, [facts, record, name, imported]);
  // What was there when the form opened is what is edited; the server tells when it has changed since.
  const [kept, setKept] = useState<typeof start>(null);
  const sendable = error === null && kept !== null && (name === null || kept.before !== null);
  useEffect(() => {
    onReady(sendable);
    return () => onReady(false);
  }, [sendable, onReady]);
  if (error)
    return (
      <div className="p-4">
        <FailureNote {...toFailure(error)} />
      </div>
    );
  if (start === null || (reading && kept === null)) return <Skeleton label="Reading the host" lines={8} />;
  if (kept === null) setKept(start);
  const now = kept ?? start;
  if (name !== null && now.before === null)
    return (
      <div className="p-4">
        <FailureNote
          message={`There is no network ${name} on ${onHost(host)} any more, so there is nothing to review.`}
        />
      </div>
    );
  const submit = (after: Network) =>
    onItem(now.before ? { op: 'update', before: now.before, after } : { op: 'create', after }, now.version);
  return (
    <NetworkForm
      id={form}
      initial={now.initial}
      editing={now.before !== null || imported !== null}
      context={now.context}
      devices={now.devices}
      xml={xml}
      onRefused={onRefused}
      failure={failure}
      onSubmit={submit}
      onEdit={onEdit}
    />
  );
}
