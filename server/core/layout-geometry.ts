/** Pixels at zoom 1; `x`, `y` name the upper left corner. */
export type Rect = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };

export const HOST_GAP = 40;
export const FRAME = { pad: 20, head: 48, minWidth: 320 } as const;
export const ROWS = { outsideGap: 40, uplinkGap: 20, bridgeGap: 36 } as const;
export const UPLINK = { w: 148, h: 44, gap: 12, inset: 18 } as const;
export const MEMBER = { w: 44, h: 14, gap: 4, inset: 8, bottom: 5 } as const;
/** `w` a column, `row` from rail to rail, `gap` below the last row. */
export const CELL = { w: 160, row: 132, gap: 16 } as const;
export const CARD = { w: 148, h: 68, drop: 34 } as const;
const JACK = 18;
/** `inset` is the air between the lane's edge and the bar, `head` the room for the lane's name above it. */
export const BLOCK = { gap: 24, inset: 12, head: 32 } as const;
export const BAR = { h: 52, rail: 8, handle: { w: 132, h: 22 } } as const;
/** How many stand side by side when a group of them is unfolded. */
export const ANNEX = { uplinks: 8, bridges: 6 } as const;
const GRID = { pitch: 53, row: 44, jack: 16 } as const;

/** Columns of a block with so many cells: small bridges stay narrow, big ones do not become a mile long. */
export const columnsFor = (cells: number): number => (cells <= 6 ? 2 : cells <= 24 ? 4 : 6);

export const blockWidth = (columns: number): number => columns * CELL.w + 2 * BLOCK.inset;

export const barRect = (x: number, y: number, columns: number): Rect => ({
  x: x + BLOCK.inset,
  y: y + BLOCK.head,
  w: columns * CELL.w,
  h: BAR.h,
});

/** Lower edge of a row's rail; row 0 is the bar itself. */
const edge = (bar: Rect, row: number): number => bar.y + bar.h + row * CELL.row;

export const railRect = (bar: Rect, row: number): Rect => ({
  x: bar.x,
  y: edge(bar, row) - BAR.rail,
  w: bar.w,
  h: BAR.rail,
});

export const jackRect = (bar: Rect, row: number, column: number): Rect => ({
  x: bar.x + column * CELL.w + (CELL.w - JACK) / 2,
  y: edge(bar, row) - JACK / 2,
  w: JACK,
  h: JACK,
});

export const cardRect = (bar: Rect, row: number, column: number): Rect => ({
  x: bar.x + column * CELL.w + (CELL.w - CARD.w) / 2,
  y: edge(bar, row) + CARD.drop,
  w: CARD.w,
  h: CARD.h,
});

/** Lower edge of a block with so many rows of cells; an empty bridge still shows a foot below its bar. */
export const bottomOfRows = (bar: Rect, rows: number): number =>
  rows === 0 ? bar.y + bar.h + CELL.gap : edge(bar, rows - 1) + CARD.drop + CARD.h + CELL.gap;

/** Jacks side by side in a compact grid below this bar. */
export const gridColumns = (bar: Rect): number => Math.floor(bar.w / GRID.pitch);

/** The i-th jack of a compact grid that begins at `top`. */
export function gridJack(bar: Rect, top: number, i: number): Rect {
  const columns = gridColumns(bar);
  const pitch = bar.w / columns;
  const rail = gridRail(bar, top, Math.floor(i / columns));
  return {
    x: bar.x + (i % columns) * pitch + (pitch - GRID.jack) / 2,
    y: rail.y + BAR.rail - GRID.jack / 2,
    w: GRID.jack,
    h: GRID.jack,
  };
}

export const gridRail = (bar: Rect, top: number, row: number): Rect => ({
  x: bar.x,
  y: top + row * GRID.row,
  w: bar.w,
  h: BAR.rail,
});

/** Lower edge of a compact grid whose last row is this one. */
export const bottomOfGrid = (top: number, row: number): number =>
  top + row * GRID.row + BAR.rail + GRID.jack / 2 + CELL.gap;

/** The rectangle that was, where it is the same: who compares by reference sees that nothing moved. */
export const settle = <R extends Rect>(was: R | undefined, now: R): R =>
  was && was.x === now.x && was.y === now.y && was.w === now.w && was.h === now.h ? was : now;
