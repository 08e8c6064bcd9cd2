import { type PlacedBlock, placeBlock } from './layout-block';
import {
  ANNEX,
  BLOCK,
  blockWidth,
  CARD,
  columnsFor,
  FRAME,
  MEMBER,
  type Rect,
  ROWS,
  settle,
  UPLINK,
} from './layout-geometry';
import type { Block, HostPlan } from './layout-plan';
import { fillSlots, type Slots } from './layout-slots';

/** A host with all that is in it, where it stands. */
export type PlacedHost = {
  readonly plan: HostPlan;
  readonly frame: Rect;
  /** What stands in no block: the rows above them. */
  readonly positions: Readonly<Record<string, Rect>>;
  readonly blocks: ReadonlyMap<string, PlacedBlock>;
  readonly columns: Readonly<Record<string, number>>;
  /** Those of the rows; a block has its own. */
  readonly slots: Slots;
};

/** How it was the last time: who had which slot, how wide the blocks were, and the host itself if it was there. */
export type Past = {
  readonly slots: Slots;
  readonly columns: Readonly<Record<string, number>>;
  readonly host: PlacedHost | undefined;
};

type Work = {
  readonly past: Past;
  readonly positions: Record<string, Rect>;
  readonly blocks: Map<string, PlacedBlock>;
  readonly columns: Record<string, number>;
  readonly slots: Record<string, readonly string[]>;
};

/** One host whose frame begins at `x`; the very one of the past where neither it nor its place has changed. */
export function placeHost(plan: HostPlan, x: number, past: Past): PlacedHost {
  if (past.host?.plan === plan && past.host.frame.x === x) return past.host;
  const work: Work = { past, positions: {}, blocks: new Map(), columns: {}, slots: {} };
  const frame = settle(past.host?.frame, placeRows(work, plan, x));
  const { positions, blocks, columns, slots } = work;
  return { plan, frame, positions, blocks, columns, slots };
}

function slot(work: Work, key: string, ids: readonly string[]): readonly string[] {
  const filled = fillSlots(work.past.slots[key], ids);
  if (filled.length > 0) work.slots[key] = filled;
  return filled;
}

function put(work: Work, id: string, rect: Rect): void {
  work.positions[id] = settle(work.past.host?.positions[id], rect);
}

/** Gives the lower edge of the block. */
function addBlock(work: Work, block: Block, spot: PlacedBlock['spot']): number {
  const { slots, host } = work.past;
  const placed = placeBlock(block, spot, { slots, block: host?.blocks.get(block.key) });
  work.blocks.set(block.key, placed);
  return placed.area.rect.y + placed.area.rect.h;
}

/** Everything from the top to the bottom; gives the frame. */
function placeRows(work: Work, plan: HostPlan, x: number): Rect {
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
      bottom = Math.max(bottom, addBlock(work, block, { x: blockX, y: top, columns }));
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
      put(work, id, {
        x: x + column * (UPLINK.w + UPLINK.gap),
        y: y + row * pitch,
        w: UPLINK.w,
        h: UPLINK.h,
      });
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
        bottom = Math.max(bottom, addBlock(work, block, { x, y: lane, columns }));
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
  const before = work.past.columns[key];
  // unfolding hundreds of jacks is something a person did: there the block may widen
  return before === undefined || (crowd > 0 && wanted > before) ? wanted : before;
}

/** Boxes side by side; gives the right edge of the last. */
function placeRow(work: Work, key: string, ids: readonly string[], x: number, y: number, h: number): number {
  const present = new Set(ids);
  let right = x;
  slot(work, key, ids).forEach((id, i) => {
    if (!present.has(id)) return;
    put(work, id, { x: x + i * (UPLINK.w + UPLINK.gap), y, w: UPLINK.w, h });
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
    put(work, id, {
      x: box.x + MEMBER.inset + i * (w + MEMBER.gap),
      y: box.y + box.h - MEMBER.h - MEMBER.bottom,
      w,
      h: MEMBER.h,
    });
  });
}
