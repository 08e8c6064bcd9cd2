'use client';
import { lazy, Suspense, useState } from 'react';
import { useTheme } from '../topology/useTheme';
import { Skeleton } from '../ui/Spinner';
import { LIMIT_DASH, type PlotLine, type PlotProps } from './plotLines';

/** Pages without a plot do not load it. */
const PlotCanvas = lazy(() => import('./PlotCanvas'));

function Sample({ colour, dash }: Pick<PlotLine, 'colour' | 'dash'>) {
  return (
    <svg width="22" height="8" aria-hidden="true">
      <line
        {...{ x1: 0, y1: 4, x2: 22, y2: 4 }}
        stroke={`var(--${colour === 'dim' ? 'text-dim' : colour})`}
        strokeWidth="2"
        strokeDasharray={dash?.join(' ')}
      />
    </svg>
  );
}

/** Values over time with limits as lines; under it what is what, and the values under the pointer, or else the last. */
export function Plot(props: PlotProps) {
  const { label, x, lines, limits = [], height, words, timeWords } = props;
  const theme = useTheme();
  const [at, setAt] = useState<number | null>(null);
  const index = at ?? x.length - 1;
  const time = at === null ? undefined : x[at];
  return (
    <figure className="min-w-0">
      <div role="img" aria-label={label} style={{ height }}>
        <Suspense fallback={<Skeleton label="Loading the plot" lines={4} />}>
          {theme && <PlotCanvas {...props} theme={theme} onPoint={setAt} />}
        </Suspense>
      </div>
      <figcaption className="mt-1 flex flex-wrap gap-x-4 gap-y-1 text-sm text-dim">
        {lines.map((line) => {
          const value = line.values[index] ?? null;
          return (
            <span key={line.label} className="inline-flex items-center gap-1.5">
              <Sample {...line} />
              {line.label}
              <span className="text-text">{value === null ? '–' : words(value)}</span>
            </span>
          );
        })}
        {limits.map((limit) => (
          <span key={limit.label} className="inline-flex items-center gap-1.5">
            <Sample colour={limit.colour} dash={LIMIT_DASH} />
            {limit.label}
            <span className="text-text">{words(limit.at)}</span>
          </span>
        ))}
        {time !== undefined && <span>{timeWords(time)}</span>}
      </figcaption>
    </figure>
  );
}
