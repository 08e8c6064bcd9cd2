'use client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { parseFixedWish } from '@/server/core/fixed-address';
import { GuestName, HostId } from '@/server/core/ids';
import { parseMacWish } from '@/server/core/mac-pool';
import { HostField } from '../live/HostField';
import { useLive } from '../live/Live';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { Field, Input } from '../ui/Field';
import { useSay } from '../ui/Toast';
import { guestsOf } from './bridges';
import { GuestKind } from './GuestKind';
import { MacField } from './MacField';
import { SocketField } from './SocketField';
import { useSockets } from './sockets';

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
      description="Plugged into a network, it asks for its address."
    >
      {on === null ? (
        <div className="p-4">
          <FailureNote message="Guests live in labs, and there is no lab that runs. Make one first." />
        </div>
      ) : (
        <GuestForm key={on} host={on} network={network} onClose={onClose}>
          {host === null && labs.length > 1 && (
            <HostField label="Lab" hosts={labs} value={on} onChoose={setChosen} />
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
  const sockets = useSockets(host);
  const names = guestsOf(topology, host).map((g) => g.label);
  const form = useId();
  // Suggested until somebody types or chooses: what is taken may only be known after this was opened.
  const [typed, setName] = useState<string | null>(null);
  const name = typed ?? freeName(names);
  const [chosen, setChosen] = useState<string | null>(null);
  const first =
    sockets.find((s) => s.network === network) ??
    sockets.find((s) => s.label.startsWith(`${network} (`)) ??
    sockets[0];
  const socket = chosen ?? first?.key ?? '';
  const [real, setReal] = useState(false);
  const [mac, setMac] = useState('');
  const [address, setAddress] = useState('');
  const [tried, setTried] = useState(false);
  const add = useMutation(
    trpc.guests.add.mutationOptions({
      onSuccess: (guest) => {
        say.done(`Guest ${guest.name} is added.`);
        onClose();
      },
    }),
  );
  const fixed = address.trim() === '' ? null : parseFixedWish(address);
  const parsed = GuestName.safeParse(name);
  const error = !parsed.success
    ? parsed.error.issues[0]?.message
    : names.includes(name)
      ? `There is a guest ${name} in this lab already.`
      : undefined;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (!parsed.success || error !== undefined || !parseMacWish(mac).ok || fixed?.ok === false) return;
    add.mutate({
      host: HostId.parse(host),
      name: parsed.data,
      ...(real ? { real } : {}),
      ...(mac.trim() === '' ? {} : { mac }),
      ...(fixed === null ? {} : { fixed: fixed.value }),
      ...(sockets.find((s) => s.key === socket)?.into ?? { bridge: null }),
    });
  };
  return (
    <form id={form} noValidate onSubmit={submit} className="grid gap-4 p-4">
      {children}
      <GuestKind host={host} real={real} onChange={setReal} />
      {add.error && <FailureNote {...toFailure(add.error)} />}
      <Field label="Name" error={tried || name !== '' ? error : undefined}>
        {(wiring) => <Input {...wiring} mono value={name} onChange={(e) => setName(e.target.value)} />}
      </Field>
      <SocketField sockets={sockets} value={socket} onChange={setChosen} />
      <Field
        label="Address"
        hint="Empty: by DHCP. Or one that it keeps, beside the DHCP range."
        error={tried && fixed?.ok === false ? fixed.error.message : undefined}
      >
        {(wiring) => (
          <Input
            {...wiring}
            mono
            value={address}
            maxLength={60}
            placeholder="by DHCP"
            onChange={(e) => setAddress(e.target.value)}
          />
        )}
      </Field>
      <MacField host={host} guest={name} value={mac} onChange={setMac} tried={tried} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={add.isPending && (real ? 'Starting QEMU' : 'Adding')}>
          Add the guest
        </Button>
      </div>
    </form>
  );
}

function freeName(taken: readonly string[]): string {
  for (let n = 1; ; n++) if (!taken.includes(`guest${n}`)) return `guest${n}`;
}
