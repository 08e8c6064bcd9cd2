import { TextCell } from '../cells';

const WAYS = [
  ['inbound', 'Towards the guests (inbound)'],
  ['outbound', 'From the guests (outbound)'],
] as const;

export function BandwidthFields({ at }: { readonly at: string }) {
  return WAYS.map(([way, title]) => (
    <fieldset key={way} className="min-w-0">
      <legend className="mb-1 text-sm font-medium text-dim">{title}</legend>
      <div className="grid items-start gap-2 sm:grid-cols-4">
        <TextCell at={`${at}.${way}.average`} label="Average" placeholder="10 Mbit/s" />
        <TextCell at={`${at}.${way}.peak`} label="Peak" placeholder="20 Mbit/s" />
        <TextCell at={`${at}.${way}.burst`} label="Burst" placeholder="512 KiB" />
        {way === 'inbound' && <TextCell at={`${at}.${way}.floor`} label="Floor" placeholder="1 Mbit/s" />}
      </div>
    </fieldset>
  ));
}

export const BandwidthSection = () => (
  <>
    <BandwidthFields at="bandwidth" />
    <p className="text-sm text-dim">Rates as Mbit/s or MB/s; a number alone is kilobytes per second.</p>
  </>
);
