'use client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { GuestName, HostId } from '@/server/core/ids';
import { freeNicIndex } from '@/server/core/kinds/nic';
import { parseMacWish } from '@/server/core/mac-pool';
import type { TopologyNode } from '@/server/core/topology';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';
import { useSay } from '../ui/Toast';
import { MacField } from './MacField';
import { SocketField } from './SocketField';
import { useSockets } from './sockets';

type NicPanelProps = {
  readonly guest: TopologyNode;
  readonly open: boolean;
  readonly onClose: () => void;
};

/** Puts a NIC into a virtual machine that runs. */
export function NicPanel({ guest, open, onClose }: NicPanelProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`Add a NIC to ${guest.label}`}
      width={440}
      description="It is put in while the guest runs, as another virtio network card."
    >
      <NicForm guest={guest} onClose={onClose} />
    </Dialog>
  );
}

function NicForm({ guest, onClose }: Omit<NicPanelProps, 'open'>) {
  const trpc = useTRPC();
  const say = useSay();
  const sockets = useSockets(guest.host);
  const [chosen, setChosen] = useState<string | null>(null);
  const socket = chosen ?? sockets[0]?.key ?? '';
  const [mac, setMac] = useState('');
  const [tried, setTried] = useState(false);
  const add = useMutation(
    trpc.guests.addNic.mutationOptions({
      onSuccess: ({ nic }) => {
        say.done(`NIC ${nic} is put into ${guest.label}.`);
        onClose();
      },
    }),
  );
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (!parseMacWish(mac).ok) return;
    add.mutate({
      host: HostId.parse(guest.host),
      name: GuestName.parse(guest.label),
      ...(mac.trim() === '' ? {} : { mac }),
      ...(sockets.find((s) => s.key === socket)?.into ?? { bridge: null }),
    });
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-4 p-4">
      {add.error && <FailureNote {...toFailure(add.error)} />}
      <SocketField sockets={sockets} value={socket} onChange={setChosen} />
      <MacField
        host={guest.host}
        guest={guest.label}
        index={freeNicIndex(guest.nics?.map((nic) => nic.name) ?? [])}
        value={mac}
        onChange={setMac}
        tried={tried}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={add.isPending && 'Putting it in'}>
          Add the NIC
        </Button>
      </div>
    </form>
  );
}
