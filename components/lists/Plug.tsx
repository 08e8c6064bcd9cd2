'use client';
import { Cable, Unplug } from 'lucide-react';
import { GuestName, HostId, IfName } from '@/server/core/ids';
import type { TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { Select } from '../ui/Field';
import { bridgeOf, bridgesOf } from './bridges';
import { useLabActions } from './useLabActions';

/** Where a lab's guest is plugged in; choosing another takes effect at once, as with a cable. */
export function Plug({ guest }: { readonly guest: TopologyNode }) {
  const { topology } = useLive();
  const { plug } = useLabActions();
  const bridges = bridgesOf(topology, guest.host);
  const now = bridgeOf(topology, guest) ?? '';
  return (
    <span className="flex items-center gap-2">
      {now === '' ? (
        <Unplug aria-hidden className="size-4 shrink-0 text-dim" />
      ) : (
        <Cable aria-hidden className="size-4 shrink-0 text-dim" />
      )}
      <Select
        aria-label={`${guest.label} is plugged into`}
        className="h-7! w-44! pointer-coarse:h-10!"
        value={now}
        disabled={plug.isPending}
        onChange={(e) =>
          plug.mutate({
            host: HostId.parse(guest.host),
            name: GuestName.parse(guest.label),
            bridge: e.target.value === '' ? null : IfName.parse(e.target.value),
          })
        }
      >
        <option value="">Nothing</option>
        {bridges.map((b) => (
          <option key={b.bridge} value={b.bridge}>
            {b.label}
          </option>
        ))}
      </Select>
    </span>
  );
}
