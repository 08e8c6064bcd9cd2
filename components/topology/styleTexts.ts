import type { Rule } from './styleRule';
import type { Theme } from './theme';

const LOOKS = {
  title: { size: 15, weight: 600, font: 'mono', colour: 'text' },
  name: { size: 12.5, weight: 600, font: 'mono', colour: 'text' },
  detail: { size: 10.5, weight: 400, font: 'mono', colour: 'dim' },
  'panel-name': { size: 13, weight: 600, font: 'mono', colour: 'panelText' },
  'panel-detail': { size: 11, weight: 400, font: 'mono', colour: 'panelDim' },
  'panel-badges': { size: 11, weight: 400, font: 'sans', colour: 'panelDim' },
  heading: { size: 11, weight: 600, font: 'sans', colour: 'dim' },
  badge: { size: 8.5, weight: 400, font: 'mono', colour: 'dim' },
  trouble: { size: 10.5, weight: 600, font: 'sans', colour: 'red' },
} as const;
/** How every kind of text is set; the SVG export uses the same table. */
export const TEXT_LOOKS: Readonly<
  Record<
    string,
    {
      size: number;
      weight: number;
      font: 'mono' | 'sans';
      colour: 'text' | 'dim' | 'panelText' | 'panelDim' | 'red';
    }
  >
> = LOOKS;

/** All texts: elements of their own, beside an anchor. */
export function texts(theme: Theme): readonly Rule[] {
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
