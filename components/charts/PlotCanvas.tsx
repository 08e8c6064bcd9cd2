'use client';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { Theme } from '../topology/theme';
import 'uplot/dist/uPlot.min.css';
import { LIMIT_DASH, type PlotProps } from './plotLines';

type CanvasProps = PlotProps & {
  readonly theme: Theme;
  /** Told which of `x` the pointer is at; null: it is not over the plot. */
  readonly onPoint: (index: number | null) => void;
};

/** Distances of times on the axis, in seconds. */
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const FONT = 11;

/** The only import of uPlot. Nothing in it is animated: a new value is drawn where it is. */
export default function PlotCanvas(props: CanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const now = useRef(props);
  const { x, lines, limits, span, height, theme } = props;
  useLayoutEffect(() => {
    now.current = props;
  });
  const shape = JSON.stringify(lines.map((line) => line.dash ?? []));
  // biome-ignore lint/correctness/useExhaustiveDependencies: what else there is to it is read anew with each drawing
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(now, element.clientWidth), dataOf(now.current), element);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, height]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of these is seen in the picture
  useEffect(() => plot.current?.setData(dataOf(now.current)), [x, lines, limits, span]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read anew with each drawing
  useEffect(() => plot.current?.redraw(false), [theme]);
  return <div ref={box} className="min-w-0 overflow-hidden" />;
}

const dataOf = ({ x, lines }: CanvasProps): uPlot.AlignedData => [
  [...x],
  ...lines.map((line) => x.map((_, i) => line.values[i] ?? null)),
];

function optionsOf(now: RefObject<CanvasProps>, width: number): uPlot.Options {
  const { lines, height } = now.current;
  const axis = (): uPlot.Axis => ({
    font: `${FONT}px ${now.current.theme.sans}`,
    stroke: () => now.current.theme.dim,
    grid: { stroke: () => now.current.theme.line, width: 1 },
    ticks: { stroke: () => now.current.theme.line, width: 1, size: 4 },
  });
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [...now.current.span] },
      y: { range: (_, __, most) => [0, topOf(most, now.current)] },
    },
    axes: [
      {
        ...axis(),
        incrs: STEPS,
        size: 26,
        space: 56,
        values: (_, at) => at.map((t) => now.current.timeWords(t)),
      },
      { ...axis(), size: 74, space: 30, values: (_, at) => at.map((v) => now.current.words(v)) },
    ],
    series: [
      {},
      ...lines.map(
        (line, i): uPlot.Series => ({
          stroke: () => now.current.theme[now.current.lines[i]?.colour ?? line.colour],
          width: 2,
          ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
          points: { show: false },
        }),
      ),
    ],
    hooks: {
      draw: [(u) => drawLimits(u, now.current)],
      setCursor: [(u) => now.current.onPoint((u.cursor.left ?? -1) < 0 ? null : (u.cursor.idx ?? null))],
    },
  };
}

/** All limits are in the picture, with some room above. */
function topOf(most: number | null, { limits = [] }: CanvasProps): number {
  return Math.max(most ?? 0, ...limits.map((limit) => limit.at), 1) * 1.15;
}

function drawLimits(u: uPlot, { limits = [], theme }: CanvasProps): void {
  const { ctx, bbox } = u;
  for (const limit of limits) {
    const y = Math.round(u.valToPos(limit.at, 'y', true));
    ctx.save();
    ctx.beginPath();
    ctx.setLineDash(LIMIT_DASH.map((length) => length * uPlot.pxRatio));
    ctx.lineWidth = 1.5 * uPlot.pxRatio;
    ctx.strokeStyle = theme[limit.colour];
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
