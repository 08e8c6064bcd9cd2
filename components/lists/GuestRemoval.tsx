'use client';
import { GuestName, HostId } from '@/server/core/ids';
import type { TopologyNode } from '@/server/core/topology';
import { labOf } from '../live/names';
import { Confirm } from '../ui/Confirm';
import { isMachine } from './bridges';
import { useLabActions } from './useLabActions';

/** Asks once before a guest of a lab goes; nothing while `guest` is null. */
export function GuestRemoval({
  guest,
  onClose,
}: {
  readonly guest: TopologyNode | null;
  readonly onClose: () => void;
}) {
  const { removeGuest } = useLabActions();
  if (guest === null) return null;
  return (
    <Confirm
      open
      title={`Remove guest ${guest.label}`}
      action="Remove the guest"
      busy={removeGuest.isPending && 'Removing'}
      onClose={onClose}
      onYes={() =>
        removeGuest.mutate(
          { host: HostId.parse(guest.host), name: GuestName.parse(guest.label) },
          { onSettled: onClose },
        )
      }
    >
      {isMachine(guest)
        ? 'The virtual machine ends at once, and its NICs go'
        : 'Its namespace and its NIC go'}
      ; its lease stays until it ends. Lab {labOf(guest.host)} goes on.
    </Confirm>
  );
}
