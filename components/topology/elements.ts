import type { Rect } from '@/server/core/layout';

export type Point = { readonly x: number; readonly y: number };

/** What a node element draws. Texts are elements of their own: cytoscape gives a node one label only. */
export type Role =
  | 'frame'
  | 'lane'
  | 'loose'
  | 'exit'
  | 'bar'
  | 'rail'
  | 'box'
  | 'member'
  | 'jack'
  | 'card'
  | 'stack'
  | 'handle'
  | 'strike'
  | 'pin'
  | 'text';

/** How a text is set. */
export type TextLook =
  | 'title'
  | 'name'
  | 'detail'
  | 'panel-name'
  | 'panel-detail'
  | 'panel-badges'
  | 'heading'
  | 'badge'
  | 'trouble';

export type NodeData = {
  readonly id: string;
  /** The topology node this element is a part of; selecting the element selects it. */
  readonly of: string;
  readonly role: Role;
  readonly w: number;
  readonly h: number;
  readonly label: string;
  /** Hue of the VLAN, 0 for none. */
  readonly hue: number;
  /** Hues of a trunk's ring, joined by commas; empty where one colour or none will do. */
  readonly ring: string;
  readonly icon: string;
  readonly state: string;
  readonly look: TextLook | '';
  /** Side of the anchor the text stands on. */
  readonly side: 'right' | 'left' | '';
};

type EdgeData = {
  readonly id: string;
  readonly of: string;
  readonly source: string;
  readonly target: string;
  readonly kind: string;
  readonly label: string;
  readonly hue: number;
  readonly pattern: number;
  readonly step: number;
  /** Of a limited cable: filled while traffic is held up. */
  readonly collar: '' | 'open' | 'full';
  /** End points relative to the middle of their nodes, in pixels: "0 22". */
  readonly from: string;
  readonly to: string;
  /** The whole way from end to end. */
  readonly points: readonly Point[];
  /** The bends between, as cytoscape takes them: parts of the straight way, and pixels beside it. */
  readonly weights: readonly number[];
  readonly distances: readonly number[];
};

export type NodeElement = {
  readonly group: 'nodes';
  readonly data: NodeData;
  /** The middle. */
  readonly position: { readonly x: number; readonly y: number };
  readonly classes: string;
};
export type EdgeElement = { readonly group: 'edges'; readonly data: EdgeData; readonly classes: string };
export type Element = NodeElement | EdgeElement;

export const middle = (r: Rect): Point => ({ x: r.x + r.w / 2, y: r.y + r.h / 2 });
