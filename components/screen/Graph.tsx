'use client';
import { type ReactNode, useCallback, useState } from 'react';
import type { TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import type { View } from '../shell/view';
import { TopologyView } from '../topology/TopologyView';
import { viewportFeed } from '../topology/viewportFeed';
import { canPlug, type PlugProposal, PlugReview } from './PlugReview';
import { useViews } from './useViews';
import { ViewsMenu } from './ViewsMenu';

type GraphProps = {
  readonly view: View;
  /** Enter on a node: bring the person to its facts and actions. */
  readonly onOpen: (id: string) => void;
  readonly empty: ReactNode;
};

/** The topology as the address says, with saved views, and with guests that can be dragged to another network. */
export function Graph({ view, onOpen, empty }: GraphProps) {
  const { topology } = useLive();
  const [feed] = useState(viewportFeed);
  const views = useViews(view, feed);
  const [proposal, setProposal] = useState<PlugProposal | null>(null);
  const canDrop = useCallback(
    (guest: TopologyNode, bridge: TopologyNode) => canPlug(topology, guest, bridge),
    [topology],
  );
  const onDrop = useCallback((guest: TopologyNode, bridge: TopologyNode) => {
    setProposal({ guest, bridge });
    return true;
  }, []);
  /** A guest that went to another network takes its place there. */
  const unpin = ({ id }: TopologyNode) =>
    views.setPins((pins) => Object.fromEntries(Object.entries(pins).filter(([other]) => other !== id)));
  return (
    <>
      <TopologyView
        topology={topology}
        selection={view.select}
        onSelect={(id) => view.go({ select: id }, 'replace')}
        expanded={view.expanded}
        onExpand={(id, open) => {
          const rest = view.expanded.filter((e) => e !== id);
          view.go({ expand: (open ? [...rest, id] : rest).join(' ') }, 'replace');
        }}
        onOpen={onOpen}
        view={view.view}
        onView={(to) => view.go({ mode: to === 'table' ? 'table' : null }, 'replace')}
        filter={view.filter}
        onFilter={(filter) => view.go({ filter }, 'replace')}
        overlay={views.overlay}
        onOverlay={views.setOverlay}
        pins={views.pins}
        onPins={views.setPins}
        canDrop={canDrop}
        onDrop={onDrop}
        viewport={feed}
        look={views.look}
        tools={<ViewsMenu views={views} />}
        empty={empty}
      />
      <PlugReview proposal={proposal} onDone={unpin} onClose={() => setProposal(null)} />
    </>
  );
}
