import type { Rect } from '@/server/core/layout';
import { CARD, FRAME } from '@/server/core/layout-geometry';
import { isTrouble, type TopologyNode } from '@/server/core/topology';
import type { NodeElement, TextLook } from './elements';
import { body, struck, text } from './nodeParts';
import { cut, textWidth } from './text';
import type { Drawing } from './toElements';

/** Where the cable of a network's way out ends: between the first and the second column. */
export const exitId = (network: string): string => `${network}#exit`;
export const EXIT = { x: 172, size: 24 } as const;

/** One topology node as elements: its body first, then its texts. */
export function nodeElements(drawing: Drawing, node: TopologyNode, rect: Rect): readonly NodeElement[] {
  switch (node.kind) {
    case 'host':
      return frame(drawing, node, rect);
    case 'network':
      return lane(drawing, node, rect);
    case 'bridge':
    case 'ovs-bridge':
      return bar(drawing, node, rect);
    case 'uplink':
    case 'bond':
    case 'vlan':
    case 'tunnel':
      return rect.h < 30 ? member(drawing, node, rect) : box(drawing, node, rect);
    case 'tap':
    case 'veth':
    case 'macvtap':
    case 'ovs-port':
      return jack(drawing, node, rect);
    case 'guest':
    case 'namespace':
      return card(drawing, node, rect);
    case 'group':
      return node.expanded && rect.h < 30 ? handle(drawing, node, rect) : stack(drawing, node, rect);
  }
}

function frame(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  const unknown = node.badges.filter((b) => b.startsWith('unknown: ')).length;
  const notes = node.badges.filter((b) => !b.startsWith('unknown: '));
  if (unknown > 0) notes.push(`${unknown} unknown`);
  const name = cut(node.label, r.w * 0.5, 15);
  const left = 38 + textWidth(name, 15, 'mono') + 12;
  const room = r.w - left - FRAME.pad;
  // what is not known is said in full, the rest as far as there is room
  const joint = node.detail === '' || notes.length === 0 ? '' : ' · ';
  const last = cut(joint + notes.join(' · '), room, 10.5);
  const said = cut(node.detail, room - textWidth(last, 10.5, 'mono'), 10.5) + last;
  return [
    body(drawing, node, r, 'frame'),
    text(drawing, node, 'title', name, 'title', { x: r.x + 38, y: r.y + 24 }),
    text(drawing, node, 'detail', said, 'detail', {
      x: r.x + left,
      y: r.y + 25,
    }),
  ];
}

const FORWARD_ICONS = new Set(['none', 'nat', 'route', 'open', 'bridge', 'unknown']);

function lane(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  const mode = node.network?.forward ?? 'unknown';
  const name = cut(node.label, 134, 12.5);
  const exit = body(
    drawing,
    node,
    { x: r.x + EXIT.x - EXIT.size / 2, y: r.y - EXIT.size / 2, w: EXIT.size, h: EXIT.size },
    'exit',
    { icon: `exit-${FORWARD_ICONS.has(mode) ? mode : 'bridge'}` },
  );
  return [
    body(drawing, node, r, 'lane'),
    { ...exit, data: { ...exit.data, id: exitId(node.id) } },
    text(drawing, node, 'title', name, 'name', { x: r.x + 18, y: r.y + 17 }),
    text(drawing, node, 'detail', cut(node.detail, 140, 10.5), 'detail', {
      x: r.x + r.w - 16,
      y: r.y + 17,
      side: 'left',
    }),
  ];
}

function bar(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  const folds = drawing.unfolded.has(node.id);
  const right = r.x + r.w - 12 - (folds ? 136 : 0);
  const name = cut(node.label, 150, 13);
  const left = r.x + 14;
  const room = right - left - textWidth(name, 13, 'mono') - 14;
  const badges = room > 30 ? cut(node.badges.join(' · '), room, 11, 'sans') : '';
  return [
    body(drawing, node, r, 'bar'),
    text(drawing, node, 'title', name, 'panel-name', { x: left, y: r.y + 15 }),
    text(drawing, node, 'badges', badges, 'panel-badges', { x: right, y: r.y + 15, side: 'left' }),
    text(drawing, node, 'detail', cut(node.detail, r.w - 28, 11), 'panel-detail', { x: left, y: r.y + 32 }),
    ...struck(drawing, node, r),
  ];
}

function box(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  const bond = node.kind === 'bond';
  const detail = bond ? '' : firstOf(detailOf(node).split(' · '), r.w - 40);
  const y = bond ? 12 : detail === '' ? r.h / 2 : 14;
  return [
    body(drawing, node, r, 'box', { icon: node.kind }),
    text(drawing, node, 'title', cut(node.label, r.w - 56, 12.5), 'name', { x: r.x + 32, y: r.y + y }),
    ...(detail === ''
      ? []
      : [text(drawing, node, 'detail', detail, lookOf(node), { x: r.x + 32, y: r.y + 31 })]),
    ...struck(drawing, node, r),
  ];
}

/** Of the line that begins with what is wrong: in red where a person has to do something about it. */
const lookOf = (node: TopologyNode): TextLook => (node.conflicts === undefined ? 'detail' : 'trouble');

/** Trouble before addresses: whoever looks at 3 a.m. needs that line. */
function detailOf(node: TopologyNode): string {
  const trouble = node.badges.find(isTrouble);
  return [trouble, node.detail].filter(Boolean).join(' · ');
}

/** The first of several, with the number of the others: "203.0.113.2/24 +1". */
function firstOf(parts: readonly string[], width: number): string {
  const more = parts.length > 1 ? ` +${parts.length - 1}` : '';
  return cut(parts[0] ?? '', width - textWidth(more, 10.5, 'mono'), 10.5) + more;
}

function member(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  return [
    body(drawing, node, r, 'member', {
      label: cut(node.state === 'down' ? `× ${node.label}` : node.label, r.w - 4, 9),
    }),
  ];
}

function jack(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  const small = r.w < 18;
  const hues = node.vlans.map((v) => drawing.looks.get(v)?.hue ?? 0).slice(0, 8);
  const number = drawing.overlay.vlans && node.vlans.length > 0 ? vlanWords(node.vlans) : '';
  const name = cut(node.label, small ? 50 : 64, small ? 8.5 : 10);
  return [
    body(drawing, node, r, 'jack', {
      ring: hues.length > 1 ? hues.join(',') : '',
      look: small ? 'badge' : '',
    }),
    text(drawing, node, 'title', number && small ? number : name, small ? 'badge' : 'detail', {
      x: small ? r.x + r.w / 2 : r.x + r.w / 2 + 6,
      y: small ? r.y + r.h + 7 : r.y + r.h + 10,
      ...(small ? {} : { side: 'right' as const }),
    }),
    ...(number && !small
      ? [
          text(drawing, node, 'vlan', number, 'badge', {
            x: r.x + r.w / 2 - 6,
            y: r.y + r.h + 10,
            side: 'left',
          }),
        ]
      : []),
    ...struck(drawing, node, r),
  ];
}

/** "VLAN 20" for an access port, "20 + 3" for a trunk with a native VLAN and three more. */
function vlanWords(vlans: readonly number[]): string {
  if (vlans.length === 1) return `VLAN ${vlans[0]}`;
  return `${vlans[0]} + ${vlans.length - 1}`;
}

function card(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  const lines = (node.conflicts === undefined ? node.detail : detailOf(node)).split(' · ');
  const more = lines.length > 2 ? ` +${lines.length - 2}` : '';
  const room = r.w - 22;
  return [
    body(drawing, node, r, 'card', { icon: node.band === 'outside' ? 'outside' : node.kind }),
    text(drawing, node, 'title', cut(node.label, r.w - 54, 12.5), 'name', { x: r.x + 30, y: r.y + 16 }),
    text(drawing, node, 'line1', cut(lines[0] ?? '', room, 10.5), lookOf(node), {
      x: r.x + 11,
      y: r.y + 37,
    }),
    ...(lines[1] === undefined
      ? []
      : [
          text(drawing, node, 'line2', cut(lines[1], room - more.length * 6.5, 10.5) + more, 'detail', {
            x: r.x + 11,
            y: r.y + 53,
          }),
        ]),
    ...struck(drawing, node, r),
  ];
}

/** Jacks on the bar above a folded group: a few for all of them, the last one crossed out where some are down. */
const STACKED = { count: 5, size: 14, pitch: 22 } as const;

function stackedJacks(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  const left = r.x + r.w / 2 - ((STACKED.count - 1) * STACKED.pitch) / 2;
  return Array.from({ length: STACKED.count }, (_, i) => {
    const down = node.state === 'down' || (i === STACKED.count - 1 && node.badges.length > 0);
    const { size } = STACKED;
    const at = { x: left + i * STACKED.pitch - size / 2, y: r.y - CARD.drop - size / 2, w: size, h: size };
    const jack = body(drawing, { ...node, state: down ? 'down' : 'up' }, at, 'jack');
    return {
      ...jack,
      data: { ...jack.data, id: `${node.id}#jack${i}` },
      classes: jack.classes.replace(' chosen', ''),
    };
  });
}

function stack(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  const flat = r.h < 60;
  const upper = flat ? 14 : 22;
  return [
    ...(flat || drawing.pinned?.has(node.id) ? [] : stackedJacks(drawing, node, r)),
    body(drawing, node, r, 'stack', { icon: flat ? '' : 'stack' }),
    text(drawing, node, 'title', cut(node.label, r.w - 46, 12.5), 'name', { x: r.x + 12, y: r.y + upper }),
    text(drawing, node, 'detail', cut(node.detail, r.w - 20, 10.5), 'detail', {
      x: r.x + 12,
      y: r.y + upper + 22,
    }),
  ];
}

function handle(drawing: Drawing, node: TopologyNode, r: Rect): readonly NodeElement[] {
  return [body(drawing, node, r, 'handle', { label: cut(`− ${node.label}`, r.w - 12, 11) })];
}
