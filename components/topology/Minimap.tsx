import { type PointerEvent, useSyncExternalStore } from 'react';
import type { Layout, Rect } from '@/server/core/layout';
import type { Topology } from '@/server/core/topology';
import { Corner } from './Corner';
import type { ViewportFeed } from './viewportFeed';

type Props = {
  readonly topology: Topology;
  readonly layout: Layout;
  readonly viewport: ViewportFeed;
  readonly onCentre: (x: number, y: number) => void;
};

const WIDTH = 184;
const HEIGHT = 116;

const holds = (outer: Rect, inner: Rect): boolean =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  outer.x + outer.w >= inner.x + inner.w &&
  outer.y + outer.h >= inner.y + inner.h;

/** The whole graph in small, with what is seen of it. A pointer's tool: the keyboard has the tree and the arrow keys. */
export function Minimap({ topology, layout, viewport: feed, onCentre }: Props) {
  const viewport = useSyncExternalStore(feed.subscribe, feed.get, () => null);
  const { bounds } = layout;
  const pad = 20;
  const scale = Math.max((bounds.w + 2 * pad) / WIDTH, (bounds.h + 2 * pad) / HEIGHT);
  const box = {
    x: bounds.x + bounds.w / 2 - (WIDTH * scale) / 2,
    y: bounds.y + bounds.h / 2 - (HEIGHT * scale) / 2,
  };
  // Everything is in sight: an overview would only cover a part of it.
  if (viewport === null || holds(viewport, bounds)) return null;
  const go = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons !== 1) return;
    const at = event.currentTarget.getBoundingClientRect();
    onCentre(box.x + (event.clientX - at.x) * scale, box.y + (event.clientY - at.y) * scale);
  };
  return (
    <Corner name="minimap" title="Overview" place="right" openFrom={1100}>
      <svg
        className="topology-minimap"
        width={WIDTH}
        height={HEIGHT}
        viewBox={`${box.x} ${box.y} ${WIDTH * scale} ${HEIGHT * scale}`}
        aria-hidden="true"
        onPointerDown={go}
        onPointerMove={go}
      >
        {Object.values(topology.nodes).map((node) => {
          const r = layout.positions[node.id];
          if (!r || node.kind === 'network') return null;
          const kind = node.kind === 'host' ? 'frame' : node.band === 'bridge' ? 'bar' : 'thing';
          const down = node.state === 'down' && kind === 'thing' ? ' topology-mini-down' : '';
          return (
            <rect
              key={node.id}
              className={`topology-mini-${kind}${down}`}
              x={r.x}
              y={r.y}
              width={r.w}
              height={r.h}
            />
          );
        })}
        <rect
          className="topology-mini-view"
          x={viewport.x}
          y={viewport.y}
          width={viewport.w}
          height={viewport.h}
          strokeWidth={1.5 * scale}
        />
      </svg>
    </Corner>
  );
}
