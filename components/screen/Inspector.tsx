'use client';
import { X } from 'lucide-react';
import type { Ref } from 'react';
import { MAC_CONFLICT, type TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { hostName } from '../live/names';
import { useView } from '../shell/view';
import { Badge } from '../ui/Badge';
import { Button, IconButton } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { useWide } from '../ui/useWide';
import { LiveFacts } from './LiveFacts';
import { NodeActions } from './NodeActions';
import { ProveLimit } from './ProveLimit';
import { TrafficOf } from './Traffic';

type InspectorProps = { readonly id: string; readonly onClose: () => void; readonly ref?: Ref<HTMLElement> };

/** What is selected: its actions at the top, then every fact with the command it came from. */
export function Inspector({ id, onClose, ref }: InspectorProps) {
  const { topology } = useLive();
  const wide = useWide();
  const node = topology.nodes[id];
  const title = node?.label ?? (isGroup(id) ? 'Group' : id);
  if (!wide)
    return (
      <Dialog open onClose={onClose} title={title} place="bottom">
        <Content node={node} id={id} />
      </Dialog>
    );
  return (
    <aside
      ref={ref}
      tabIndex={-1}
      aria-label={`Inspector: ${title}`}
      className="flex w-80 shrink-0 flex-col border-l border-line bg-raised focus:outline-none xl:w-90"
    >
      <header className="flex items-center gap-2 border-b border-line px-4 py-3">
        <h2 className="mono min-w-0 flex-1 text-lg! font-semibold break-words">{title}</h2>
        <IconButton
          label="Close"
          shortcut="Esc"
          small
          icon={<X aria-hidden className="size-4" />}
          onClick={onClose}
        />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <Content node={node} id={id} />
      </div>
    </aside>
  );
}

/** Groups are made for the picture; their ids say so. */
const isGroup = (id: string): boolean => id.includes('/group/');

function Group({ id }: { readonly id: string }) {
  const view = useView();
  const open = view.expanded.includes(id);
  const rest = view.expanded.filter((e) => e !== id);
  return (
    <div className="grid justify-items-start gap-3 p-4">
      <p>
        Many things of one kind, folded so that the picture can be read. The table and Find have every one of
        them.
      </p>
      <Button
        look="primary"
        onClick={() => view.go({ expand: (open ? rest : [...rest, id]).join(' ') }, 'replace')}
      >
        {open ? 'Fold the group' : 'Unfold the group'}
      </Button>
    </div>
  );
}

function Content({ node, id }: { readonly node: TopologyNode | undefined; readonly id: string }) {
  if (!node && isGroup(id)) return <Group id={id} />;
  if (!node)
    return (
      <p className="p-4 text-dim">
        <span className="mono">{id}</span> is not there any more, or not yet.
      </p>
    );
  return (
    <div className="grid gap-4 p-4">
      <div className="flex flex-wrap items-center gap-1.5">
        <Badge>{node.kind}</Badge>
        <Badge tone={node.state === 'up' ? 'green' : node.state === 'down' ? 'red' : 'plain'}>
          {node.state}
        </Badge>
        {node.kind !== 'host' && <Badge>{hostName(node.host)}</Badge>}
        {node.pending && <Badge tone="amber">will be {node.pending}</Badge>}
        {node.conflicts && <Badge tone="red">{MAC_CONFLICT}</Badge>}
      </div>
      {node.conflicts?.map((why) => (
        <p key={why} className="rounded-md border border-red/40 bg-red-soft p-2 text-red">
          {why}
        </p>
      ))}
      <NodeActions node={node} />
      <TrafficOf node={node} />
      <ProveLimit key={node.id} node={node} />
      <LiveFacts node={node} />
    </div>
  );
}
