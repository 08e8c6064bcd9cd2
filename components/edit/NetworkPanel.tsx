'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useMemo, useState } from 'react';
import type { ChangeItem } from '@/server/core/change';
import { HostId } from '@/server/core/ids';
import type { Network } from '@/server/core/kinds/network';
import { items } from '@/server/core/observed';
import { suggestNetwork } from '@/server/core/suggest';
import { useLive } from '../live/Live';
import { hostName, onHost, readOnly } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { Field, Select } from '../ui/Field';
import { Skeleton } from '../ui/Spinner';
import { NetworkForm } from './NetworkForm';

type NetworkPanelProps = {
  readonly open: boolean;
  /** Null: the first host where something can be changed, labs before the machine. */
  readonly host: string | null;
  /** Name of the network to edit; null makes a new one. */
  readonly network: string | null;
  readonly onClose: () => void;
  /** A change was drafted and planned. */
  readonly onDrafted: (changeId: string) => void;
};

/** The form in a sheet, for a new network or one that is there. */
export function NetworkPanel({ open, host, network, onClose, onDrafted }: NetworkPanelProps) {
  const form = useId();
  const { hosts } = useLive();
  const [chosen, setChosen] = useState<string | null>(null);
  const able = hosts.filter((h) => readOnly(h) === null);
  const usual = able.find((h) => h.host !== 'machine') ?? able[0];
  const on = host ?? chosen ?? usual?.host ?? null;
  const refused = on === null ? 'No host can be changed here.' : readOnly(hosts.find((h) => h.host === on));
  const trpc = useTRPC();
  const queries = useQueryClient();
  const draft = useMutation(
    trpc.changes.draft.mutationOptions({
      onSuccess: (change) => {
        void queries.invalidateQueries(trpc.changes.pathFilter());
        onDrafted(change.id);
      },
    }),
  );
  const close = () => {
    draft.reset();
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      place="right"
      title={network === null ? 'New network' : `Edit network ${network}`}
      description={on === null ? undefined : `On ${onHost(on)}. Nothing runs before you have reviewed it.`}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            type="submit"
            form={form}
            look="primary"
            busy={draft.isPending && 'Planning'}
            disabled={refused !== null}
          >
            Review the change
          </Button>
        </>
      }
    >
      {host === null && network === null && able.length > 1 && (
        <Field label="Host" className="px-4 pt-4">
          {(wiring) => (
            <Select {...wiring} value={on ?? ''} onChange={(e) => setChosen(e.target.value)}>
              {able.map((h) => (
                <option key={h.host} value={h.host}>
                  {hostName(h.host)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {refused !== null && (
        <div className="px-4 pt-4">
          <FailureNote message={refused} />
        </div>
      )}
      {on !== null && refused === null && (
        <Loaded
          key={`${on} ${network}`}
          form={form}
          host={on}
          name={network}
          failure={draft.error ? toFailure(draft.error) : null}
          onEdit={() => draft.isError && draft.reset()}
          onItem={(item, baseVersion) => draft.mutate({ host: on, items: [item], baseVersion })}
        />
      )}
    </Dialog>
  );
}

type LoadedProps = {
  readonly form: string;
  readonly host: string;
  readonly name: string | null;
  readonly failure: ReturnType<typeof toFailure> | null;
  readonly onEdit: () => void;
  readonly onItem: (item: ChangeItem, baseVersion: number) => void;
};

function Loaded({ form, host, name, failure, onEdit, onItem }: LoadedProps) {
  const trpc = useTRPC();
  const id = HostId.parse(host);
  const facts = useQuery(
    trpc.topology.facts.queryOptions({ host: id }, { staleTime: 0, refetchOnWindowFocus: false }),
  );
  const lists = useQuery(
    trpc.networks.list.queryOptions(undefined, { staleTime: 0, refetchOnWindowFocus: false }),
  );
  const start = useMemo(() => {
    const record = lists.data?.find((l) => l.host === host);
    if (!facts.data || !record) return null;
    const before = record.networks.find((n) => n.name === name) ?? null;
    const others = record.networks.filter((n) => n.name !== name);
    return {
      before,
      version: record.version,
      context: { others, observed: facts.data },
      initial: before ?? suggestNetwork(others, facts.data),
      devices: items(facts.data.links)
        .filter((l) => l.master === null && !['loopback', 'bridge', 'tun'].includes(l.kind))
        .map((l) => l.name)
        .sort(),
    };
  }, [facts.data, lists.data, host, name]);
  // What was there when the form opened is what is edited; the server tells when it has changed since.
  const [kept, setKept] = useState<typeof start>(null);
  const error = facts.error ?? lists.error;
  if (error)
    return (
      <div className="p-4">
        <FailureNote {...toFailure(error)} />
      </div>
    );
  if (start === null || (facts.isFetching && kept === null))
    return <Skeleton label="Reading the host" lines={8} />;
  if (kept === null) setKept(start);
  const now = kept ?? start;
  if (name !== null && now.before === null)
    return (
      <div className="p-4">
        <FailureNote message={`There is no network ${name} on ${onHost(host)} any more.`} />
      </div>
    );
  const submit = (after: Network) =>
    onItem(now.before ? { op: 'update', before: now.before, after } : { op: 'create', after }, now.version);
  return (
    <NetworkForm
      id={form}
      initial={now.initial}
      editing={now.before !== null}
      context={now.context}
      devices={now.devices}
      failure={failure}
      onSubmit={submit}
      onEdit={onEdit}
    />
  );
}
