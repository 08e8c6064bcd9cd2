'use client';
import { LabName } from '@/server/core/ids';
import { useLabActions } from '../lists/useLabActions';
import { Confirm } from '../ui/Confirm';

export type LabQuestion = { readonly what: 'reset' | 'remove'; readonly name: string };

/** Resetting and removing a lab cannot be taken back: asked once. */
export function LabConfirm({
  ask,
  onClose,
}: {
  readonly ask: LabQuestion | null;
  readonly onClose: () => void;
}) {
  const { reset, remove } = useLabActions();
  if (ask === null) return null;
  const { what, name } = ask;
  const act = what === 'reset' ? reset : remove;
  return (
    <Confirm
      open
      title={what === 'reset' ? `Reset lab ${name}` : `Remove lab ${name}`}
      action={what === 'reset' ? 'Reset the lab' : 'Remove the lab'}
      busy={act.isPending && (what === 'reset' ? 'Resetting' : 'Removing')}
      onClose={onClose}
      onYes={() => act.mutate({ name: LabName.parse(name) }, { onSettled: onClose })}
    >
      {what === 'reset'
        ? 'Its guests, networks and leases go, and it starts again empty. The history of its changes stays.'
        : 'The lab goes with everything in it, and the history of its changes too.'}
    </Confirm>
  );
}
