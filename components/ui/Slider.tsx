import { Slider as Radix } from 'radix-ui';

type SliderProps = {
  readonly label: string;
  /** Counts the stops, from 0; between two for a value that is none of them. */
  readonly at: number;
  readonly last: number;
  /** What it stands at, in words. */
  readonly words: string;
  readonly onMove: (stop: number) => void;
};

/** From between two stops a step leads to the next one, not past it. */
const stepFrom = (at: number, stop: number): number => {
  if (Number.isInteger(at) || Math.abs(stop - at) > 1.5) return stop;
  return stop > at ? Math.ceil(at) : Math.floor(at);
};

/** A choice among stops: by pointer, arrow keys, Home and End. */
export const Slider = ({ label, at, last, words, onMove }: SliderProps) => (
  <Radix.Root
    value={[at]}
    max={last}
    step={1}
    onValueChange={([stop]) => stop !== undefined && onMove(stepFrom(at, stop))}
    className="relative flex h-5 touch-none items-center select-none pointer-coarse:h-8"
  >
    <Radix.Track className="relative h-1 grow rounded-full border border-strong bg-sunken">
      <Radix.Range className="absolute h-full rounded-full bg-accent" />
    </Radix.Track>
    <Radix.Thumb
      aria-label={label}
      aria-valuetext={words}
      className="block size-3.5 rounded-full border border-accent bg-raised pointer-coarse:size-5"
    />
  </Radix.Root>
);
