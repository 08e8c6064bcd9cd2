'use client';
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef } from 'react';
import { pinTarget } from '@/server/core/layout-pins';
import type { Topology } from '@/server/core/topology';
import { type Direction, walk } from '@/server/core/topology-walk';
import { DragHint, targeted } from './dropTarget';
import type { Point } from './elements';
import { exportSvg } from './exportSvg';
import { Legend } from './Legend';
import { Minimap } from './Minimap';
import { fromDataAddress, saveFile } from './saveFile';
import { Toolbar } from './Toolbar';
import { type CanvasHandle, TopologyCanvas } from './TopologyCanvas';
import { TopologyTable } from './TopologyTable';
import { TopologyTree } from './TopologyTree';
import { NO_OVERLAY, type Overlay } from './toElements';
import './topology.css';
import { usePicture } from './usePicture';
import { nudged, type PinsProps, toggled, useDrag } from './usePins';
import { useTheme } from './useTheme';
import type { ViewportFeed } from './viewportFeed';
import { vlanLooks } from './vlanColours';
import { nodeWords } from './words';

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
  readonly overlay: Overlay;
  readonly onOverlay: (overlay: Overlay) => void;
  /** Told what is seen of the graph. */
  readonly viewport: ViewportFeed;
  /** Where to look; again with every new object. */
  readonly look: Look | null;
  /** At the right end of the tools. */
  readonly tools?: ReactNode;
} & PinsProps;

/** A point of the layout, and from how far. */
export type Look = { readonly x: number; readonly y: number; readonly zoom: number };

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

/** The graph of the topology with its legend, minimap, toolbar, and the same as table and tree. */
export function TopologyView(props: TopologyViewProps) {
  const { topology, selection, onSelect, expanded, onExpand, onOpen, view = 'graph', filter = '' } = props;
  const { overlay, onOverlay, viewport, look, pins, onPins } = props;
  const { now, move, drag } = useDrag(props);
  const theme = useTheme();
  const picture = usePicture(topology, expanded, selection, overlay, now);
  const canvas = useRef<CanvasHandle>(null);
  const { shown, layout: placed, chosen, pinned, tidy } = picture;
  const over = drag?.over ?? null;
  const elements = useMemo(() => targeted(picture.elements, shown, over), [picture.elements, shown, over]);

  const open = useCallback(
    (id: string) => {
      const node = shown.nodes[id];
      if (node?.kind === 'group') onExpand(id, !node.expanded);
      else onOpen?.(id);
    },
    [shown, onExpand, onOpen],
  );
  const first = useMemo(() => Object.values(shown.nodes).find((n) => n.kind === 'host')?.id ?? null, [shown]);

  // chosen in the table, by the search or in the address: bring it into sight
  const ready = theme !== null && view === 'graph';
  useEffect(() => {
    if (ready && chosen !== null) canvas.current?.show(chosen);
  }, [ready, chosen]);
  const drawn = elements.length > 0;
  useEffect(() => {
    if (ready && drawn && look !== null) canvas.current?.look(look);
  }, [ready, drawn, look]);

  const onMove = useCallback(
    (id: string, corner: Point | null, dropped: boolean) => move(shown, placed, id, corner, dropped),
    [move, shown, placed],
  );
  const pinIt = () => chosen !== null && onPins(toggled(pins, shown, placed, chosen));
  const target = chosen === null ? null : pinTarget(shown, placed, chosen);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    if (direction && event.shiftKey) {
      if (chosen !== null) onPins(nudged(pins, shown, placed, chosen, direction));
    } else if (direction) {
      const next = chosen === null ? first : walk(shown, placed, chosen, direction);
      if (next !== null) onSelect(next);
    } else if (event.key === 'Enter' && chosen !== null) open(chosen);
    else if (event.key === 'Escape') onSelect(null);
    else if (event.key === 'f') canvas.current?.fit();
    else if (event.key === '+' || event.key === '=') canvas.current?.zoomBy(1.25);
    else if (event.key === '-') canvas.current?.zoomBy(0.8);
    else if (event.key === 'v') onOverlay({ ...NO_OVERLAY, vlans: !overlay.vlans });
    else if (event.key === 'p') pinIt();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const looks = useMemo(() => vlanLooks(Object.values(shown.nodes).flatMap((n) => n.vlans)), [shown]);
  const save = (format: 'png' | 'svg') => {
    if (format === 'png') saveFile('topology.png', fromDataAddress(canvas.current?.png() ?? ''));
    else if (theme)
      saveFile('topology.svg', new Blob([exportSvg(elements, theme)], { type: 'image/svg+xml' }));
  };
  const nodes = Object.keys(shown.nodes).length;
  const said = chosen === null ? undefined : shown.nodes[chosen];
  const graph = view === 'graph';
  return (
    <section className="topology" aria-label="Topology">
      <Toolbar
        view={view}
        onView={props.onView}
        vlans={overlay.vlans}
        onVlans={() => onOverlay({ vlans: !overlay.vlans, vlan: null })}
        onFit={() => canvas.current?.fit()}
        onZoom={(factor) => canvas.current?.zoomBy(factor)}
        onTidy={() => {
          tidy();
          canvas.current?.fit();
        }}
        onSave={save}
        pinned={target === null ? null : pinned.has(target)}
        onPin={pinIt}
        more={props.tools}
      >
        {!graph && (
          <input
            type="search"
            className="topology-filter"
            aria-label="Filter the table"
            placeholder="Name, address, MAC, kind, state"
            value={filter}
            onChange={(e) => props.onFilter?.(e.target.value)}
          />
        )}
      </Toolbar>
      {!graph && (
        <TopologyTable topology={topology} selection={selection} onSelect={onSelect} filter={filter} />
      )}
      {graph && (
        <div
          className="topology-stage"
          role="application"
          aria-label="Graph. Arrow keys walk along cables, Enter opens, Escape goes back. With Shift they move what is selected, p pins it."
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the graph is walked with the arrow keys
          tabIndex={0}
          onKeyDown={onKeyDown}
          data-nodes={nodes}
          data-positions={Object.keys(placed.positions).length}
        >
          {theme && nodes > 0 && (
            <TopologyCanvas
              elements={elements}
              theme={theme}
              handle={canvas}
              onSelect={onSelect}
              onOpen={open}
              onViewport={viewport.set}
              onMove={onMove}
            />
          )}
          {nodes === 0 && props.empty}
          {drag !== null && <DragHint what={shown.nodes[drag.id]} over={over} />}
        </div>
      )}
      {graph && nodes > 0 && (
        <>
          <TopologyTree
            topology={shown}
            layout={placed}
            selection={chosen}
            onSelect={onSelect}
            onOpen={open}
          />
          <Legend looks={looks} overlay={overlay} onOverlay={onOverlay} />
          <Minimap
            topology={shown}
            layout={placed}
            viewport={viewport}
            onCentre={(x, y) => canvas.current?.centre(x, y)}
          />
        </>
      )}
      <p role="status" className="topology-said">
        {said ? nodeWords(said) : ''}
        {target !== null && pinned.has(target) ? ', pinned' : ''}
      </p>
    </section>
  );
}
