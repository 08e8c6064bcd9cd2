'use client';
import { Cable, Gauge, Unplug } from 'lucide-react';
import { GuestName, HostId } from '@/server/core/ids';
import { NicName } from '@/server/core/kinds/nic';
import { limitWords } from '@/server/core/limit-text';
import type { GuestNic, TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { Select } from '../ui/Field';
import { pluggedAt, socketNow, useSockets } from './sockets';
import { useLabActions } from './useLabActions';

type PlugProps = {
  readonly guest: TopologyNode;
  /** Of a virtual machine, which has several. */
  readonly nic?: GuestNic;
};

/** Where a NIC of a lab's guest is plugged in; choosing another takes effect at once, as with a cable. */
export function Plug({ guest, nic }: PlugProps) {
  const { topology } = useLive();
  const { plug } = useLabActions();
  const sockets = useSockets(guest.host);
  const at = pluggedAt(topology, guest, nic);
  const now = socketNow(at, sockets);
  // In something that nothing else can be plugged into any more, such as a portgroup that is gone.
  const odd = now === undefined ? (at.plugged?.network ?? at.bridge) : null;
  const unplugged = now === undefined && odd === null;
  return (
    <span className="flex min-w-0 items-center gap-2">
      {unplugged ? (
        <Unplug aria-hidden className="size-4 shrink-0 text-dim" />
      ) : (
        <Cable aria-hidden className="size-4 shrink-0 text-dim" />
      )}
      <Select
        aria-label={`${guest.label}${nic === undefined ? '' : ` ${nic.name}`} is plugged into`}
        className="h-7! w-56! max-w-full pointer-coarse:h-10!"
        value={now?.key ?? (odd === null ? '' : 'odd')}
        disabled={plug.isPending}
        onChange={(e) =>
          plug.mutate({
            host: HostId.parse(guest.host),
            name: GuestName.parse(guest.label),
            ...(nic === undefined ? {} : { nic: NicName.parse(nic.name) }),
            ...(sockets.find((s) => s.key === e.target.value)?.into ?? { bridge: null }),
          })
        }
      >
        <option value="">Nothing</option>
        {odd !== null && (
          <option value="odd" disabled>
            {odd}
          </option>
        )}
        {sockets.map((s) => (
          <option key={s.key} value={s.key}>
            {s.label}
          </option>
        ))}
      </Select>
      {at.plugged?.bandwidth && (
        <span
          title={limitWords(at.plugged.bandwidth)}
          className="flex shrink-0 items-center gap-1 text-sm text-dim"
        >
          <Gauge aria-hidden className="size-3.5" /> limited
        </span>
      )}
    </span>
  );
}
