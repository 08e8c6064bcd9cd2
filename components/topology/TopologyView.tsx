'use client';
import { type KeyboardEvent, type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import type { Topology } from '@/server/core/topology';
import { type Direction, walk } from '@/server/core/topology-walk';
import { type CanvasHandle, TopologyCanvas, type Viewport } from './TopologyCanvas';
import { NO_OVERLAY, type Overlay } from './toElements';
import { usePicture } from './usePicture';
import { useTheme } from './useTheme';

export type TopologyViewProps = {
  readonly topology: Topology;
  /** Id of the selected node, also of one that is folded into a group. */
  readonly selection: string | null;
  readonly onSelect: (id: string | null) => void;
  /** Ids of groups that are unfolded. */
  readonly expanded: readonly string[];
  readonly onExpand: (id: string, open: boolean) => void;
  /** Enter on a node: bring the person to its facts and actions. */
  readonly onOpen?: (id: string) => void;
  /** Graph or table; both know the same selection. */
  readonly view?: 'graph' | 'table';
  readonly onView?: (view: 'graph' | 'table') => void;
  /** What the table is narrowed to. */
  readonly filter?: string;
  readonly onFilter?: (filter: string) => void;
  /** Shown instead of the graph while there is nothing to draw. */
  readonly empty?: ReactNode;
};

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

/** The graph of the topology with its legend, minimap, toolbar, and the same as table and tree. */
export function TopologyView(props: TopologyViewProps) {
  const { topology, selection, onSelect, expanded, onExpand, onOpen } = props;
  const [overlay, setOverlay] = useState<Overlay>(NO_OVERLAY);
  const [, setViewport] = useState<Viewport | null>(null);
  const theme = useTheme();
  const picture = usePicture(topology, expanded, selection, overlay);
  const canvas = useRef<CanvasHandle>(null);
  const { shown, layout: placed, elements, chosen } = picture;

  const open = useCallback(
    (id: string) => {
      const node = shown.nodes[id];
      if (node?.kind === 'group') onExpand(id, !node.expanded);
      else onOpen?.(id);
    },
    [shown, onExpand, onOpen],
  );
  const first = useMemo(() => Object.values(shown.nodes).find((n) => n.kind === 'host')?.id ?? null, [shown]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    if (direction) {
      const next = chosen === null ? first : walk(shown, placed, chosen, direction);
      if (next !== null) {
        onSelect(next);
        canvas.current?.show(next);
      }
    } else if (event.key === 'Enter' && chosen !== null) open(chosen);
    else if (event.key === 'Escape') onSelect(null);
    else if (event.key === 'f') canvas.current?.fit();
    else if (event.key === '+' || event.key === '=') canvas.current?.zoomBy(1.25);
    else if (event.key === '-') canvas.current?.zoomBy(0.8);
    else if (event.key === 'v') setOverlay((o) => ({ ...NO_OVERLAY, vlans: !o.vlans }));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const nodes = Object.keys(shown.nodes).length;
  return (
    <section className="topology" aria-label="Topology">
      <div
        className="topology-stage"
        role="application"
        aria-label="Graph. Arrow keys walk along cables, Enter opens, Escape goes back."
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the graph is walked with the arrow keys
        tabIndex={0}
        onKeyDown={onKeyDown}
        data-nodes={nodes}
      >
        {theme && nodes > 0 && (
          <TopologyCanvas
            elements={elements}
            theme={theme}
            handle={canvas}
            onSelect={onSelect}
            onOpen={open}
            onViewport={setViewport}
          />
        )}
        {nodes === 0 && props.empty}
      </div>
    </section>
  );
}
