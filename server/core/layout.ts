import {
  ANNEX,
  BAR,
  BLOCK,
  barRect,
  blockWidth,
  bottomOfRows,
  CARD,
  CELL,
  cardRect,
  columnsFor,
  FRAME,
  gridRect,
  HOST_GAP,
  jackRect,
  MEMBER,
  type Rect,
  ROWS,
  railRect,
  UPLINK,
} from './layout-geometry';
import { type Block, type HostPlan, planHosts } from './layout-plan';
import { fillSlots, type Slots } from './layout-slots';
import type { Topology } from './topology';

export type { Rect } from './layout-geometry';

/** Where everything is, in pixels at zoom 1; `x`, `y` name the upper left corner. */
export type Layout = {
  readonly positions: Readonly<Record<string, Rect>>;
  /** Further rows of a bridge's jacks sit on rails that belong to its bar. */
  readonly rails: readonly (Rect & { readonly bridge: string })[];
  /** Things that are plugged into no bridge, by host. */
  readonly loose: Readonly<Record<string, Rect>>;
  /** What stands in the block of a bridge, and the room it takes. */
  readonly blocks: Readonly<Record<string, { readonly rect: Rect; readonly ids: readonly string[] }>>;
  /** Columns of every block; a block keeps its width while it is there. */
  readonly columns: Readonly<Record<string, number>>;
  /** Who sits where: handed back next time, so that nothing moves when something goes. */
  readonly slots: Slots;
  readonly bounds: Rect;
};

type Work = {
  readonly positions: Record<string, Rect>;
  readonly rails: (Rect & { bridge: string })[];
  readonly loose: Record<string, Rect>;
  readonly blocks: Record<string, { rect: Rect; ids: readonly string[] }>;
  readonly slots: Record<string, readonly string[]>;
  readonly columns: Record<string, number>;
  readonly previous: Layout | undefined;
};

/**
 * Places a topology in bands: outside, uplinks, bridges, ports and guests; hosts side by side, one block of fixed
 * width per bridge. Everything takes the next free slot in the order of its creation, so nothing that is placed
 * moves when something newer comes; with the slots of the `previous` layout nothing moves when something goes.
 * Linear in the number of nodes and edges.
 */
export function layout(topology: Topology, previous?: Layout): Layout {
  const work: Work = { positions: {}, rails: [], loose: {}, blocks: {}, slots: {}, columns: {}, previous };
  const plans = planHosts(topology);
  const order = slot(work, 'hosts', [...plans.keys()]).filter((id) => plans.has(id));
  work.slots.hosts = order; // a host that went leaves no hole: it was a whole frame
  let x = 0;
  let height = 0;
  for (const id of order) {
    const plan = plans.get(id);
    if (!plan) continue;
    const before = previous?.positions[id];
    const frame = placeHost(work, plan, Math.max(x, before?.x ?? 0));
    work.positions[id] = frame;
    x = frame.x + frame.w + HOST_GAP;
    height = Math.max(height, frame.h);
  }
  const { positions, rails, loose, blocks, slots, columns } = work;
  return {
    positions,
    rails,
    loose,
    blocks,
    slots,
    columns,
    bounds: { x: 0, y: 0, w: Math.max(0, x - HOST_GAP), h: height },
  };
}

function slot(work: Work, key: string, ids: readonly string[]): readonly string[] {
  const filled = fillSlots(work.previous?.slots[key], ids);
  if (filled.length > 0) work.slots[key] = filled;
  return filled;
}

function placeHost(work: Work, plan: HostPlan, x: number): Rect {
  const left = x + FRAME.pad;
  const column = left + UPLINK.inset;
  let right = left + FRAME.minWidth - 2 * FRAME.pad;
  let y = FRAME.head;
  if (plan.outside.length > 0) {
    right = Math.max(right, placeRow(work, `${plan.id} outside`, plan.outside, column, y, CARD.h));
    y += CARD.h + ROWS.outsideGap;
  }
  right = Math.max(right, placeRow(work, `${plan.id} uplinks`, plan.uplinks, column, y, UPLINK.h));
  y += placeUplinkRows(work, plan, column, y + UPLINK.h + ROWS.uplinkGap);
  if (plan.uplinkRows.length > 0) right = Math.max(right, column + ANNEX.uplinks * (UPLINK.w + UPLINK.gap));
  const upper = y + UPLINK.h + ROWS.uplinkGap;
  const top = upper + UPLINK.h + ROWS.bridgeGap;
  let bottom = plan.blocks.size > 0 ? top : upper;
  let blockX = left;
  for (const key of slot(work, `${plan.id} blocks`, [...plan.blocks.keys()])) {
    const block = plan.blocks.get(key);
    const columns = columnsOf(work, key, block);
    work.columns[key] = columns;
    if (block) {
      right = Math.max(right, blockX + blockWidth(columns));
      placeRow(work, `${key} uplinks`, block.uplinks, blockX + UPLINK.inset, upper, UPLINK.h);
      bottom = Math.max(bottom, placeBlock(work, block, blockX, top));
    }
    blockX += blockWidth(columns) + BLOCK.gap;
  }
  const annex = placeAnnex(work, plan, left, bottom + BLOCK.gap);
  right = Math.max(right, annex.right);
  bottom = Math.max(bottom, annex.bottom);
  for (const [bond, members] of plan.members) placeMembers(work, bond, members);
  return { x, y: 0, w: right + FRAME.pad - x, h: bottom + FRAME.pad };
}

/** The uplinks of an unfolded group, row by row; gives the height they take. */
function placeUplinkRows(work: Work, plan: HostPlan, x: number, y: number): number {
  const places = slot(work, `${plan.id} uplink rows`, plan.uplinkRows);
  const pitch = UPLINK.h + UPLINK.gap;
  const present = new Set(plan.uplinkRows);
  places.forEach((id, i) => {
    const [row, column] = [Math.floor(i / ANNEX.uplinks), i % ANNEX.uplinks];
    if (present.has(id))
      work.positions[id] = {
        x: x + column * (UPLINK.w + UPLINK.gap),
        y: y + row * pitch,
        w: UPLINK.w,
        h: UPLINK.h,
      };
  });
  return Math.ceil(places.length / ANNEX.uplinks) * pitch;
}

/** The blocks of an unfolded group of bridges, row by row below the others: as many as fill a screen's width twice. */
function placeAnnex(
  work: Work,
  plan: HostPlan,
  left: number,
  top: number,
): { right: number; bottom: number } {
  const keys = slot(work, `${plan.id} annex`, [...plan.annex.keys()]);
  let end = { right: left, bottom: 0 };
  let y = top;
  for (let i = 0; i < keys.length; i += ANNEX.bridges) {
    const row = keys.slice(i, i + ANNEX.bridges).map((key) => ({ key, block: plan.annex.get(key) }));
    const above = row.some(({ block }) => block !== undefined && block.uplinks.length > 0);
    const lane = y + (above ? UPLINK.h + ROWS.bridgeGap : 0);
    let x = left;
    let bottom = lane;
    for (const { key, block } of row) {
      const columns = columnsOf(work, key, block);
      work.columns[key] = columns;
      if (block) {
        placeRow(work, `${key} uplinks`, block.uplinks, x + UPLINK.inset, y, UPLINK.h);
        bottom = Math.max(bottom, placeBlock(work, block, x, lane));
      }
      x += blockWidth(columns) + BLOCK.gap;
    }
    end = { right: Math.max(end.right, x - BLOCK.gap), bottom };
    y = bottom + BLOCK.gap;
  }
  return end;
}

/** As wide as it was; also a hole keeps its width. */
function columnsOf(work: Work, key: string, block: Block | undefined): number {
  const crowd = block !== undefined && block.grid.length > 0 ? block.grid.length : 0;
  const wanted = columnsFor(Math.max(block?.cells.size ?? 0, crowd));
  const before = work.previous?.columns[key];
  // unfolding hundreds of jacks is something a person did: there the block may widen
  return before === undefined || (crowd > 0 && wanted > before) ? wanted : before;
}

/** Boxes side by side; gives the right edge of the last. */
function placeRow(work: Work, key: string, ids: readonly string[], x: number, y: number, h: number): number {
  const present = new Set(ids);
  let right = x;
  slot(work, key, ids).forEach((id, i) => {
    if (!present.has(id)) return;
    work.positions[id] = { x: x + i * (UPLINK.w + UPLINK.gap), y, w: UPLINK.w, h };
    right = x + i * (UPLINK.w + UPLINK.gap) + UPLINK.w;
  });
  return right;
}

/** The members of a bond sit inside its box. */
function placeMembers(work: Work, bond: string, ids: readonly string[]): void {
  const box = work.positions[bond];
  if (!box) return;
  const present = new Set(ids);
  const places = slot(work, `${bond} members`, ids);
  const room = (box.w - MEMBER.inset * 2 - MEMBER.gap * (places.length - 1)) / places.length;
  const w = Math.min(MEMBER.w, room);
  places.forEach((id, i) => {
    if (!present.has(id)) return;
    work.positions[id] = {
      x: box.x + MEMBER.inset + i * (w + MEMBER.gap),
      y: box.y + box.h - MEMBER.h - MEMBER.bottom,
      w,
      h: MEMBER.h,
    };
  });
}

/** One bridge with its jacks and guests below it; gives its lower edge. */
function placeBlock(work: Work, block: Block, x: number, y: number): number {
  const columns = work.columns[block.key] ?? 2;
  const bar = barRect(x, y, columns);
  if (block.bridge !== null) work.positions[block.bridge] = bar;
  const cells = slot(work, `${block.key} cells`, [...block.cells.keys()]);
  let rows = 0;
  cells.forEach((key, i) => {
    const cell = block.cells.get(key);
    if (!cell) return;
    const row = Math.floor(i / columns);
    const column = i % columns;
    rows = Math.max(rows, row + 1);
    if (cell.port !== null) work.positions[cell.port] = jackRect(bar, row, column);
    if (cell.card !== null) work.positions[cell.card] = cardRect(bar, row, column);
  });
  let bottom = bottomOfRows(bar, rows);
  if (block.bridge !== null)
    for (let row = 1; row < rows; row++) work.rails.push({ ...railRect(bar, row), bridge: block.bridge });
  if (block.handle !== null)
    work.positions[block.handle] = {
      x: bar.x + bar.w - BAR.handle.w - 8,
      y: bar.y + 3,
      ...BAR.handle,
    };
  if (block.grid.length > 0) bottom = placeGrid(work, block, bar, bottom);
  const lane = { x, y, w: blockWidth(columns), h: bottom - y };
  if (block.network !== null) work.positions[block.network] = lane;
  if (block.bridge === null && block.network === null) work.loose[block.host] = lane;
  if (block.bridge !== null) {
    const within = [...block.cells.values()].flatMap((c) => [c.port, c.card]);
    const ids = [block.bridge, block.network, block.handle, ...within, ...block.grid];
    work.blocks[block.bridge] = { rect: lane, ids: ids.filter((id) => id !== null) };
  }
  return bottom;
}

/** Hundreds of jacks without their guests, close together. */
function placeGrid(work: Work, block: Block, bar: Rect, top: number): number {
  const present = new Set(block.grid);
  let bottom = top;
  let last = -1;
  slot(work, `${block.key} grid`, block.grid).forEach((id, i) => {
    if (!present.has(id)) return;
    const { jack, rail, row } = gridRect(bar, top, i);
    work.positions[id] = jack;
    bottom = Math.max(bottom, jack.y + jack.h + CELL.gap);
    if (row !== last && block.bridge !== null) work.rails.push({ ...rail, bridge: block.bridge });
    last = row;
  });
  return bottom;
}
