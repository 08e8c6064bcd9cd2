import type { Layout } from './layout';
import { FRAME, HOST_GAP, type Rect } from './layout-geometry';
import type { Topology, TopologyNode } from './topology';

/** Where people put things: pixels from the upper left corner of its host's frame, by the node's id. */
export type Pins = Readonly<Record<string, { readonly x: number; readonly y: number }>>;

export const NO_PINS: Pins = {};
/** Pins sit on this grid, in pixels. */
const GRID = 4;
/** Nobody looks for anything beyond this many pixels from its frame's corner. */
const FAR = 20_000;
/** What is lower than this is a part of something else: a bond's member, a bar's handle. */
const PART = 30;

const KINDS: ReadonlySet<string> = new Set([
  'bridge',
  'ovs-bridge',
  'guest',
  'namespace',
  'group',
  'uplink',
  'bond',
  'vlan',
  'tunnel',
]);

/**
 * What moves when somebody moves this node: itself; for a network its bridge; null for what cannot be moved, like a
 * jack, which sits on its bar.
 */
export function pinTarget(topology: Topology, { positions }: Layout, id: string): string | null {
  const node = topology.nodes[id];
  if (node?.kind === 'network') return node.anchor !== null && positions[node.anchor] ? node.anchor : null;
  const rect = positions[id];
  return node && rect && KINDS.has(node.kind) && rect.h >= PART ? id : null;
}

/**
 * The pin of a node whose upper left corner is put at this point of the layout, on the grid unless it is still on its
 * way; null where it cannot be pinned.
 */
export function pinAt(
  topology: Topology,
  layout: Layout,
  id: string,
  at: { readonly x: number; readonly y: number },
  grid = true,
): Pins[string] | null {
  const frame = layout.positions[topology.nodes[id]?.parent ?? ''];
  if (!frame || pinTarget(topology, layout, id) !== id) return null;
  const snap = (n: number) => (grid ? Math.round(n / GRID) * GRID : n);
  return { x: snap(at.x - frame.x), y: snap(at.y - frame.y) };
}

/**
 * The layout with what is pinned where it is pinned; a bridge takes its ports, its guests and its network along, a bond
 * its members. Nothing else moves, but a host's frame grows to the right and down around what was put there; nothing
 * leaves its frame to the left, to the top, or into the next host.
 */
export function withPins(topology: Topology, layout: Layout, pins: Pins): Layout {
  const pinned = Object.keys(pins)
    .filter((id) => pinTarget(topology, layout, id) === id)
    // a bridge first: a guest of it that is pinned too stays where it is pinned
    .sort((a, b) => rank(topology.nodes[a]) - rank(topology.nodes[b]) || (a < b ? -1 : 1));
  if (pinned.length === 0) return layout;
  const positions: Record<string, Rect> = { ...layout.positions };
  const blocks: Record<string, Layout['blocks'][string]> = { ...layout.blocks };
  let { rails } = layout;
  for (const id of pinned) {
    const host = topology.nodes[id]?.parent ?? null;
    const frame = host === null ? undefined : layout.positions[host];
    const rect = positions[id];
    const pin = pins[id];
    if (host === null || !frame || !rect || !pin) continue;
    const block = layout.blocks[id];
    const extent = block?.rect ?? rect;
    const inset = { x: rect.x - extent.x, y: rect.y - extent.y };
    const edge = rightEdge(layout, frame);
    const x = within(frame.x + pin.x - inset.x, frame.x + FRAME.pad, edge - extent.w) + inset.x;
    const y = within(frame.y + pin.y - inset.y, frame.y + FRAME.head, FAR) + inset.y;
    const by = { x: x - rect.x, y: y - rect.y };
    for (const other of new Set([id, ...(block?.ids ?? []), ...membersOf(topology, id)])) {
      const now = positions[other];
      if (now) positions[other] = shifted(now, by);
    }
    if (block) {
      blocks[id] = { ...block, rect: shifted(block.rect, by) };
      rails = rails.map((r) => (r.bridge === id ? { ...r, ...shifted(r, by) } : r));
    }
    const grown = positions[host];
    if (grown) positions[host] = around(grown, shifted(extent, by));
  }
  const all = Object.values(positions);
  const bounds = {
    ...layout.bounds,
    w: all.reduce((w, r) => Math.max(w, r.x + r.w), layout.bounds.w),
    h: all.reduce((h, r) => Math.max(h, r.y + r.h), layout.bounds.h),
  };
  return { ...layout, positions, rails, blocks, bounds };
}

/** A thing lies on a bridge's block when so much of it does. */
const ENOUGH = 1 / 3;

/** The bridge of this host in whose block most of a rectangle lies; null where it is mostly beside all of them. */
export function bridgeAt(
  topology: Topology,
  { blocks }: Layout,
  host: string,
  rect: Rect,
): TopologyNode | null {
  let best: TopologyNode | null = null;
  let most = rect.w * rect.h * ENOUGH;
  for (const [id, block] of Object.entries(blocks)) {
    const node = topology.nodes[id];
    if (node?.host !== host || node.kind === 'group') continue;
    const common = shared(rect, block.rect);
    if (common <= most) continue;
    best = node;
    most = common;
  }
  return best;
}

/** The area that two rectangles have in common. */
function shared(a: Rect, b: Rect): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

const rank = (node: TopologyNode | undefined): number => (node?.band === 'bridge' ? 0 : 1);

const within = (n: number, least: number, most: number): number => Math.max(least, Math.min(n, most));

const shifted = (r: Rect, by: { readonly x: number; readonly y: number }): Rect => ({
  x: r.x + by.x,
  y: r.y + by.y,
  w: r.w,
  h: r.h,
});

/** How far to the right things of this frame may be put. */
function rightEdge(layout: Layout, frame: Rect): number {
  const next = (layout.slots.hosts ?? [])
    .map((id) => layout.positions[id]?.x ?? 0)
    .filter((x) => x > frame.x)
    .reduce((least, x) => Math.min(least, x), frame.x + FAR);
  return Math.max(next - HOST_GAP, frame.x + frame.w) - FRAME.pad;
}

const membersOf = (topology: Topology, id: string): readonly string[] =>
  topology.nodes[id]?.kind === 'bond'
    ? Object.values(topology.nodes).flatMap((n) => (n.anchor === id && n.band === 'uplink' ? [n.id] : []))
    : [];

/** The frame, large enough for this too. */
const around = (frame: Rect, r: Rect): Rect => ({
  ...frame,
  w: Math.max(frame.w, r.x + r.w + FRAME.pad - frame.x),
  h: Math.max(frame.h, r.y + r.h + FRAME.pad - frame.y),
});
