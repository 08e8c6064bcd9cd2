'use client';
import { HandHelping } from 'lucide-react';
import { NOT_MANAGED, type TopologyNode } from '@/server/core/topology';
import { useAdopt } from '../lists/useAdopt';
import { useLive } from '../live/Live';
import { readOnly } from '../live/names';
import { useView } from '../shell/view';
import { Button } from '../ui/Button';
import { FailureNote } from '../ui/FailureNote';

/** For what is there and nobody manages here: one click makes its design, a change like any other. */
export function ManageThis({ node }: { readonly node: TopologyNode }) {
  const view = useView();
  const { hosts } = useLive();
  const adoption = useAdopt((change) => view.go({ change }));
  if (!node.badges.includes(NOT_MANAGED)) return null;
  if (node.pending)
    return <p className="text-dim">Not managed: a change that would manage it waits for its review.</p>;
  const refused = readOnly(hosts.find((h) => h.host === node.host));
  return (
    <div className="grid w-full gap-2">
      <p className="text-dim">Not managed: it is as somebody else made it.</p>
      <div>
        <Button
          look="primary"
          icon={<HandHelping aria-hidden className="size-3.5" />}
          disabled={refused !== null}
          busy={adoption.busy && 'Reading it'}
          onClick={() =>
            adoption.propose({
              host: node.host,
              is: node.kind === 'network' ? 'network' : 'interface',
              name: node.label,
            })
          }
        >
          Manage this
        </Button>
      </div>
      {refused !== null && <p className="text-dim">{refused}</p>}
      {adoption.failure && <FailureNote {...adoption.failure} />}
    </div>
  );
}
