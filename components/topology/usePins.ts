'use client';
import { useCallback, useMemo, useState } from 'react';
import type { Layout } from '@/server/core/layout';
import { bridgeAt, type Pins, pinAt, pinTarget } from '@/server/core/layout-pins';
import type { Topology, TopologyNode } from '@/server/core/topology';
import type { Direction } from '@/server/core/topology-walk';
import type { Point } from './elements';

/** How far Shift with an arrow moves something, in pixels. */
const STEP = 20;
const BY: Readonly<Record<Direction, Point>> = {
  up: { x: 0, y: -STEP },
  down: { x: 0, y: STEP },
  left: { x: -STEP, y: 0 },
  right: { x: STEP, y: 0 },
};

export type PinsProps = {
  /** Whether dropping this on that bridge means more than that it should stay there. */
  readonly canDrop?: ((what: TopologyNode, bridge: TopologyNode) => boolean) | undefined;
  readonly pins: Pins;
  readonly onPins: (pins: Pins) => void;
  /** Something was dropped on a bridge; true when that means more than that it should stay there. */
  readonly onDrop?: ((what: TopologyNode, bridge: TopologyNode) => boolean) | undefined;
};

type Drag = { readonly id: string; readonly pin: Pins[string]; readonly over: TopologyNode | null };

/** What somebody drags right now stands where the mouse is; let go, it is pinned there. */
export function useDrag({ pins, onPins, onDrop, canDrop }: PinsProps) {
  const [drag, setDrag] = useState<Drag | null>(null);
  const now = useMemo(() => (drag === null ? pins : { ...pins, [drag.id]: drag.pin }), [pins, drag]);
  const move = useCallback(
    (topology: Topology, layout: Layout, id: string, corner: Point | null, dropped: boolean) => {
      const pin = corner && pinAt(topology, layout, id, corner, dropped);
      if (corner === null || pin === null) return setDrag(null);
      const node = topology.nodes[id];
      const rect = layout.positions[id];
      const bridge = node && rect ? bridgeAt(topology, layout, node.host, { ...rect, ...corner }) : null;
      const over = node && bridge && bridge.id !== id && canDrop?.(node, bridge) ? bridge : null;
      setDrag(dropped ? null : { id, pin, over });
      if (!dropped || (node && over && onDrop?.(node, over))) return;
      onPins({ ...pins, [id]: pin });
    },
    [pins, onPins, onDrop, canDrop],
  );
  return { now, move, drag };
}

/** The pins after a step with the keyboard; the same where nothing can be moved. */
export function nudged(pins: Pins, topology: Topology, layout: Layout, id: string, to: Direction): Pins {
  const target = pinTarget(topology, layout, id);
  const rect = target === null ? undefined : layout.positions[target];
  if (target === null || !rect) return pins;
  const pin = pinAt(topology, layout, target, { x: rect.x + BY[to].x, y: rect.y + BY[to].y });
  return pin === null ? pins : { ...pins, [target]: pin };
}

/** Pins what is not pinned where it stands, and the other way round. */
export function toggled(pins: Pins, topology: Topology, layout: Layout, id: string): Pins {
  const target = pinTarget(topology, layout, id);
  const rect = target === null ? undefined : layout.positions[target];
  if (target === null || !rect) return pins;
  if (pins[target]) return Object.fromEntries(Object.entries(pins).filter(([other]) => other !== target));
  const pin = pinAt(topology, layout, target, rect);
  return pin === null ? pins : { ...pins, [target]: pin };
}
