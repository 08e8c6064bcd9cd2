/**
 * Small line drawings on a 24 × 24 grid, made for this graph: path data only, so that canvas, SVG export and page
 * draw the same.
 */
export const ICONS: Readonly<Record<string, string>> = {
  host: 'M4 5h16v6H4z M4 13h16v6H4z M7.5 8h.01 M7.5 16h.01 M12 8h5 M12 16h5',
  lab: 'M9 3h6 M10 3v6L4.6 18.4A1.8 1.8 0 0 0 6.2 21h11.6a1.8 1.8 0 0 0 1.6-2.6L14 9V3 M7 15h10',
  guest: 'M4 5h16v11H4z M9 20h6 M12 16v4',
  namespace: 'M8 4H5v16h3 M16 4h3v16h-3 M9 12h6',
  outside: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18 M3 12h18 M12 3c3 3 3 15 0 18 M12 3c-3 3-3 15 0 18',
  uplink: 'M4 9h16v10H4z M8 13v2 M12 13v2 M16 13v2 M9 9V5h6v4',
  bond: 'M9.5 14.5l5-5 M8 11l-2.5 2.5a3.5 3.5 0 0 0 5 5L13 16 M11 8l2.5-2.5a3.5 3.5 0 0 1 5 5L16 13',
  vlan: 'M4 12l8-8h8v8l-8 8z M16 8h.01',
  tunnel: 'M3 8c6 0 6 8 9 8s3-8 9-8 M3 16h4 M17 16h4',
  pin: 'M12 15v6 M8 3h8 M9 3v7l-3 4v1h12v-1l-3-4V3',
  stack: 'M4 6h16v4H4z M5.5 12.5h13v3h-13z M7 18h10v2H7z',
  'exit-none': 'M6 21V4h12v17 M3 21h18 M14 12.5h.01',
  'exit-nat': 'M4 8h13 M13.5 4.5L17 8l-3.5 3.5 M20 16H7 M10.5 12.5L7 16l3.5 3.5',
  'exit-route': 'M12 3.5v17 M3.5 12h17 M9 6l3-3l3 3 M9 18l3 3l3-3 M6 9l-3 3l3 3 M18 9l3 3l-3 3',
  'exit-open': 'M12 21V4 M6.5 9.5L12 4l5.5 5.5',
  'exit-bridge': 'M12 21V4 M6.5 9.5L12 4l5.5 5.5',
  'exit-unknown': 'M9 9a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2.2 M12 17.5h.01',
};

/** State as a shape: a full dot, an empty ring with a bar, a question mark. */
export const STATE_SHAPES: Readonly<Record<string, { readonly filled: boolean; readonly path: string }>> = {
  up: { filled: true, path: 'M12 6a6 6 0 1 0 0 12a6 6 0 1 0 0-12' },
  down: { filled: false, path: 'M12 5a7 7 0 1 0 0 14a7 7 0 1 0 0-14 M8.5 8.5l7 7 M15.5 8.5l-7 7' },
  unknown: { filled: false, path: 'M9 9a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2.2 M12 18h.01' },
};

/** An SVG image as a data address. */
export function svgImage(body: string, size: number): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size * 4}" height="${size * 4}" viewBox="0 0 24 24">${body}</svg>`;
  return `data:image/svg+xml;utf8,${encodeURIComponent(svg)}`;
}

export const strokes = (path: string, colour: string, width = 1.75): string =>
  `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;

/** The dot that tells how something is. */
export function stateShape(state: string, colour: string): string {
  const shape = STATE_SHAPES[state] ?? { filled: false, path: '' };
  return shape.filled ? `<path d="${shape.path}" fill="${colour}"/>` : strokes(shape.path, colour, 2.5);
}

/** A ring of equal segments, one per colour, around the middle of the grid. */
export function ringShape(colours: readonly string[]): string {
  const r = 10;
  return colours
    .map((colour, i) => {
      const a = (i / colours.length) * 2 * Math.PI - Math.PI / 2;
      const b = ((i + 1) / colours.length) * 2 * Math.PI - Math.PI / 2;
      const p = (t: number) => `${(12 + r * Math.cos(t)).toFixed(2)} ${(12 + r * Math.sin(t)).toFixed(2)}`;
      const large = b - a > Math.PI ? 1 : 0;
      return `<path d="M${p(a)}A${r} ${r} 0 ${large} 1 ${p(b)}" fill="none" stroke="${colour}" stroke-width="4"/>`;
    })
    .join('');
}
