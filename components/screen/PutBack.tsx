'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import type { HostId } from '@/server/core/ids';
import { useLive } from '../live/Live';
import { readOnly } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { useView } from '../shell/view';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';

/** The network once more as it is kept: whatever on the host is not so becomes a step, to be reviewed like any. */
export function PutBack({ host, network: name }: { readonly host: HostId; readonly network: string }) {
  const trpc = useTRPC();
  const view = useView();
  const { hosts } = useLive();
  const lists = useQuery(trpc.networks.list.queryOptions());
  const draft = useMutation(
    trpc.changes.draft.mutationOptions({ onSuccess: (change) => view.go({ change: change.id }) }),
  );
  const record = lists.data?.find((l) => l.host === host);
  const network = record?.networks.find((n) => n.name === name);
  const refused = readOnly(hosts.find((h) => h.host === host));
  if (!record || !network) return null;
  return (
    <div className="grid justify-items-start gap-2">
      <Button
        look="primary"
        icon={<Undo2 aria-hidden className="size-3.5" />}
        disabled={refused !== null}
        busy={draft.isPending && 'Planning'}
        onClick={() =>
          draft.mutate({
            ...{ host, baseVersion: record.version },
            items: [{ op: 'update', before: network, after: network }],
          })
        }
      >
        Put the limit back
      </Button>
      {refused !== null && <p className="text-dim">{refused}</p>}
      {draft.error && <FailureNote {...toFailure(draft.error)} />}
    </div>
  );
}
