import { bodies } from './styleBodies';
import { cables, GHOST_DASH } from './styleCables';
import { LEGIBLE, type Rule } from './styleRule';
import { texts } from './styleTexts';
import type { Theme } from './theme';

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
    {
      selector: 'node.target',
      style: {
        'border-color': theme.accent,
        'border-opacity': 1,
        'border-width': 4,
        opacity: 1,
      },
    },
    { selector: 'node.lane.target', style: { 'background-opacity': 0.24 } },
  ];
}
