'use client';
import cytoscape from 'cytoscape';
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react';
import { same } from '@/server/core/topology-diff';
import { firstLook, fitAll, inSight, outOfSight, show } from './camera';
import { changes } from './elementChanges';
import type { Element, Point, Role } from './elements';
import { stylesheet } from './style';
import type { Theme } from './theme';

/** What buttons and the minimap do with the canvas. */
export type CanvasHandle = {
  readonly fit: () => void;
  readonly zoomBy: (factor: number) => void;
  /** Brings a point of the layout to the middle. */
  readonly centre: (x: number, y: number) => void;
  /** Moves only as far as needed to see this node. */
  readonly show: (id: string) => void;
  /** Looks at a point of the layout from a distance. */
  readonly look: (at: { readonly x: number; readonly y: number; readonly zoom: number }) => void;
  readonly png: () => string;
};

export type Viewport = {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly zoom: number;
};

type Props = {
  readonly elements: readonly Element[];
  readonly theme: Theme;
  readonly handle: RefObject<CanvasHandle | null>;
  readonly onSelect: (id: string | null) => void;
  readonly onOpen: (id: string) => void;
  readonly onViewport: (viewport: Viewport) => void;
  /** A node is dragged: where its upper left corner is now, and whether it was let go there; null for nowhere. */
  readonly onMove: (id: string, corner: Point | null, dropped: boolean) => void;
};

/** From here on a drag moves a picture of the graph instead of the graph. */
const MANY = 700;
/** What can be dragged, where there is a mouse: a finger moves the picture. */
const GRABBED: ReadonlySet<Role> = new Set<Role>(['bar', 'box', 'card', 'stack']);
const mouse = () => matchMedia('(pointer: fine)').matches;

/**
 * The only place that knows cytoscape. It is told whole lists of elements and applies the difference in one batch;
 * nothing is ever laid out here.
 */
export function TopologyCanvas({ elements, theme, handle, onSelect, onOpen, onViewport, onMove }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const core = useRef<cytoscape.Core | null>(null);
  const drawn = useRef<ReadonlyMap<string, Element>>(new Map());
  const touched = useRef(false);
  const told = useRef({ onSelect, onOpen, onViewport, onMove });
  told.current = { onSelect, onOpen, onViewport, onMove };
  const many = elements.length > MANY;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is applied by its own effect below
  useEffect(() => {
    if (!box.current) return;
    const cy = cytoscape({
      container: box.current,
      style: toStyle(theme),
      layout: { name: 'preset' },
      minZoom: 0.04,
      maxZoom: 3,
      autoungrabify: true,
      autounselectify: true,
      boxSelectionEnabled: false,
      textureOnViewport: many,
      hideEdgesOnViewport: many,
      ...(many ? { pixelRatio: 1 } : {}),
    });
    core.current = cy;
    drawn.current = new Map();
    const idOf = (target: cytoscape.EventObject['target']): string | null =>
      target === cy ? null : String(target.data('of'));
    cy.on('tap', (e) => told.current.onSelect(idOf(e.target)));
    cy.on('dbltap', (e) => {
      const id = idOf(e.target);
      if (id !== null) told.current.onOpen(id);
    });
    const stopDragging = followDrag(cy, (id, corner, dropped) => {
      touched.current = true;
      told.current.onMove(id, corner, dropped);
    });
    const report = () => {
      const { x1, y1, w, h } = cy.extent();
      told.current.onViewport({ x: x1, y: y1, w, h, zoom: cy.zoom() });
    };
    cy.on('viewport resize', report);
    const touch = () => {
      touched.current = true;
    };
    cy.on('dragpan pinchzoom scrollzoom', touch);
    const watch = new ResizeObserver(() => {
      // The inspector opens beside what was chosen, and must not push it out of sight.
      const chosen = String(cy.nodes('.chosen').first().id() ?? '');
      const seen = chosen !== '' && inSight(cy, chosen);
      cy.resize();
      if (!touched.current) firstLook(cy);
      if (seen) show(cy, chosen, 'at once');
    });
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      stopDragging();
      cy.destroy();
      core.current = null;
    };
  }, [many]);

  useEffect(() => {
    const cy = core.current;
    if (!cy) return;
    const { add, alter, remove } = changes(drawn.current, elements);
    const before = drawn.current.size;
    cy.batch(() => {
      for (const id of remove) cy.getElementById(id).remove();
      cy.add(add.map(toDefinition));
      for (const [was, now] of alter) {
        const element = cy.getElementById(now.data.id);
        if (!same(was.data, now.data)) element.data({ ...now.data });
        if (was.classes !== now.classes) element.classes(now.classes);
        if (was.group === 'nodes' && now.group === 'nodes' && !same(was.position, now.position))
          element.position({ ...now.position });
      }
    });
    drawn.current = new Map(elements.map((e) => [e.data.id, e]));
    // nothing jumps: the view follows only where something new would be out of sight, and nobody has moved it
    if (before === 0 || (!touched.current && add.some((e) => outOfSight(cy, e)))) firstLook(cy);
  }, [elements]);

  useEffect(() => {
    core.current?.style(toStyle(theme));
  }, [theme]);

  useImperativeHandle(handle, () => ({
    fit: () => {
      touched.current = true;
      if (core.current) fitAll(core.current);
    },
    zoomBy: (factor) => {
      const cy = core.current;
      if (!cy) return;
      touched.current = true;
      cy.zoom({
        level: cy.zoom() * factor,
        renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 },
      });
    },
    centre: (x, y) => {
      const cy = core.current;
      if (!cy) return;
      touched.current = true;
      cy.pan({ x: cy.width() / 2 - x * cy.zoom(), y: cy.height() / 2 - y * cy.zoom() });
    },
    look: ({ x, y, zoom }) => {
      const cy = core.current;
      if (!cy) return;
      touched.current = true;
      cy.viewport({ zoom, pan: { x: cy.width() / 2 - x * zoom, y: cy.height() / 2 - y * zoom } });
    },
    show: (id) => {
      if (core.current) show(core.current, id);
    },
    png: () =>
      core.current?.png({ full: true, scale: 2, bg: theme.sunken, maxWidth: 12_000, maxHeight: 12_000 }) ??
      '',
  }));

  return <div ref={box} className="topology-canvas" aria-hidden="true" />;
}

/** A mouse moves by so many pixels before it drags anything. */
const THRESHOLD = 4;

/**
 * Tells where a node is dragged to. Nothing is moved here: a node is several elements, and cytoscape would take only the
 * one under the mouse. Esc lets go without a drop; gives what ends the listening.
 */
function followDrag(
  cy: cytoscape.Core,
  tell: (id: string, corner: Point | null, dropped: boolean) => void,
): () => void {
  let drag: { id: string; from: Point; corner: Point; moved: boolean } | null = null;
  cy.on('tapstart', 'node', ({ target, position, originalEvent }) => {
    const at = target.position();
    const corner = { x: at.x - Number(target.data('w')) / 2, y: at.y - Number(target.data('h')) / 2 };
    const wanted = GRABBED.has(target.data('role')) && mouse() && originalEvent.button === 0;
    drag = wanted ? { id: String(target.id()), from: position, corner, moved: false } : null;
  });
  const cornerAt = ({ x, y }: Point): Point | null =>
    drag && { x: drag.corner.x + x - drag.from.x, y: drag.corner.y + y - drag.from.y };
  cy.on('tapdrag', ({ position }) => {
    if (drag === null) return;
    const by = Math.hypot(position.x - drag.from.x, position.y - drag.from.y) * cy.zoom();
    drag.moved ||= by > THRESHOLD;
    if (drag.moved) tell(drag.id, cornerAt(position), false);
  });
  cy.on('tapend', ({ position }) => {
    if (drag?.moved) tell(drag.id, cornerAt(position), true);
    drag = null;
  });
  const onKey = (e: KeyboardEvent) => {
    if (e.key !== 'Escape' || !drag?.moved) return;
    e.stopPropagation();
    tell(drag.id, null, true);
    drag = null;
  };
  window.addEventListener('keydown', onKey, true);
  return () => window.removeEventListener('keydown', onKey, true);
}

const toStyle = (theme: Theme): cytoscape.StylesheetJson =>
  stylesheet(theme).map((rule) => ({
    selector: rule.selector,
    style: { ...rule.style },
  })) as cytoscape.StylesheetJson;

function toDefinition(element: Element): cytoscape.ElementDefinition {
  return element.group === 'nodes'
    ? {
        group: 'nodes',
        data: { ...element.data },
        position: { ...element.position },
        classes: element.classes,
        pannable: !GRABBED.has(element.data.role) || !mouse(),
      }
    : { group: 'edges', data: { ...element.data }, classes: element.classes };
}
