import { CircleAlert } from 'lucide-react';
import { useState } from 'react';
import { bandwidthWarnings } from '@/server/core/bandwidth-check';
import { keptFloors } from '@/server/core/nic-limit';
import { FLOOR_NOTE, placeNotes } from '@/server/core/plan-notes-limits';
import { bucketOf, type Limit, WAYS, type Way } from '@/server/core/token-bucket';
import { Button } from '../../ui/Button';
import { burstFor, RATE, SIZE } from '../amounts';
import { limitAt } from '../limitFields';
import { textAt } from '../shape';
import { useFields } from '../useNetworkForm';
import { AmountCell } from './AmountCell';
import { BurstFigure, USUAL_SIZE } from './BurstFigure';
import { FloorsBar } from './FloorsBar';
import { ProfileFields } from './ProfileFields';

const TITLES: { readonly [W in Way]: string } = {
  inbound: 'Towards the guests (inbound)',
  outbound: 'From the guests (outbound)',
};
/** Kilobytes per second. */
const PRESETS = [125, 1250, 12_500, 125_000];

type BandwidthFieldsProps = {
  readonly at: string;
  /** Of a NIC in a network: it can be guaranteed a rate. */
  readonly floor?: boolean;
};

/** Limits in both directions, and what they mean. */
export function BandwidthFields({ at, floor = false }: BandwidthFieldsProps) {
  const [size, setSize] = useState(USUAL_SIZE);
  return (
    <div className="grid min-w-0 gap-4">
      <Presets at={at} />
      <ProfileFields at={at} floor={floor} />
      {WAYS.map((way) => (
        <Direction key={way} {...{ at: `${at}.${way}`, way, floor, size }} onSize={setSize} />
      ))}
    </div>
  );
}

function Presets({ at }: { readonly at: string }) {
  const { set } = useFields();
  const choose = (rate: number) => {
    for (const way of WAYS) {
      set(`${at}.${way}.average`, RATE.write(rate));
      for (const field of ['peak', 'burst']) set(`${at}.${way}.${field}`, '');
    }
  };
  return (
    <fieldset className="flex min-w-0 flex-wrap items-center gap-1.5">
      <legend className="mb-1 text-sm text-dim">Limit both directions to</legend>
      {PRESETS.map((rate) => (
        <Button
          key={rate}
          small
          aria-label={`Limit both directions to ${RATE.write(rate)}`}
          onClick={() => choose(rate)}
        >
          {RATE.write(rate)}
        </Button>
      ))}
    </fieldset>
  );
}

type DirectionProps = {
  /** Of the direction. */
  readonly at: string;
  readonly way: Way;
  readonly floor: boolean;
  readonly size: number;
  readonly onSize: (size: number) => void;
};

function Direction({ at, way, floor, size, onSize }: DirectionProps) {
  const { values, set, said } = useFields();
  const text = (field: keyof Limit) => textAt(values, `${at}.${field}`);
  const limit = limitAt(values, at);
  const bucket = bucketOf(way, limit);
  // A network has none; what was read from elsewhere can be taken out all the same.
  const floored = way === 'inbound' && (floor || text('floor') !== '');
  const fields = ['average', 'peak', 'burst', ...(floored ? (['floor'] as const) : [])] as const;
  const tenSeconds = () => {
    const { average = 0, peak = 0 } = limit;
    const above = way === 'outbound' ? {} : { peak: peak > average ? peak : average * 2 };
    if (above.peak !== undefined) set(`${at}.peak`, RATE.write(above.peak));
    set(`${at}.burst`, SIZE.write(burstFor(10, { average, ...above })));
  };
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1 text-sm font-medium text-dim">{TITLES[way]}</legend>
      <div className={`grid items-start gap-3 ${floored ? 'sm:grid-cols-4' : 'sm:grid-cols-3'}`}>
        <AmountCell at={`${at}.average`} label="Average" placeholder="10 Mbit/s" amount={RATE} />
        <AmountCell at={`${at}.peak`} label="Peak" placeholder="20 Mbit/s" amount={RATE} />
        <AmountCell at={`${at}.burst`} label="Burst" placeholder="512 KiB" amount={SIZE} />
        {floored && <AmountCell at={`${at}.floor`} label="Floor" placeholder="1 Mbit/s" amount={RATE} />}
      </div>
      <div className="flex flex-wrap gap-1.5">
        <Button small disabled={bucket === null} onClick={tenSeconds}>
          {way === 'inbound' ? 'Allow ten seconds above the average' : "Allow ten seconds' worth at once"}
        </Button>
        <Button
          small
          disabled={fields.every((field) => text(field) === '')}
          onClick={() => {
            for (const field of fields) set(`${at}.${field}`, '');
          }}
        >
          Clear {way}
        </Button>
      </div>
      {bucket !== null && <BurstFigure {...{ way, bucket, size, onSize }} />}
      <Warnings texts={bandwidthWarnings({ [way]: limit }, said?.footing === 'ovs' ? 'ovs' : 'tc')} />
    </fieldset>
  );
}

const Warnings = ({ texts }: { readonly texts: readonly string[] }) =>
  texts.length > 0 && (
    <ul className="grid gap-0.5 text-sm text-amber">
      {texts.map((text) => (
        <li key={text} className="flex items-start gap-1.5">
          <CircleAlert aria-hidden className="mt-0.5 size-3 shrink-0" />
          {text}
        </li>
      ))}
    </ul>
  );

export function BandwidthSection() {
  const { said, context } = useFields();
  const { observed } = context;
  const floors = observed === null || said === null ? [] : keptFloors(said, observed);
  return (
    <>
      <p className="text-sm text-dim">Rates as Mbit/s or MB/s; a number alone is kilobytes per second.</p>
      <BandwidthFields at="bandwidth" />
      {said !== null && (
        <FloorsBar floors={floors} network={said} note={said.footing === 'libvirt' ? FLOOR_NOTE : null} />
      )}
      {said !== null && observed !== null && <Warnings texts={placeNotes(said, observed)} />}
    </>
  );
}
