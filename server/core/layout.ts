import type { Rail } from './layout-block';
import { HOST_GAP, type Rect } from './layout-geometry';
import { type PlacedHost, placeHost } from './layout-host';
import { planHosts } from './layout-plan';
import { fillSlots, type Slots } from './layout-slots';
import type { Topology } from './topology';

export type { Rail } from './layout-block';
export type { Rect } from './layout-geometry';

/** Where everything is, in pixels at zoom 1; `x`, `y` name the upper left corner. */
export type Layout = {
  readonly positions: Readonly<Record<string, Rect>>;
  /** Further rows of a bridge's jacks sit on rails that belong to its bar. */
  readonly rails: readonly Rail[];
  /** Things that are plugged into no bridge, by host. */
  readonly loose: Readonly<Record<string, Rect>>;
  /** What stands in the block of a bridge, and the room it takes. */
  readonly blocks: Readonly<Record<string, { readonly rect: Rect; readonly ids: readonly string[] }>>;
  /** Columns of every block; a block keeps its width while it is there. */
  readonly columns: Readonly<Record<string, number>>;
  /** Who sits where: handed back next time, so that nothing moves when something goes. */
  readonly slots: Slots;
  readonly bounds: Rect;
  /**
   * What it is made of, by host, in their order: handed back next time, so that only what changed is placed again.
   * Without it the same layout comes out, only later.
   */
  readonly parts: ReadonlyMap<string, PlacedHost>;
};

const NOTHING: ReadonlyMap<string, PlacedHost> = new Map();

/**
 * Places a topology in bands: outside, uplinks, bridges, ports and guests; hosts side by side, one block of fixed
 * width per bridge. Everything takes the next free slot in the order of its creation, so nothing that is placed
 * moves when something newer comes; with the slots of the `previous` layout nothing moves when something goes.
 *
 * Linear in the number of nodes and edges. With a `previous` layout only what changed is placed: hosts, blocks and
 * rectangles that stay are those of `previous`, the same objects, and so is the whole layout when all of it stays.
 */
export function layout(topology: Topology, previous?: Layout): Layout {
  const before = previous?.parts ?? NOTHING;
  const plans = planHosts(topology, (host) => before.get(host)?.plan);
  const order = fillSlots(previous?.slots.hosts, [...plans.keys()]);
  const parts = new Map<string, PlacedHost>();
  let x = 0;
  for (const id of order) {
    const plan = plans.get(id);
    if (!plan) continue; // a host that went leaves no hole: it was a whole frame
    const { slots = {}, columns = {} } = previous ?? {};
    const placed = placeHost(plan, Math.max(x, previous?.positions[id]?.x ?? 0), {
      slots,
      columns,
      host: before.get(id),
    });
    parts.set(id, placed);
    x = placed.frame.x + placed.frame.w + HOST_GAP;
  }
  return previous?.slots.hosts?.length === before.size && sameParts(before, parts)
    ? previous
    : together(parts);
}

function sameParts(a: ReadonlyMap<string, PlacedHost>, b: ReadonlyMap<string, PlacedHost>): boolean {
  const were = [...a.values()];
  return a.size === b.size && [...b.values()].every((part, i) => part === were[i]);
}

function together(parts: ReadonlyMap<string, PlacedHost>): Layout {
  const positions: Record<string, Rect> = {};
  const rails: Rail[] = [];
  const loose: Record<string, Rect> = {};
  const blocks: Record<string, Layout['blocks'][string]> = {};
  const columns: Record<string, number> = {};
  const slots: Record<string, readonly string[]> = { hosts: [...parts.keys()] };
  let bounds: Rect = { x: 0, y: 0, w: 0, h: 0 };
  for (const [id, host] of parts) {
    positions[id] = host.frame;
    Object.assign(positions, host.positions);
    Object.assign(columns, host.columns);
    Object.assign(slots, host.slots);
    for (const { block, area, ...placed } of host.blocks.values()) {
      Object.assign(positions, placed.positions);
      Object.assign(slots, placed.slots);
      for (const rail of placed.rails) rails.push(rail);
      if (block.bridge !== null) blocks[block.bridge] = area;
      else if (block.network === null) loose[block.host] = area.rect;
    }
    const { x, w, h } = host.frame;
    bounds = { x: 0, y: 0, w: x + w, h: Math.max(bounds.h, h) };
  }
  return { positions, rails, loose, blocks, columns, slots, bounds, parts };
}
