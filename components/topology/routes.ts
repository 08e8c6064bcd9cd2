import type { Rect } from '@/server/core/layout';
import { CELL } from '@/server/core/layout-geometry';
import type { TopologyEdge, TopologyNode } from '@/server/core/topology';
import { middle, type Point } from './elements';
import { EXIT } from './toNodes';

const below = (r: Rect, dx = 0): Point => ({ x: r.x + r.w / 2 + dx, y: r.y + r.h });
const above = (r: Rect, dx = 0): Point => ({ x: r.x + r.w / 2 + dx, y: r.y });

/** Straight down where possible, else down, across at `turn` pixels, and down. */
function step(start: Point, end: Point, turn: number): readonly Point[] {
  if (Math.abs(start.x - end.x) < 1) return [start, end];
  const y = start.y + turn;
  return [start, { x: start.x, y }, { x: end.x, y }, end];
}

/** Where cables of the upper row run to the side: in the gap right below it, routed traffic above the plugged. */
const BUS = 12;
const FORWARD_BUS = 7;
/** Below the names of the jacks, above the cards. */
const UNDER_NAMES = 20;

/** Neighbours in the upper row do not share one bus. */
const bus = (from: Rect): number => BUS + (Math.round(from.x / CELL.w) % 2) * 4;

/** The way of a cable, in right angles, from the end nearer to the outside. `lane` is that of the network below, if any. */
export function route(
  edge: TopologyEdge,
  upper: { readonly node: TopologyNode; readonly rect: Rect },
  lower: { readonly node: TopologyNode; readonly rect: Rect },
  lane: Rect | null,
): readonly Point[] {
  const from = upper.rect;
  const to = lower.rect;
  switch (edge.kind) {
    case 'forward':
      if (upper.node.band === 'bridge' && lane !== null) {
        // the way out is itself a bridge: up from its bar and along above the lanes
        const start = { x: from.x + from.w - 24, y: from.y };
        const end = { x: lane.x + EXIT.x, y: lane.y - EXIT.size / 2 };
        const y = lane.y - 24;
        return [start, { x: start.x, y }, { x: end.x, y }, end];
      }
      return lane === null
        ? step(below(from), above(to), FORWARD_BUS)
        : step(below(from), { x: lane.x + EXIT.x, y: lane.y - EXIT.size / 2 }, FORWARD_BUS);
    case 'uplink': {
      if (lower.node.band !== 'bridge') return step(below(from), above(to), 14);
      const x = from.x + from.w / 2;
      const inside = x > to.x && x < to.x + to.w;
      return step(below(from), { x: inside ? x : to.x + 3, y: to.y }, bus(from));
    }
    case 'port': {
      const x = Math.min(Math.max(middle(to).x, from.x + 12), from.x + from.w - 12);
      return step({ x, y: from.y + from.h }, above(to), 12);
    }
    case 'peer':
    case 'tunnel': {
      const y = Math.max(from.y + from.h, to.y + to.h) + UNDER_NAMES;
      return [below(from), { x: below(from).x, y }, { x: below(to).x, y }, below(to)];
    }
    case 'stacked': {
      if (lower.node.band === 'port') {
        // a macvtap: down between two columns, then into the jack from the side
        const y = from.y + from.h + bus(from);
        const end = { x: to.x + to.w, y: middle(to).y };
        const gutter = middle(to).x + CELL.w / 2;
        return [below(from), { x: below(from).x, y }, { x: gutter, y }, { x: gutter, y: end.y }, end];
      }
      if (Math.abs(from.y - to.y) < 1) {
        const right = to.x > from.x;
        const start = { x: right ? from.x + from.w : from.x, y: middle(from).y };
        const end = { x: right ? to.x : to.x + to.w, y: middle(to).y };
        const gap = Math.abs(start.x - end.x);
        if (gap < 20) return [start, end];
        return [
          below(from),
          { x: below(from).x, y: from.y + from.h + 6 },
          { x: below(to).x, y: from.y + from.h + 6 },
          below(to),
        ];
      }
      return from.y > to.y ? step(above(from), below(to), -14) : step(below(from), above(to), bus(from));
    }
    case 'nic': {
      if (Math.abs(middle(from).x - middle(to).x) < 1) return [below(from), above(to)];
      const x = below(from).x;
      // somebody moved the card, but it is still below
      if (to.y > from.y + from.h && x > to.x + 8 && x < to.x + to.w - 8) return [below(from), { x, y: to.y }];
      // the card hangs below another jack of the same guest: beside the cards, then in at the card's side
      const right = middle(to).x > middle(from).x;
      const side = { x: right ? to.x : to.x + to.w, y: to.y + 12 };
      const y = from.y + from.h + UNDER_NAMES;
      const gutter = side.x + (right ? -7 : 7);
      return [below(from), { x: below(from).x, y }, { x: gutter, y }, { x: gutter, y: side.y }, side];
    }
    case 'member':
      return [middle(from), middle(to)];
  }
}

/** The bends of a way relative to the straight line between its ends, as cytoscape's `segments` take them. */
export function bends(points: readonly Point[]): {
  readonly weights: readonly number[];
  readonly distances: readonly number[];
} {
  const start = points[0];
  const end = points[points.length - 1];
  if (!start || !end || points.length < 3) return { weights: [], distances: [] };
  const dx = end.x - start.x;
  const dy = end.y - start.y;
  const square = dx * dx + dy * dy || 1;
  const length = Math.sqrt(square);
  const inner = points.slice(1, -1);
  return {
    weights: inner.map((p) => ((p.x - start.x) * dx + (p.y - start.y) * dy) / square),
    distances: inner.map((p) => ((p.y - start.y) * dx - (p.x - start.x) * dy) / length),
  };
}
