/** The colours and fonts of the canvas, read from the page's tokens: a canvas cannot use CSS variables by itself. */
export type Theme = {
  readonly bg: string;
  readonly raised: string;
  readonly sunken: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly text: string;
  readonly dim: string;
  readonly accent: string;
  readonly accentSoft: string;
  readonly red: string;
  readonly amber: string;
  readonly green: string;
  readonly focus: string;
  readonly panel: string;
  readonly panelEdge: string;
  readonly panelText: string;
  readonly panelDim: string;
  readonly cable: string;
  readonly mono: string;
  readonly sans: string;
  readonly vlans: readonly string[];
};

/** Tokens by name; what is not set falls back to a grey that is seen on both themes. */
export function readTheme(read: (name: string) => string): Theme {
  const get = (name: string, otherwise = '#808080') => read(name).trim() || otherwise;
  return {
    bg: get('--bg'),
    raised: get('--bg-raised'),
    sunken: get('--bg-sunken'),
    line: get('--line'),
    lineStrong: get('--line-strong'),
    text: get('--text'),
    dim: get('--text-dim'),
    accent: get('--accent'),
    accentSoft: get('--accent-soft'),
    red: get('--red'),
    amber: get('--amber'),
    green: get('--green'),
    focus: get('--focus'),
    panel: get('--panel'),
    panelEdge: get('--panel-edge'),
    panelText: get('--panel-text'),
    panelDim: get('--panel-dim'),
    cable: get('--cable'),
    mono: font(get('--mono', 'monospace')),
    sans: font(get('--sans', 'sans-serif')),
    vlans: Array.from({ length: 12 }, (_, i) => get(`--vlan-${i + 1}`)),
  };
}

/** Cytoscape takes double quotes only. */
const font = (family: string): string => family.replaceAll("'", '"');

/** Colour of a hue, counted from 1; 0 is a cable that no VLAN colours. */
export const hueColour = (theme: Theme, hue: number): string =>
  hue === 0 ? theme.cable : (theme.vlans[(hue - 1) % theme.vlans.length] ?? theme.cable);
