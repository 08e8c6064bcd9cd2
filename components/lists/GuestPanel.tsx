'use client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { GuestName, HostId, IfName } from '@/server/core/ids';
import { useLive } from '../live/Live';
import { hostName } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input, Select } from '../ui/Field';
import { useSay } from '../ui/Toast';
import { bridgesOf, guestsOf } from './bridges';

type GuestPanelProps = {
  readonly open: boolean;
  readonly host: string | null;
  /** Network to plug it into first. */
  readonly network: string | null;
  readonly onClose: () => void;
};

/** Adds a guest to a lab. */
export function GuestPanel({ open, host, network, onClose }: GuestPanelProps) {
  const { hosts } = useLive();
  const labs = hosts.filter((h) => h.host !== 'machine' && h.link.is === 'connected');
  const [chosen, setChosen] = useState<string | null>(null);
  const on = host ?? chosen ?? labs[0]?.host ?? null;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="New guest"
      width={440}
      description="A namespace with a NIC, a DHCP client and ping."
    >
      {on === null ? (
        <div className="p-4">
          <FailureNote message="Guests live in labs, and there is no lab that runs. Make one first." />
        </div>
      ) : (
        <GuestForm key={on} host={on} network={network} onClose={onClose}>
          {host === null && labs.length > 1 && (
            <Field label="Lab">
              {(wiring) => (
                <Select {...wiring} value={on} onChange={(e) => setChosen(e.target.value)}>
                  {labs.map((l) => (
                    <option key={l.host} value={l.host}>
                      {hostName(l.host)}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          )}
        </GuestForm>
      )}
    </Dialog>
  );
}

type GuestFormProps = {
  readonly host: string;
  readonly network: string | null;
  readonly onClose: () => void;
  readonly children: React.ReactNode;
};

function GuestForm({ host, network, onClose, children }: GuestFormProps) {
  const trpc = useTRPC();
  const say = useSay();
  const { topology } = useLive();
  const bridges = bridgesOf(topology, host);
  const names = guestsOf(topology, host).map((g) => g.label);
  const form = useId();
  // Suggested until somebody types or chooses: what is taken may only be known after this was opened.
  const [typed, setName] = useState<string | null>(null);
  const name = typed ?? freeName(names);
  const [chosen, setBridge] = useState<string | null>(null);
  const bridge =
    chosen ?? (bridges.find((b) => b.label.startsWith(`${network} (`)) ?? bridges[0])?.bridge ?? '';
  const [tried, setTried] = useState(false);
  const add = useMutation(
    trpc.guests.add.mutationOptions({
      onSuccess: (guest) => {
        say.done(`Guest ${guest.name} is added.`);
        onClose();
      },
    }),
  );
  const parsed = GuestName.safeParse(name);
  const error = !parsed.success
    ? parsed.error.issues[0]?.message
    : names.includes(name)
      ? `There is a guest ${name} in this lab already.`
      : undefined;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (!parsed.success || error !== undefined) return;
    add.mutate({
      host: HostId.parse(host),
      name: parsed.data,
      bridge: bridge === '' ? null : IfName.parse(bridge),
    });
  };
  return (
    <form id={form} noValidate onSubmit={submit} className="grid gap-4 p-4">
      {children}
      {add.error && <FailureNote {...toFailure(add.error)} />}
      <Field label="Name" error={tried || name !== '' ? error : undefined}>
        {(wiring) => <Input {...wiring} mono value={name} onChange={(e) => setName(e.target.value)} />}
      </Field>
      <Field
        label="Network"
        hint={bridges.length === 0 ? 'This lab has no network yet; it can be plugged in later.' : undefined}
      >
        {(wiring) => (
          <Select {...wiring} value={bridge} onChange={(e) => setBridge(e.target.value)}>
            {bridges.map((b) => (
              <option key={b.bridge} value={b.bridge}>
                {b.label}
              </option>
            ))}
            <option value="">None, leave it unplugged</option>
          </Select>
        )}
      </Field>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={add.isPending && 'Adding'}>
          Add the guest
        </Button>
      </div>
    </form>
  );
}

function freeName(taken: readonly string[]): string {
  for (let n = 1; ; n++) if (!taken.includes(`guest${n}`)) return `guest${n}`;
}
