import { useId } from 'react';
import { bitRate } from '@/server/core/bit-rate';
import type { Bucket, Way } from '@/server/core/token-bucket';
import { Plot } from '../../charts/Plot';
import { Select } from '../../ui/Field';
import { bytesText, curveOf, curveWords, downloadWords, durationText } from '../burstCurve';

const WHERE: { readonly [W in Way]: string } = {
  inbound: 'At full speed towards the guests',
  outbound: 'At full speed from the guests',
};
const LOAD: { readonly [W in Way]: string } = { inbound: 'A download of', outbound: 'An upload of' };
const MIB = 1024 ** 2;
const SIZES = [1, 10, 100, 1024, 10_240, 102_400].map((mebibytes) => mebibytes * MIB);
export const USUAL_SIZE = 100 * MIB;

type BurstFigureProps = {
  readonly way: Way;
  readonly bucket: Bucket;
  /** Bytes of which it is told how long they take. */
  readonly size: number;
  readonly onSize: (size: number) => void;
};

/** What a limit means: as a line over time, in a sentence, and in seconds. */
export function BurstFigure({ way, bucket, size, onSize }: BurstFigureProps) {
  const id = useId();
  const { x, values, span } = curveOf(bucket);
  const sentence = `${WHERE[way]}: ${curveWords(bucket)}`;
  return (
    <section
      aria-label={`What the ${way} limit means`}
      className="grid min-w-0 gap-1.5 rounded-md border border-line p-2"
    >
      <p className="text-sm">{sentence}</p>
      <Plot
        label={sentence}
        x={x}
        span={span}
        lines={[
          { label: way === 'inbound' ? 'Towards the guests' : 'From the guests', colour: 'accent', values },
        ]}
        limits={[{ label: 'Average', colour: 'dim', at: bucket.average * 8 }]}
        height={110}
        words={(bits) => bitRate(bits / 8)}
        timeWords={durationText}
      />
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <label htmlFor={id}>{LOAD[way]}</label>
        <span className="w-24">
          <Select id={id} value={size} onChange={(e) => onSize(Number(e.target.value))}>
            {SIZES.map((bytes) => (
              <option key={bytes} value={bytes}>
                {bytesText(bytes)}
              </option>
            ))}
          </Select>
        </span>
        <output>takes {downloadWords(bucket, size)}.</output>
      </div>
    </section>
  );
}
