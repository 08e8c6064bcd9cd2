import type { NodeData } from './elements';
import { ICONS, ringShape, stateShape, strokes, svgImage } from './icons';
import { textWidth } from './text';
import { hueColour, type Theme } from './theme';
import { PATTERNS } from './vlanColours';

/** The part of an element that a style function reads. */
type Drawn = { data(key: string): unknown };
type StyleValue = string | number | readonly (string | number)[] | ((drawn: Drawn) => unknown);
export type Rule = { readonly selector: string; readonly style: Readonly<Record<string, StyleValue>> };

const text = (drawn: Drawn, key: keyof NodeData): string => String(drawn.data(key) ?? '');
const number = (drawn: Drawn, key: string): number => Number(drawn.data(key) ?? 0);

/** Labels smaller than this on the screen are not drawn. */
const LEGIBLE = 5.5;
export const WIDTHS: readonly number[] = [1, 2, 3.25, 5, 7];
export const GHOST_DASH: readonly number[] = [1.5, 4];
export const DEAD_DASH: readonly number[] = [6, 4];

export const stateColour = (theme: Theme, state: string): string =>
  state === 'up' ? theme.green : state === 'down' ? theme.red : theme.amber;

/** Everything that is drawn, for one theme. */
export function stylesheet(theme: Theme): readonly Rule[] {
  return [...base(theme), ...bodies(theme), ...texts(theme), ...cables(theme), ...moods(theme)];
}

function base(theme: Theme): readonly Rule[] {
  return [
    {
      selector: 'node',
      style: {
        width: 'data(w)',
        height: 'data(h)',
        shape: 'round-rectangle',
        'corner-radius': 6,
        'background-color': theme.raised,
        'border-width': 1,
        'border-color': theme.line,
        'overlay-opacity': 0,
        'underlay-opacity': 0,
        'min-zoomed-font-size': LEGIBLE,
        'text-events': 'no',
        'z-index-compare': 'manual',
      },
    },
  ];
}

const icon = (theme: Theme) => (drawn: Drawn) =>
  svgImage(strokes(ICONS[text(drawn, 'icon')] ?? '', theme.dim), 24);
const dot = (theme: Theme) => (drawn: Drawn) =>
  svgImage(stateShape(text(drawn, 'state'), stateColour(theme, text(drawn, 'state'))), 24);

/** Kind icon at the upper left, state at the upper right. */
const marked = (theme: Theme, iconY: number, dotX: number): Rule['style'] => ({
  'background-image': (drawn: Drawn) => [icon(theme)(drawn), dot(theme)(drawn)],
  'background-width': ['16px', '12px'],
  'background-height': ['16px', '12px'],
  'background-position-x': ['9px', `${dotX}px`],
  'background-position-y': [`${iconY}px`, '10px'],
  'background-image-containment': 'over',
  'background-clip': 'none',
});

function bodies(theme: Theme): readonly Rule[] {
  return [
    {
      selector: 'node.frame',
      style: {
        'background-color': theme.bg,
        'border-color': theme.lineStrong,
        'corner-radius': 10,
        'z-index': 1,
        'background-image': (drawn: Drawn) =>
          svgImage(stateShape(text(drawn, 'state'), stateColour(theme, text(drawn, 'state'))), 24),
        'background-width': '14px',
        'background-height': '14px',
        'background-position-x': '16px',
        'background-position-y': '17px',
      },
    },
    {
      selector: 'node.lane',
      style: {
        'background-color': theme.accent,
        'background-opacity': 0.07,
        'border-color': theme.accent,
        'border-opacity': 0.45,
        'corner-radius': 10,
        'z-index': 2,
      },
    },
    {
      selector: 'node.loose',
      style: {
        'background-opacity': 0,
        'border-color': theme.lineStrong,
        'border-opacity': 0.6,
        'border-style': 'dashed',
        'corner-radius': 10,
        'z-index': 2,
      },
    },
    {
      selector: 'node.exit',
      style: {
        shape: 'ellipse',
        'background-color': theme.raised,
        'border-color': theme.accent,
        'border-width': 1.5,
        'background-image': (drawn: Drawn) =>
          svgImage(strokes(ICONS[text(drawn, 'icon')] ?? '', theme.text, 2), 24),
        'background-width': '15px',
        'background-height': '15px',
        'z-index': 12,
      },
    },
    {
      selector: 'node.bar',
      style: {
        'background-color': theme.panel,
        'border-color': theme.panelEdge,
        'border-width': 1.5,
        'corner-radius': 5,
        'z-index': 10,
      },
    },
    {
      selector: 'node.rail',
      style: {
        'background-color': theme.panel,
        'border-color': theme.panelEdge,
        'corner-radius': 3,
        'z-index': 9,
      },
    },
    {
      selector: 'node.box',
      style: { 'border-color': theme.lineStrong, 'z-index': 10, ...marked(theme, 14, 127) },
    },
    { selector: 'node.box.down', style: { 'border-style': 'dashed' } },
    {
      selector: 'node.member',
      style: {
        'background-color': theme.sunken,
        'border-color': theme.lineStrong,
        'corner-radius': 3,
        'font-size': 9,
        'z-index': 11,
      },
    },
    {
      selector: 'node.jack',
      style: {
        'corner-radius': 4,
        'background-color': theme.sunken,
        'border-width': 3,
        'border-position': 'inside',
        'border-color': (drawn: Drawn) => hueColour(theme, number(drawn, 'hue')),
        'z-index': 14,
      },
    },
    {
      selector: 'node.jack[ring != ""]',
      style: {
        'border-width': 0,
        shape: 'ellipse',
        'background-image': (drawn: Drawn) =>
          svgImage(
            ringShape(
              text(drawn, 'ring')
                .split(',')
                .map((h) => hueColour(theme, Number(h))),
            ),
            24,
          ),
        'background-width': '100%',
        'background-height': '100%',
      },
    },
    {
      selector: 'node.jack.down',
      style: {
        'border-style': 'dashed',
        'border-width': 1.5,
        'background-image': svgImage(strokes('M6 6l12 12 M18 6L6 18', theme.red, 3.5), 24),
        'background-width': '72%',
        'background-height': '72%',
      },
    },
    {
      selector: 'node.card',
      style: { 'border-color': theme.lineStrong, 'z-index': 13, ...marked(theme, 8, 127) },
    },
    { selector: 'node.card.down', style: { 'border-style': 'dashed' } },
    {
      selector: 'node.stack',
      style: {
        'border-color': theme.lineStrong,
        'border-style': 'double',
        'border-width': 4,
        'background-color': theme.raised,
        'z-index': 13,
        'background-image': (drawn: Drawn) => icon(theme)(drawn),
        'background-width': '18px',
        'background-height': '18px',
        'background-position-x': '122px',
        'background-position-y': '8px',
      },
    },
    {
      selector: 'node.handle',
      style: {
        'background-color': theme.panelEdge,
        'border-color': theme.panelDim,
        color: theme.panelText,
        'corner-radius': 11,
        'font-size': 11,
        'z-index': 15,
      },
    },
    {
      selector: 'node.strike',
      style: {
        'background-color': theme.red,
        'border-width': 0,
        'corner-radius': 1,
        'z-index': 30,
        events: 'no',
      },
    },
  ];
}

const LOOKS = {
  title: { size: 15, weight: 600, font: 'mono', colour: 'text' },
  name: { size: 12.5, weight: 600, font: 'mono', colour: 'text' },
  detail: { size: 10.5, weight: 400, font: 'mono', colour: 'dim' },
  'panel-name': { size: 13, weight: 600, font: 'mono', colour: 'panelText' },
  'panel-detail': { size: 11, weight: 400, font: 'mono', colour: 'panelDim' },
  'panel-badges': { size: 11, weight: 400, font: 'sans', colour: 'panelDim' },
  heading: { size: 11, weight: 600, font: 'sans', colour: 'dim' },
  badge: { size: 8.5, weight: 400, font: 'mono', colour: 'dim' },
} as const;
/** How every kind of text is set; the SVG export uses the same table. */
export const TEXT_LOOKS: Readonly<
  Record<
    string,
    { size: number; weight: number; font: 'mono' | 'sans'; colour: 'text' | 'dim' | 'panelText' | 'panelDim' }
  >
> = LOOKS;

function texts(theme: Theme): readonly Rule[] {
  return [
    {
      selector: 'node[label != ""]',
      style: {
        label: 'data(label)',
        'font-family': theme.mono,
        color: theme.text,
        'text-valign': 'center',
        'text-halign': 'center',
      },
    },
    {
      selector: 'node.text',
      style: { 'background-opacity': 0, 'border-width': 0, events: 'no', 'z-index': 20 },
    },
    { selector: 'node.text[side = "right"]', style: { 'text-halign': 'right' } },
    { selector: 'node.text[side = "left"]', style: { 'text-halign': 'left' } },
    { selector: 'node.handle', style: { color: theme.panelText } },
    ...Object.entries(TEXT_LOOKS).map(([look, l]) => ({
      selector: `node.text[look = "${look}"]`,
      style: {
        'font-size': l.size,
        'font-weight': l.weight,
        'font-family': theme[l.font],
        color: theme[l.colour],
      },
    })),
  ];
}

function cables(theme: Theme): readonly Rule[] {
  return [
    {
      selector: 'edge',
      style: {
        'z-index-compare': 'manual',
        'curve-style': 'round-segments',
        'segment-radii': 7,
        'edge-distances': 'endpoints',
        'segment-weights': (drawn: Drawn) => drawn.data('weights'),
        'segment-distances': (drawn: Drawn) => drawn.data('distances'),
        'source-endpoint': (drawn: Drawn) => drawn.data('from'),
        'target-endpoint': (drawn: Drawn) => drawn.data('to'),
        'line-color': (drawn: Drawn) => hueColour(theme, number(drawn, 'hue')),
        width: (drawn: Drawn) => WIDTHS[number(drawn, 'step')] ?? 2,
        'line-cap': 'round',
        'overlay-opacity': 0,
        'z-index': 11,
        events: 'no',
      },
    },
    { selector: 'edge.straight', style: { 'curve-style': 'straight' } },
    {
      selector: 'edge[label != ""]',
      style: {
        label: 'data(label)',
        'font-size': 9.5,
        'font-family': theme.mono,
        color: theme.text,
        // beside the cable, on the side where the jack has no name
        'text-margin-x': (drawn: Drawn) =>
          drawn.data('kind') === 'nic' ? -(textWidth(text(drawn, 'label'), 9.5, 'mono') / 2 + 7) : 0,
        'text-background-color': theme.bg,
        'text-background-opacity': (drawn: Drawn) => (drawn.data('kind') === 'nic' ? 0 : 0.85),
        'text-background-padding': '2px',
        'min-zoomed-font-size': LEGIBLE,
      },
    },
    ...PATTERNS.flatMap((dashes, i) =>
      i === 0
        ? []
        : [
            {
              selector: `edge[pattern = ${i}]`,
              style: { 'line-style': 'dashed', 'line-dash-pattern': dashes, 'line-cap': 'butt' },
            },
          ],
    ),
    { selector: 'edge.forward', style: { 'line-color': theme.accent, 'line-opacity': 0.75, 'z-index': 4 } },
    { selector: 'edge.tunnel', style: { width: 6, 'line-style': 'dashed', 'line-dash-pattern': [16, 6] } },
    {
      selector: 'edge.dead',
      style: {
        'line-color': theme.lineStrong,
        'line-style': 'dashed',
        'line-dash-pattern': DEAD_DASH,
        'line-cap': 'butt',
      },
    },
  ];
}

/** Pending, chosen, dimmed: whatever it is. */
function moods(theme: Theme): readonly Rule[] {
  return [
    { selector: 'node.ghost[role != "text"], node.removed[role != "text"]', style: { opacity: 0.5 } },
    { selector: 'node.bar.ghost', style: { 'background-opacity': 0.12, opacity: 1 } },
    { selector: 'node.bar.removed', style: { 'background-opacity': 0.25, opacity: 1 } },
    {
      selector: 'node.text.ghost[look ^= "panel"], node.text.removed[look ^= "panel"]',
      style: { color: theme.text },
    },
    { selector: 'node.ghost[role != "text"]', style: { 'border-style': 'dotted', 'border-width': 2 } },
    {
      selector: 'node.changed[role != "text"]',
      style: { 'border-style': 'dotted', 'border-width': 2, 'border-color': theme.amber },
    },
    {
      selector: 'edge.ghost, edge.removed, edge.changed',
      style: {
        'line-opacity': 0.5,
        'line-style': 'dashed',
        'line-dash-pattern': GHOST_DASH,
        'line-cap': 'round',
      },
    },
    { selector: 'node.strike', style: { opacity: 1 } },
    {
      selector: 'node.chosen[role != "text"][role != "strike"]',
      style: {
        'outline-width': 2.5,
        'outline-color': theme.focus,
        'outline-offset': 2,
        'outline-opacity': 1,
      },
    },
    { selector: 'node.dim, edge.dim', style: { opacity: 0.25 } },
  ];
}
