'use client';
import { Network, Plus } from 'lucide-react';
import { useLive } from '../live/Live';
import { onHost, readOnly } from '../live/names';
import { useView } from '../shell/view';
import { Button } from '../ui/Button';

/** While no host has a network of ours: what the first step is, on a lab that can be changed now. */
export function FirstSteps() {
  const { hosts, topology } = useLive();
  const view = useView();
  if (view.panel !== null || view.change !== null || view.select !== null || view.view === 'table')
    return null;
  const begun = hosts.some((h) => (h.committed?.version ?? 0) > 0);
  if (begun || Object.values(topology.nodes).some((n) => n.network)) return null;
  const empty = hosts.find(
    (h) => h.host !== 'machine' && readOnly(h) === null && h.transaction?.state === 'idle',
  );
  if (!empty) return null;
  return (
    <div className="absolute inset-x-3 bottom-14 mx-auto flex max-w-120 animate-rise flex-wrap items-center gap-3 rounded-lg border border-line bg-raised p-3 shadow-float">
      <Network aria-hidden className="size-5 text-dim" />
      <p className="min-w-40 flex-1">No networks on {onHost(empty.host)} yet. Define the first one.</p>
      <Button
        look="primary"
        icon={<Plus aria-hidden className="size-4" />}
        onClick={() => view.go({ panel: 'new-network', host: empty.host })}
      >
        Define a network
      </Button>
    </div>
  );
}
