'use client';
import { useRouter } from 'next/navigation';
import { useRef } from 'react';
import { ChangeDrawer } from '../change/ChangeDrawer';
import { LinkPanel, type LinkTask } from '../edit/LinkPanel';
import { NetworkPanel } from '../edit/NetworkPanel';
import { LabPanel } from '../hosts/LabPanel';
import { CheckPanel } from '../lists/CheckPanel';
import { GuestPanel } from '../lists/GuestPanel';
import { useLive } from '../live/Live';
import { useKeys } from '../shell/useKeys';
import { useView, type View } from '../shell/view';
import { Button } from '../ui/Button';
import { EmptyState } from '../ui/EmptyState';
import { Spinner } from '../ui/Spinner';
import { FirstSteps } from './FirstSteps';
import { Graph } from './Graph';
import { Inspector } from './Inspector';

/** The graph with the inspector beside it and the change under review below it. */
export function OneScreen() {
  const { topology, stream } = useLive();
  const view = useView();
  const router = useRouter();
  const inspector = useRef<HTMLElement>(null);
  const selected = view.select === null ? undefined : topology.nodes[view.select];
  const closePanel = () => view.go({ panel: null, host: null, network: null, link: null, guest: null });
  const back = () => {
    if (view.change !== null) view.go({ change: null });
    else if (view.select !== null) view.go({ select: null });
  };
  const edit = () => {
    if (selected?.network)
      view.go({ panel: 'edit-network', host: selected.host, network: selected.network.name, change: null });
  };
  const task = linkTask(view);
  const defining = view.panel === 'new-network' || view.panel === 'edit-network' || task !== null;
  useKeys({ Escape: back, e: edit });
  return (
    <div className="flex h-full min-h-0 flex-col">
      <h1 className="sr-only">Topology</h1>
      {/* Where there is room, the graph stays in sight beside the form. */}
      <div className={`flex min-h-0 flex-1 ${defining ? 'xl:mr-140' : ''}`}>
        <div className="relative min-w-0 flex-1">
          <Graph
            view={view}
            onOpen={(id) => {
              view.go({ select: id }, 'replace');
              requestAnimationFrame(() => inspector.current?.focus());
            }}
            empty={
              stream === 'waiting' ? (
                <div className="grid h-full place-items-center">
                  <Spinner label="Reading the hosts" />
                </div>
              ) : (
                <EmptyState title="Nothing to draw yet">
                  No agent has answered. The list of hosts says why.{' '}
                  <Button small onClick={() => router.push('/hosts')}>
                    See the hosts
                  </Button>
                </EmptyState>
              )
            }
          />
          <FirstSteps />
        </div>
        {view.select !== null && !defining && (
          <Inspector ref={inspector} id={view.select} onClose={() => view.go({ select: null }, 'replace')} />
        )}
      </div>
      {view.change !== null && (
        <ChangeDrawer
          key={view.change}
          id={view.change}
          onClose={() => view.go({ change: null })}
          onOpen={(change) => view.go({ change })}
        />
      )}
      <NetworkPanel
        open={defining && task === null}
        host={view.host}
        network={view.panel === 'edit-network' ? view.network : null}
        onClose={closePanel}
        onDrafted={(change) => view.go({ panel: null, host: null, network: null, change })}
      />
      <LinkPanel
        task={task}
        host={view.host}
        onClose={closePanel}
        onDrafted={(change) => view.go({ panel: null, host: null, link: null, change })}
      />
      <GuestPanel
        open={view.panel === 'new-guest'}
        host={view.host}
        network={view.network}
        onClose={closePanel}
      />
      <CheckPanel open={view.panel === 'check'} host={view.host} from={view.guest} onClose={closePanel} />
      <LabPanel open={view.panel === 'new-lab'} onClose={closePanel} />
    </div>
  );
}

function linkTask({ panel, link }: View): LinkTask | null {
  if (panel === 'edit-link') return link === null ? null : { do: 'edit', name: link };
  if (panel === 'new-bridge') return { do: 'new', kind: 'bridge', device: link };
  if (panel === 'new-vlan') return { do: 'new', kind: 'vlan', device: link };
  if (panel === 'new-tap') return { do: 'new', kind: 'tap', device: link };
  return panel === 'new-bond' ? { do: 'new', kind: 'bond', device: link } : null;
}
