import { type Drawn, LEGIBLE, numberOf, type Rule, textOf } from './styleRule';
import { textWidth } from './text';
import { hueColour, type Theme } from './theme';
import { PATTERNS } from './vlanColours';

/** Width of a cable in pixels, by the step of its rate. */
export const WIDTHS: readonly number[] = [1, 2, 3.25, 5, 7];
export const GHOST_DASH: readonly number[] = [1.5, 4];
export const DEAD_DASH: readonly number[] = [6, 4];

/** Cables and their labels. */
export function cables(theme: Theme): readonly Rule[] {
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
        'line-color': (drawn: Drawn) => hueColour(theme, numberOf(drawn, 'hue')),
        width: (drawn: Drawn) => WIDTHS[numberOf(drawn, 'step')] ?? 2,
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
          drawn.data('kind') === 'nic' ? -(textWidth(textOf(drawn, 'label'), 9.5, 'mono') / 2 + 7) : 0,
        'text-background-color': theme.bg,
        'text-background-opacity': (drawn: Drawn) => (drawn.data('kind') === 'nic' ? 0 : 0.85),
        'text-background-padding': '2px',
        'min-zoomed-font-size': LEGIBLE,
      },
    },
    {
      // hollow around a cable that has room, solid when it is full
      selector: 'edge[collar != ""]',
      style: {
        'mid-target-arrow-shape': 'square',
        'mid-target-arrow-color': theme.amber,
        'mid-target-arrow-fill': (drawn: Drawn) => (drawn.data('collar') === 'full' ? 'filled' : 'hollow'),
        'arrow-scale': 1,
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
