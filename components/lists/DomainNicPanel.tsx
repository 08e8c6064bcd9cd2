'use client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { NicPlace } from '@/server/core/domain-nics';
import { GuestName, MacAddress } from '@/server/core/ids';
import { DomainNic } from '@/server/core/kinds/domain-nic';
import { freeNicIndex, NIC_MODELS, nicAt } from '@/server/core/kinds/nic';
import type { TopologyNode } from '@/server/core/topology';
import { type Drafting, DraftSheet } from '../edit/DraftSheet';
import { useTRPC } from '../live/trpc';
import { useView } from '../shell/view';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input, Select } from '../ui/Field';

type PanelProps = {
  readonly guest: TopologyNode;
  readonly names: readonly string[];
  readonly places: readonly NicPlace[];
  readonly version: number;
  readonly open: boolean;
  readonly onClose: () => void;
};

/** A new NIC of a libvirt domain, as a change. */
export function DomainNicPanel({ open, onClose, ...rest }: PanelProps) {
  const view = useView();
  return (
    <DraftSheet
      open={open}
      title={`Add a NIC to ${rest.guest.label}`}
      host={rest.guest.host}
      waits={rest.places.length === 0}
      onClose={onClose}
      onDrafted={(change) => {
        onClose();
        view.go({ change });
      }}
    >
      {(drafting) => <NicForm {...drafting} {...rest} />}
    </DraftSheet>
  );
}

type FormProps = Omit<Drafting, 'host'> & Omit<PanelProps, 'open' | 'onClose'>;

function NicForm({ form, failure, onEdit, onItem, guest, names, places, version }: FormProps) {
  const trpc = useTRPC();
  const [name, setName] = useState<string>(nicAt(freeNicIndex(names)));
  const [mac, setMac] = useState('');
  const [model, setModel] = useState<string>('virtio');
  const [key, setKey] = useState(places[0]?.key ?? '');
  const [tried, setTried] = useState(false);
  const named = GuestName.safeParse(guest.label);
  // What the pool would give; the change says it, so that everybody reviews one address.
  const preview = useQuery(
    trpc.macs.preview.queryOptions(
      {
        ...{ host: guest.host, mac: '', index: freeNicIndex(names) },
        guest: named.success ? named.data : GuestName.parse('guest'),
      },
      { staleTime: 0, refetchOnWindowFocus: false },
    ),
  );
  const suggested = preview.data?.mac ?? '';
  const source = places.find((p) => p.key === key)?.source;
  const parsed = DomainNic.safeParse({
    ...{ kind: 'nic', name: `${guest.label}/${name}`, mac: mac.trim() === '' ? suggested : mac, source },
    ...(model === 'virtio' ? {} : { model }),
  });
  const errorAt = (field: string) => {
    const said = failure?.problems?.find((p) => p.path[0] === field)?.message;
    if (said !== undefined || parsed.success || !tried) return said;
    return parsed.error.issues.find((i) => i.path[0] === field)?.message;
  };
  const macError = MacAddress.safeParse(mac).success || mac.trim() === '' ? errorAt('mac') : undefined;
  const edit =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      onEdit();
      set(value);
    };
  return (
    <form
      id={form}
      noValidate
      className="grid gap-4 p-4"
      onSubmit={(e) => {
        e.preventDefault();
        setTried(true);
        if (parsed.success) onItem({ op: 'create', after: parsed.data }, version);
      }}
    >
      {failure && <FailureNote {...failure} />}
      {places.length === 0 && (
        <FailureNote message="This host has no network of libvirt and no bridge: make one first." />
      )}
      <Field label="Plugged into" error={errorAt('source')}>
        {(wiring) => (
          <Select {...wiring} value={key} onChange={(e) => edit(setKey)(e.target.value)}>
            {places.map((p) => (
              <option key={p.key} value={p.key}>
                {p.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Name" error={errorAt('name')}>
        {(wiring) => <Input {...wiring} mono value={name} onChange={(e) => edit(setName)(e.target.value)} />}
      </Field>
      <Field
        label="MAC address"
        hint={`Empty: ${suggested || 'the next one of the pool'}.`}
        error={macError ?? (tried ? errorAt('mac') : undefined)}
      >
        {(wiring) => (
          <Input
            {...wiring}
            mono
            value={mac}
            placeholder={suggested}
            onChange={(e) => edit(setMac)(e.target.value)}
          />
        )}
      </Field>
      <Field label="Model" hint="virtio is the fastest; the others are for guests without its driver.">
        {(wiring) => (
          <Select {...wiring} value={model} onChange={(e) => edit(setModel)(e.target.value)}>
            {NIC_MODELS.map((m) => (
              <option key={m} value={m}>
                {m}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </form>
  );
}
