import type { EdgeElement, Element, NodeElement } from './elements';
import { ICONS, ringShape, stateShape, strokes } from './icons';
import { DEAD_DASH, GHOST_DASH, WIDTHS } from './styleCables';
import { stateColour } from './styleRule';
import { TEXT_LOOKS } from './styleTexts';
import { hueColour, type Theme } from './theme';
import { PATTERNS } from './vlanColours';

const MARGIN = 24;

const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/\p{Cc}/gu, '');

/** The whole picture as one SVG document, in this theme's colours, without any script or outside reference. */
export function exportSvg(elements: readonly Element[], theme: Theme): string {
  const nodes = elements.filter((e) => e.group === 'nodes');
  const edges = elements.filter((e) => e.group === 'edges');
  const layer = (roles: readonly string[]) => nodes.filter((n) => roles.includes(n.data.role));
  const box = bounds(nodes);
  const parts = [
    ...layer(['frame', 'lane', 'loose']).map((n) => body(n, theme)),
    ...layer(['rail', 'bar', 'box', 'member']).map((n) => body(n, theme)),
    ...edges.map((e) => cable(e, theme)),
    ...layer(['exit', 'card', 'stack', 'jack', 'handle']).map((n) => body(n, theme)),
    ...layer(['text']).map((n) => words(n, theme)),
    ...layer(['strike', 'pin']).map((n) => body(n, theme)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${box.w}" height="${box.h}" viewBox="${box.x} ${box.y} ${box.w} ${box.h}"><rect x="${box.x}" y="${box.y}" width="${box.w}" height="${box.h}" fill="${theme.sunken}"/>${parts.join('')}</svg>`;
}

function bounds(nodes: readonly NodeElement[]) {
  const xs = nodes.flatMap((n) => [n.position.x - n.data.w / 2, n.position.x + n.data.w / 2]);
  const ys = nodes.flatMap((n) => [n.position.y - n.data.h / 2, n.position.y + n.data.h / 2]);
  const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), values[0] ?? 0);
  const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), values[0] ?? 0);
  const x = Math.floor(least(xs)) - MARGIN;
  const y = Math.floor(least(ys)) - MARGIN;
  return { x, y, w: Math.ceil(most(xs)) + MARGIN - x, h: Math.ceil(most(ys)) + MARGIN - y };
}

const has = (e: Element, name: string): boolean => e.classes.split(' ').includes(name);

function strength(e: Element): number {
  const ghost = has(e, 'ghost') || has(e, 'removed');
  const faded = ghost && e.group === 'nodes' && e.data.role !== 'text' && e.data.role !== 'strike';
  return (has(e, 'dim') ? 0.25 : 1) * (faded ? 0.5 : 1);
}

type Paint = {
  readonly fill: string;
  readonly line: string;
  readonly width: number;
  readonly radius: number;
  readonly fillStrength?: number;
};

function paint(n: NodeElement, t: Theme): Paint {
  switch (n.data.role) {
    case 'frame':
      return { fill: t.bg, line: t.lineStrong, width: 1, radius: 10 };
    case 'lane':
      return { fill: t.accent, line: t.accent, width: 1, radius: 10, fillStrength: 0.07 };
    case 'loose':
      return { fill: 'none', line: t.lineStrong, width: 1, radius: 10 };
    case 'exit':
      return { fill: t.raised, line: t.accent, width: 1.5, radius: 12 };
    case 'bar':
    case 'rail':
      return {
        fill: t.panel,
        line: t.panelEdge,
        width: 1.5,
        radius: 4,
        fillStrength: has(n, 'ghost') || has(n, 'removed') ? 0.25 : 1,
      };
    case 'handle':
      return { fill: t.panelEdge, line: t.panelDim, width: 1, radius: 11 };
    case 'jack':
      return n.data.ring === ''
        ? { fill: t.sunken, line: hueColour(t, n.data.hue), width: 3, radius: 4 }
        : { fill: t.sunken, line: 'none', width: 0, radius: n.data.w / 2 };
    case 'member':
      return { fill: t.sunken, line: t.lineStrong, width: 1, radius: 3 };
    case 'strike':
      return { fill: t.red, line: 'none', width: 0, radius: 1 };
    case 'pin':
      return { fill: t.raised, line: t.accent, width: 1.5, radius: n.data.w / 2 };
    case 'stack':
      return { fill: t.raised, line: t.lineStrong, width: 2.5, radius: 6 };
    case 'box':
    case 'card':
    case 'text':
      return { fill: t.raised, line: t.lineStrong, width: 1, radius: 6 };
  }
}

function body(n: NodeElement, theme: Theme): string {
  const { w, h, role } = n.data;
  const x = n.position.x - w / 2;
  const y = n.position.y - h / 2;
  const p = paint(n, theme);
  const inset = role === 'jack' ? p.width / 2 : 0;
  const dash =
    has(n, 'ghost') || has(n, 'changed') ? '1.5 3' : has(n, 'down') || role === 'loose' ? '4 3' : '';
  const line = has(n, 'chosen') ? theme.focus : has(n, 'changed') ? theme.amber : p.line;
  const rect = `<rect x="${x + inset}" y="${y + inset}" width="${w - 2 * inset}" height="${h - 2 * inset}" rx="${p.radius}" fill="${p.fill}" fill-opacity="${p.fillStrength ?? 1}" stroke="${line}" stroke-width="${has(n, 'chosen') ? p.width + 2 : p.width}"${role === 'lane' ? ' stroke-opacity="0.45"' : ''}${dash ? ` stroke-dasharray="${dash}"` : ''}/>`;
  const label =
    n.data.label !== '' && role !== 'text'
      ? `<text x="${n.position.x}" y="${n.position.y}" text-anchor="middle" dominant-baseline="central" font-family="${escapeXml(theme.mono)}" font-size="${role === 'member' ? 9 : 11}" fill="${role === 'handle' ? theme.panelText : theme.text}">${escapeXml(n.data.label)}</text>`
      : '';
  return `<g opacity="${strength(n)}">${rect}${marks(n, theme, x, y)}${label}</g>`;
}

/** A drawing of the 24 × 24 grid, placed and scaled. */
const placed = (shape: string, x: number, y: number, size: number): string =>
  `<g transform="translate(${x} ${y}) scale(${size / 24})">${shape}</g>`;

function marks(n: NodeElement, theme: Theme, x: number, y: number): string {
  const { role, icon, state } = n.data;
  const dot = () => stateShape(state, stateColour(theme, state));
  const glyph = (colour: string, width?: number) => strokes(ICONS[icon] ?? '', colour, width);
  if (role === 'frame') return placed(dot(), x + 16, y + 17, 14);
  if (role === 'card') return placed(glyph(theme.dim), x + 9, y + 8, 16) + placed(dot(), x + 127, y + 10, 12);
  if (role === 'box') {
    const bond = icon === 'bond';
    return (
      placed(glyph(theme.dim), x + 9, y + (bond ? 4 : 14), 16) +
      placed(dot(), x + 127, y + (bond ? 6 : 10), 12)
    );
  }
  if (role === 'stack' && icon !== '') return placed(glyph(theme.dim), x + 122, y + 8, 18);
  if (role === 'pin') return placed(strokes(ICONS.pin ?? '', theme.accent, 2.5), x + 3, y + 3, 12);
  if (role === 'exit') return placed(glyph(theme.text, 2), x + 4.5, y + 4.5, 15);
  if (role === 'jack' && state === 'down')
    return placed(strokes('M6 6l12 12 M18 6L6 18', theme.red, 3.5), x + 2.5, y + 2.5, n.data.w - 5);
  if (role === 'jack' && n.data.ring !== '')
    return placed(ringShape(n.data.ring.split(',').map((h) => hueColour(theme, Number(h)))), x, y, n.data.w);
  return '';
}

function words(n: NodeElement, theme: Theme): string {
  const look = TEXT_LOOKS[n.data.look];
  if (look === undefined || n.data.label === '') return '';
  const anchor = n.data.side === 'right' ? 'start' : n.data.side === 'left' ? 'end' : 'middle';
  const onGhost = (has(n, 'ghost') || has(n, 'removed')) && n.data.look.startsWith('panel');
  return `<text x="${n.position.x}" y="${n.position.y}" opacity="${strength(n)}" text-anchor="${anchor}" dominant-baseline="central" font-family="${escapeXml(theme[look.font])}" font-size="${look.size}" font-weight="${look.weight}" fill="${onGhost ? theme.text : theme[look.colour]}">${escapeXml(n.data.label)}</text>`;
}

function cable(e: EdgeElement, theme: Theme): string {
  const dead = has(e, 'dead');
  const pending = has(e, 'ghost') || has(e, 'removed') || has(e, 'changed');
  const colour = dead ? theme.lineStrong : has(e, 'forward') ? theme.accent : hueColour(theme, e.data.hue);
  const pattern = PATTERNS[e.data.pattern] ?? [];
  const dash = pending ? GHOST_DASH : dead ? DEAD_DASH : has(e, 'tunnel') ? [16, 6] : pattern;
  const width = has(e, 'tunnel') ? 6 : (WIDTHS[e.data.step] ?? 2);
  const d = e.data.points.map((p, i) => `${i === 0 ? 'M' : 'L'}${p.x} ${p.y}`).join('');
  const opacity = strength(e) * (pending ? 0.5 : 1);
  const path = `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round" opacity="${opacity}"${dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : ''}/>`;
  return path + collar(e, theme) + cableLabel(e, theme);
}

/** Halfway along the straight part where its words stand. */
function collar(e: EdgeElement, theme: Theme): string {
  const [a, b] = [e.data.points[0], e.data.points[1]];
  if (e.data.collar === '' || !a || !b) return '';
  const fill = e.data.collar === 'full' ? theme.amber : theme.bg;
  return `<rect x="${(a.x + b.x) / 2 - 4.5}" y="${(a.y + b.y) / 2 - 4.5}" width="9" height="9" fill="${fill}" stroke="${theme.amber}" stroke-width="1.5" opacity="${strength(e)}"/>`;
}

function cableLabel(e: EdgeElement, theme: Theme): string {
  const [a, b] = [e.data.points[0], e.data.points[1]];
  if (e.data.label === '' || !a || !b) return '';
  const beside = e.data.kind === 'nic';
  const x = (a.x + b.x) / 2 - (beside ? 7 : 0);
  return `<text x="${x}" y="${(a.y + b.y) / 2}" opacity="${strength(e)}" text-anchor="${beside ? 'end' : 'middle'}" dominant-baseline="central" font-family="${escapeXml(theme.mono)}" font-size="9.5" fill="${theme.text}">${escapeXml(e.data.label)}</text>`;
}
