'use client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Cable, Pencil, Trash2 } from 'lucide-react';
import type { TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { readOnly } from '../live/names';
import { toFailure, useTRPC } from '../live/trpc';
import { useView } from '../shell/view';
import { Button } from '../ui/Button';
import { useSay } from '../ui/Toast';
import { ManageThis } from './ManageThis';

const ICON = 'size-3.5';

/** What can be done with an uplink, VLAN, bond or bridge of the host: change ours, build on the others. */
export function LinkActions({ node }: { readonly node: TopologyNode }) {
  const trpc = useTRPC();
  const view = useView();
  const say = useSay();
  const { hosts } = useLive();
  const lists = useQuery(trpc.networks.list.queryOptions());
  const draft = useMutation(
    trpc.changes.draft.mutationOptions({
      onSuccess: (change) => view.go({ change: change.id }),
      onError: (error) => say.failed(toFailure(error).message),
    }),
  );
  const record = lists.data?.find((l) => l.host === node.host);
  if (!record) return null;
  const refused = readOnly(hosts.find((h) => h.host === node.host)) !== null;
  const link = record.links.find((l) => l.name === node.label);
  const used = record.links.some(
    (l) =>
      (l.kind === 'bridge' && l.uplinks?.some((u) => u === node.label)) ||
      (l.kind === 'bond' && l.members.some((m) => m === node.label)),
  );
  const plugged = node.anchor !== null || used;
  return (
    <div className="flex flex-wrap gap-2">
      {node.kind !== 'bridge' && node.kind !== 'tap' && !plugged && (
        <Button
          look={link ? 'plain' : 'primary'}
          icon={<Cable aria-hidden className={ICON} />}
          disabled={refused}
          onClick={() => view.go({ panel: 'new-bridge', host: node.host, link: node.label, change: null })}
        >
          Make a bridge of it
        </Button>
      )}
      {node.kind !== 'tap' && !plugged && (
        <Button
          disabled={refused}
          onClick={() => view.go({ panel: 'new-vlan', host: node.host, link: node.label, change: null })}
        >
          Add a VLAN on it
        </Button>
      )}
      {!link && <ManageThis node={node} />}
      {link && (
        <>
          <Button
            icon={<Pencil aria-hidden className={ICON} />}
            disabled={refused}
            onClick={() => view.go({ panel: 'edit-link', host: node.host, link: link.name, change: null })}
          >
            Edit {link.name}
          </Button>
          <Button
            look="danger"
            icon={<Trash2 aria-hidden className={ICON} />}
            disabled={refused}
            busy={draft.isPending && 'Planning'}
            onClick={() =>
              draft.mutate({
                host: record.host,
                baseVersion: record.version,
                items: [{ op: 'delete', before: link }],
              })
            }
          >
            {link.adopted ? 'Forget' : 'Remove'} {link.name}
          </Button>
        </>
      )}
    </div>
  );
}
