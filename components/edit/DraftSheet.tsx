'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useId, useState } from 'react';
import type { ChangeItem } from '@/server/core/change';
import { HostField } from '../live/HostField';
import { useLive } from '../live/Live';
import { changeable, onHost, readOnly } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { FailureNote } from '../ui/FailureNote';

/** What the form in a sheet is given. */
export type Drafting = {
  /** Id of the form, which the sheet's button sends. */
  readonly form: string;
  readonly host: string;
  /** Why what was sent was refused, until it is edited. */
  readonly failure: ReturnType<typeof toFailure> | null;
  readonly onEdit: () => void;
  readonly onItem: (item: ChangeItem, baseVersion: number) => void;
  /** Several as one change. */
  readonly onItems: (items: readonly ChangeItem[], baseVersion: number) => void;
};

type DraftSheetProps = {
  readonly open: boolean;
  readonly title: string;
  /** Null: the first host where something can be changed, labs before the machine; another can be chosen. */
  readonly host: string | null;
  /** There is nothing to send yet. */
  readonly waits?: boolean;
  readonly wide?: boolean;
  readonly tools?: ReactNode;
  readonly onClose: () => void;
  /** A change was drafted and planned. */
  readonly onDrafted: (changeId: string) => void;
  readonly children: (drafting: Drafting) => ReactNode;
};

/** A form in a sheet, whose outcome is a drafted change. */
export function DraftSheet(props: DraftSheetProps) {
  const { open, title, host, waits = false, wide = false, tools, onClose, onDrafted, children } = props;
  const form = useId();
  const { hosts } = useLive();
  const [chosen, setChosen] = useState<string | null>(null);
  const { able, usual } = changeable(hosts);
  const on = host ?? chosen ?? usual;
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
      wide={wide}
      tools={tools}
      title={title}
      description={on === null ? undefined : `On ${onHost(on)}. Nothing runs before you have reviewed it.`}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            type="submit"
            form={form}
            look="primary"
            busy={draft.isPending && 'Planning'}
            disabled={refused !== null || waits}
          >
            Review the change
          </Button>
        </>
      }
    >
      {host === null && able.length > 1 && (
        <HostField label="Host" hosts={able} value={on} onChoose={setChosen} className="px-4 pt-4" />
      )}
      {refused !== null && (
        <div className="px-4 pt-4">
          <FailureNote message={refused} />
        </div>
      )}
      {on !== null &&
        refused === null &&
        children({
          form,
          host: on,
          failure: draft.error ? toFailure(draft.error) : null,
          onEdit: () => draft.isError && draft.reset(),
          onItem: (item, baseVersion) => draft.mutate({ host: on, items: [item], baseVersion }),
          onItems: (items, baseVersion) => draft.mutate({ host: on, items: [...items], baseVersion }),
        })}
    </Dialog>
  );
}
