import type { Rect } from '@/server/core/layout';
import type { TopologyNode } from '@/server/core/topology';
import { middle, type NodeData, type NodeElement, type Role, type TextLook } from './elements';
import type { Drawing } from './toElements';

function classesOf(drawing: Drawing, node: TopologyNode, role: Role): string {
  const classes: string[] = [role];
  if (drawing.bright !== null && !drawing.bright.has(node.id)) classes.push('dim');
  if (drawing.selection === node.id) classes.push('chosen');
  if (node.pending !== null) classes.push(node.pending === 'added' ? 'ghost' : node.pending);
  if (node.state !== 'up') classes.push(node.state);
  return classes.join(' ');
}

/** The element that stands for the node itself: it is what selecting and cables mean. */
export function body(
  drawing: Drawing,
  node: TopologyNode,
  rect: Rect,
  role: Role,
  more: Partial<NodeData> = {},
): NodeElement {
  return {
    group: 'nodes',
    data: {
      id: node.id,
      of: node.id,
      role,
      w: rect.w,
      h: rect.h,
      label: '',
      hue: hueOf(drawing, node),
      ring: '',
      icon: '',
      state: node.state,
      look: '',
      side: '',
      ...more,
    },
    position: middle(rect),
    classes: classesOf(drawing, node, role),
  };
}

const hueOf = (drawing: Drawing, node: TopologyNode): number =>
  drawing.looks.get(node.vlans[0] ?? -1)?.hue ?? 0;

type At = { readonly x: number; readonly y: number; readonly side?: 'right' | 'left' };

/** A line of text beside a point. */
export function text(
  drawing: Drawing,
  node: TopologyNode,
  part: string,
  label: string,
  look: TextLook,
  { x, y, side = 'right' }: At,
): NodeElement {
  return {
    group: 'nodes',
    data: {
      id: `${node.id}#${part}`,
      of: node.id,
      role: 'text',
      w: 1,
      h: 1,
      label,
      hue: 0,
      ring: '',
      icon: '',
      state: node.state,
      look,
      side,
    },
    position: { x, y },
    classes: classesOf(drawing, node, 'text'),
  };
}

/** A line across what will be removed. */
export function struck(drawing: Drawing, node: TopologyNode, rect: Rect): readonly NodeElement[] {
  if (node.pending !== 'removed') return [];
  const line = body(
    drawing,
    node,
    { x: rect.x + 8, y: rect.y + Math.min(15, rect.h / 2) - 1, w: rect.w - 16, h: 2 },
    'strike',
  );
  return [{ ...line, data: { ...line.data, id: `${node.id}#strike` } }];
}
