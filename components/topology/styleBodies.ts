import { ICONS, ringShape, stateShape, strokes, svgImage } from './icons';
import { type Drawn, numberOf, type Rule, stateColour, textOf } from './styleRule';
import { hueColour, type Theme } from './theme';

const icon = (theme: Theme) => (drawn: Drawn) =>
  svgImage(strokes(ICONS[textOf(drawn, 'icon')] ?? '', theme.dim), 24);
const dot = (theme: Theme) => (drawn: Drawn) =>
  svgImage(stateShape(textOf(drawn, 'state'), stateColour(theme, textOf(drawn, 'state'))), 24);

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

/** Boxes, bars, jacks and cards. */
export function bodies(theme: Theme): readonly Rule[] {
  return [
    {
      selector: 'node.frame',
      style: {
        'background-color': theme.bg,
        'border-color': theme.lineStrong,
        'corner-radius': 10,
        'z-index': 1,
        'background-image': (drawn: Drawn) =>
          svgImage(stateShape(textOf(drawn, 'state'), stateColour(theme, textOf(drawn, 'state'))), 24),
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
          svgImage(strokes(ICONS[textOf(drawn, 'icon')] ?? '', theme.text, 2), 24),
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
    { selector: 'node.box[icon = "bond"]', style: { 'background-position-y': ['4px', '6px'] } },
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
    { selector: 'node.member.down', style: { 'border-style': 'dashed', color: theme.red } },
    { selector: 'node.lane.down', style: { 'border-style': 'dashed', 'background-opacity': 0.03 } },
    {
      selector: 'node.jack',
      style: {
        'corner-radius': 4,
        'background-color': theme.sunken,
        'border-width': 3,
        'border-position': 'inside',
        'border-color': (drawn: Drawn) => hueColour(theme, numberOf(drawn, 'hue')),
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
              textOf(drawn, 'ring')
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
      selector: 'node.pin',
      style: {
        shape: 'ellipse',
        'background-color': theme.raised,
        'border-color': theme.accent,
        'border-width': 1.5,
        'background-image': svgImage(strokes(ICONS.pin ?? '', theme.accent, 2.5), 24),
        'background-width': '12px',
        'background-height': '12px',
        'z-index': 31,
        events: 'no',
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
