import { type Floor, floorProblems, roomForFloors } from '@/server/core/bandwidth-check';
import { bitRate } from '@/server/core/bit-rate';
import type { Bandwidth } from '@/server/core/kinds/port';
import { FieldError } from '../../ui/Field';

type FloorsBarProps = {
  readonly floors: readonly Floor[];
  /** What people should know of how they are kept there. */
  readonly note: string | null;
  readonly network: { readonly name: string; readonly bandwidth?: Bandwidth | undefined };
};

const rate = (kilobytes: number) => bitRate(kilobytes * 1000);

/** What the NICs of a network are guaranteed, against what it lets through: drawn, and in words. */
export function FloorsBar({ floors, network, note }: FloorsBarProps) {
  if (floors.length === 0) return null;
  const room = roomForFloors(network.bandwidth);
  const sum = floors.reduce((all, { floor }) => all + floor, 0);
  const whole = Math.max(sum, room ?? 0);
  const share = (part: number) => ({ width: `${(part / whole) * 100}%` });
  const problems = floorProblems(floors, network);
  return (
    <figure className="grid gap-1.5" aria-label={`Guaranteed rates in network ${network.name}`}>
      <div
        aria-hidden
        className="relative flex h-5 overflow-hidden rounded-md border border-strong bg-sunken"
      >
        {floors.map(({ nic, floor }) => (
          <div
            key={nic}
            title={`${nic}: ${rate(floor)}`}
            style={share(floor)}
            className="border-r border-raised bg-green/45"
          />
        ))}
        {room !== null && room < sum && (
          <span style={{ left: share(room).width }} className="absolute inset-y-0 w-0.5 bg-red" />
        )}
      </div>
      <figcaption className="grid gap-0.5 text-sm text-dim">
        <span>
          Guaranteed (floors): {floors.map(({ nic, floor }) => `${nic} ${rate(floor)}`).join(', ')};{' '}
          {rate(sum)} together
          {room !== null && sum <= room && `, of ${rate(room)}: ${rate(room - sum)} are left for the others`}.
        </span>
        {note !== null && <span>{note}</span>}
      </figcaption>
      {problems.map(({ message }) => (
        <FieldError key={message} text={message} />
      ))}
    </figure>
  );
}
