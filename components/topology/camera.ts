import type cytoscape from 'cytoscape';
import type { Element } from './elements';

/** Pixels kept free around the picture: the tools are above it, the folded panels below it. */
const ROOM = { top: 56, right: 24, bottom: 44, left: 24 } as const;
/** Below this zoom addresses cannot be read. */
const READABLE = 0.7;
const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

type Box = { readonly x1: number; readonly y1: number; readonly w: number; readonly h: number };

const space = (cy: cytoscape.Core) => ({
  w: cy.width() - ROOM.left - ROOM.right,
  h: cy.height() - ROOM.top - ROOM.bottom,
});

/** How large a box can be drawn and still be seen whole; never larger than life. */
function zoomFor(cy: cytoscape.Core, box: Box): number {
  const { w, h } = space(cy);
  return Math.min(1, w / Math.max(1, box.w), h / Math.max(1, box.h));
}

/** A box in the middle of what is free; where it is longer than that, from its beginning. */
function lookAt(cy: cytoscape.Core, box: Box, zoom: number): void {
  const { w, h } = space(cy);
  const from = (free: number, length: number) => Math.max(0, (free - length * zoom) / 2);
  cy.viewport({
    zoom,
    pan: {
      x: ROOM.left + from(w, box.w) - box.x1 * zoom,
      y: ROOM.top + from(h, box.h) - box.y1 * zoom,
    },
  });
}

/** The whole picture, never larger than life. */
export function fitAll(cy: cytoscape.Core): void {
  if (cy.elements().empty()) return;
  const box = cy.elements().boundingBox();
  lookAt(cy, box, zoomFor(cy, box));
}

/**
 * What is seen first: everything where it can be read; else the host that counts, whole where it can be read, or from
 * its upper left corner.
 */
export function firstLook(cy: cytoscape.Core): void {
  if (cy.elements().empty()) return;
  const all = cy.elements().boundingBox();
  if (zoomFor(cy, all) >= READABLE) {
    fitAll(cy);
    return;
  }
  const box = mainHost(cy)?.boundingBox() ?? all;
  lookAt(cy, box, Math.max(READABLE, zoomFor(cy, box)));
}

/** The host of what is chosen, else the one with most to see. */
function mainHost(cy: cytoscape.Core): cytoscape.NodeSingular | undefined {
  const chosen = cy.nodes('.chosen').first();
  let best: cytoscape.NodeSingular | undefined;
  let most = -1;
  cy.nodes('.frame').forEach((frame) => {
    const host = String(frame.id());
    const holds = (node: cytoscape.NodeSingular) => String(node.data('of')).startsWith(`${host}/`);
    const count =
      chosen.nonempty() && (chosen.same(frame) || holds(chosen)) ? Infinity : cy.nodes().filter(holds).length;
    if (count <= most) return;
    best = frame;
    most = count;
  });
  return best;
}

export function outOfSight(cy: cytoscape.Core, element: Element): boolean {
  if (element.group === 'edges') return false;
  const { x1, y1, x2, y2 } = cy.extent();
  const { x, y } = element.position;
  return x < x1 || x > x2 || y < y1 || y > y2;
}

/** Whether anything of a node is within the window. */
export function inSight(cy: cytoscape.Core, id: string): boolean {
  const { x1, y1, x2, y2 } = cy.getElementById(id).renderedBoundingBox();
  return x2 > 0 && y2 > 0 && x1 < cy.width() && y1 < cy.height();
}

/** Moves only as far as needed to see this node. */
export function show(cy: cytoscape.Core, id: string, how: 'at once' | 'smoothly' = 'smoothly'): void {
  const element = cy.getElementById(id);
  if (element.empty()) return;
  const box = element.renderedBoundingBox();
  const by = { x: into(box.x1, box.x2, cy.width()), y: into(box.y1, box.y2, cy.height()) };
  by.y += fromUnder(cy, { x1: box.x1 + by.x, x2: box.x2 + by.x, y1: box.y1 + by.y, y2: box.y2 + by.y });
  if (by.x === 0 && by.y === 0) return;
  if (calm() || how === 'at once') cy.panBy(by);
  else cy.animate({ panBy: by, duration: 150 });
}

/** How far a stretch must move to be in sight, with some air; what is longer than the window stays. */
function into(from: number, to: number, length: number): number {
  const air = 40;
  if (to - from > length - 2 * air) return 0;
  if (from < air) return air - from;
  return to > length - air ? length - air - to : 0;
}

type Sides = { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };

/** How far up something must go so that the overview and the legend do not cover it; 0 where there is no room for it. */
function fromUnder(cy: cytoscape.Core, box: Sides): number {
  const stage = cy.container()?.getBoundingClientRect();
  const panels = cy.container()?.closest('.topology')?.querySelectorAll('.topology-corner') ?? [];
  let up = 0;
  for (const panel of panels) {
    const at = panel.getBoundingClientRect();
    const [left, top] = [at.left - (stage?.left ?? 0), at.top - (stage?.top ?? 0)];
    if (box.x2 > left && box.x1 < left + at.width && box.y2 > top) up = Math.max(up, box.y2 - top + 12);
  }
  return up > 0 && box.y1 - up >= ROOM.top ? -up : 0;
}
