import { addressPlan, type AddressPlan as Plan, type PlanPiece } from '@/server/core/address-plan';
import { items } from '@/server/core/observed';
import { useFields } from './useNetworkForm';

const COLOURS: { readonly [K in PlanPiece['kind']]: string } = {
  network: 'bg-strong',
  broadcast: 'bg-strong',
  gateway: 'bg-accent',
  range: 'bg-green/45',
  free: 'bg-transparent',
};
const WORDS: { readonly [K in PlanPiece['kind']]: string } = {
  network: 'Network address',
  broadcast: 'Broadcast address',
  gateway: 'Gateway',
  range: 'DHCP range',
  free: 'Free',
};

/** How the addresses of a subnet are divided: drawn, and in words. */
export function AddressPlan({ index }: { readonly index: number }) {
  const { said, context } = useFields();
  const subnet = said?.subnets[index];
  if (said === null || subnet === undefined) return null;
  const leases =
    context.observed === null ? [] : items(context.observed.leases).filter((l) => l.network === said.name);
  const plan = addressPlan(subnet, leases);
  if (plan === null) return null;
  return (
    <figure className="grid gap-1.5" aria-label={`Addresses of ${plan.block}`}>
      <div aria-hidden className="relative">
        <div className="flex h-5 overflow-hidden rounded-md border border-strong bg-sunken">
          {plan.pieces.map((p) => (
            <div
              key={p.start}
              title={`${WORDS[p.kind]}: ${p.start === p.end ? p.start : `${p.start} – ${p.end}`}`}
              style={{ flexGrow: p.share, flexBasis: 0, minWidth: p.kind === 'free' ? 0 : 3 }}
              className={COLOURS[p.kind]}
            />
          ))}
        </div>
        {plan.marks.map((m) => (
          <span
            key={`${m.kind} ${m.address}`}
            title={`${m.kind === 'lease' ? 'Leased now' : 'Reserved'}: ${m.address}${m.whose === null ? '' : `, ${m.whose}`}`}
            style={{ left: `${m.at * 100}%` }}
            className={
              m.kind === 'lease'
                ? 'absolute bottom-0.5 size-1.5 -translate-x-1/2 rounded-full bg-text'
                : 'absolute top-0 h-2.5 w-0.5 -translate-x-1/2 bg-amber'
            }
          />
        ))}
      </div>
      <figcaption className="flex flex-wrap gap-x-3 gap-y-0.5 text-sm text-dim">
        <span className="mono">{plan.block}</span>
        {legend(plan).map(([sign, text]) => (
          <span key={text} className="inline-flex items-center gap-1">
            <span aria-hidden className={`inline-block ${sign}`} />
            {text}
          </span>
        ))}
        {!plan.toScale && <span>not to scale</span>}
      </figcaption>
    </figure>
  );
}

const SQUARE = 'size-2.5 rounded-[2px] border border-strong';

function legend({ counts, pieces }: Plan): readonly (readonly [sign: string, text: string])[] {
  const gateway = pieces.find((p) => p.kind === 'gateway');
  return [
    [`${SQUARE} ${COLOURS.gateway}`, `gateway ${gateway?.start ?? ''}`],
    ...(counts.ranges > 0n
      ? [[`${SQUARE} ${COLOURS.range}`, `${amount(counts.ranges)} by DHCP`] as const]
      : []),
    ...(counts.reserved > 0 ? [['h-2.5 w-0.5 bg-amber', `${counts.reserved} reserved`] as const] : []),
    ...(counts.leased > 0 ? [['size-1.5 rounded-full bg-text', `${counts.leased} leased now`] as const] : []),
    [`${SQUARE} bg-sunken`, `${amount(counts.free)} free`],
  ];
}

/** `253`, `2^64`: nobody reads twenty digits. */
function amount(n: bigint): string {
  if (n < 1_000_000n) return String(n);
  return `about 2^${Math.round(Math.log2(Number(n)))}`;
}
