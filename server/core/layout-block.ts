import {
  BAR,
  barRect,
  blockWidth,
  bottomOfGrid,
  bottomOfRows,
  cardRect,
  gridColumns,
  gridJack,
  gridRail,
  jackRect,
  type Rect,
  railRect,
  settle,
} from './layout-geometry';
import type { Block, Cell } from './layout-plan';
import { fillSlots, type Slots } from './layout-slots';

/** A further row of a bridge's jacks. */
export type Rail = Rect & { readonly bridge: string };

/** A bridge with its jacks and guests, where it stands. */
export type PlacedBlock = {
  readonly block: Block;
  readonly spot: Spot;
  readonly positions: Readonly<Record<string, Rect>>;
  readonly rails: readonly Rail[];
  /** The room it takes, and who stands in it. */
  readonly area: { readonly rect: Rect; readonly ids: readonly string[] };
  /** Where the rows of cells end and a grid would begin. */
  readonly top: number;
  readonly slots: Slots;
};

type Spot = { readonly x: number; readonly y: number; readonly columns: number };

/** How it was the last time: who had which slot, and the block itself if it was there. */
type Past = { readonly slots: Slots; readonly block: PlacedBlock | undefined };

/**
 * One bridge with its jacks and guests below it. The very block of the past where nothing of it has changed; and at the
 * same spot whatever keeps its slot keeps its rectangle: only what is new there is placed.
 */
export function placeBlock(block: Block, spot: Spot, past: Past): PlacedBlock {
  const still = past.block && sameSpot(past.block.spot, spot) ? past.block : undefined;
  if (still?.block === block) return still;
  const bar = barRect(spot.x, spot.y, spot.columns);
  const work: Work = { block, bar, past, still, positions: {}, rails: [], slots: {} };
  const keep = (id: string | null, rect: Rect) => {
    if (id !== null) work.positions[id] = settle(still?.positions[id], rect);
  };
  keep(block.bridge, bar);
  const rows = placeCells(work, spot.columns);
  for (let row = 1; row < rows; row++) addRail(work, railRect(bar, row));
  keep(block.handle, { x: bar.x + bar.w - BAR.handle.w - 8, y: bar.y + 3, ...BAR.handle });
  const top = bottomOfRows(bar, rows);
  const bottom = block.grid.length > 0 ? placeGrid(work, top) : top;
  const rect = settle(still?.area.rect, {
    x: spot.x,
    y: spot.y,
    w: blockWidth(spot.columns),
    h: bottom - spot.y,
  });
  if (block.network !== null) work.positions[block.network] = rect;
  const { positions, rails, slots } = work;
  return { block, spot, positions, rails, top, slots, area: { rect, ids: idsOf(block) } };
}

type Work = {
  readonly block: Block;
  readonly bar: Rect;
  readonly past: Past;
  /** The block as it was, where its spot is the same. */
  readonly still: PlacedBlock | undefined;
  readonly positions: Record<string, Rect>;
  readonly rails: Rail[];
  readonly slots: Record<string, readonly string[]>;
};

const sameSpot = (a: Spot, b: Spot): boolean => a.x === b.x && a.y === b.y && a.columns === b.columns;

const sameCell = (a: Cell | undefined, b: Cell): boolean => a?.port === b.port && a.card === b.card;

function idsOf(block: Block): readonly string[] {
  const within = [...block.cells.values()].flatMap((c) => [c.port, c.card]);
  const ids = [block.bridge, block.network, block.handle, ...within, ...block.grid];
  return ids.filter((id) => id !== null);
}

function slot(work: Work, what: 'cells' | 'grid', ids: readonly string[]): readonly string[] {
  const key = `${work.block.key} ${what}`;
  const filled = fillSlots(work.past.slots[key], ids);
  if (filled.length > 0) work.slots[key] = filled;
  return filled;
}

/** Jacks with their cards; gives the number of rows. */
function placeCells(work: Work, columns: number): number {
  const { block, bar, still, positions } = work;
  const were = still?.slots[`${block.key} cells`];
  let rows = 0;
  slot(work, 'cells', [...block.cells.keys()]).forEach((key, i) => {
    const cell = block.cells.get(key);
    if (!cell) return;
    const row = Math.floor(i / columns);
    const column = i % columns;
    rows = row + 1;
    const kept =
      were?.[i] === key && sameCell(still?.block.cells.get(key), cell) ? still?.positions : undefined;
    if (cell.port !== null) positions[cell.port] = kept?.[cell.port] ?? jackRect(bar, row, column);
    if (cell.card !== null) positions[cell.card] = kept?.[cell.card] ?? cardRect(bar, row, column);
  });
  return rows;
}

/** Hundreds of jacks without their guests, close together; gives the lower edge. */
function placeGrid(work: Work, top: number): number {
  const { block, bar, still, positions } = work;
  const present = new Set(block.grid);
  const columns = gridColumns(bar);
  const were = still?.top === top ? still.slots[`${block.key} grid`] : undefined;
  let last = -1;
  slot(work, 'grid', block.grid).forEach((id, i) => {
    if (!present.has(id)) return;
    const row = Math.floor(i / columns);
    const kept = were?.[i] === id ? still?.positions[id] : undefined;
    positions[id] = kept ?? gridJack(bar, top, i);
    if (row !== last) addRail(work, gridRail(bar, top, row));
    last = row;
  });
  return last < 0 ? top : bottomOfGrid(top, last);
}

function addRail({ block, still, rails }: Work, rect: Rect): void {
  if (block.bridge === null) return;
  const before = still?.rails[rails.length];
  const rail = { ...rect, bridge: block.bridge };
  rails.push(before?.bridge === block.bridge ? settle(before, rail) : rail);
}
