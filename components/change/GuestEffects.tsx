import { CircleCheck, Clock, Info, PauseCircle, Plus, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  type Effect,
  type EffectGroup,
  effectGroups,
  isNoticed,
  seatWords,
  unnoticedText,
  whenWords,
} from '@/server/core/effect';

/** Most groups that are shown at once; the others unfold. */
const MOST = 8;

const ICONS: Readonly<Record<Effect['severity'], ReactNode>> = {
  ends: <TriangleAlert className="text-red" />,
  pauses: <PauseCircle className="text-amber" />,
  later: <Clock className="text-dim" />,
  new: <Plus className="text-accent" />,
  stays: <CircleCheck className="text-green" />,
};

/** What guests that are plugged in notice of a change, by guest; one quiet line where none does. */
export function GuestEffects({ effects }: { readonly effects: readonly Effect[] }) {
  if (!isNoticed(effects))
    return (
      <p className="flex items-start gap-2 text-dim">
        <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-green" />
        {unnoticedText(effects)}
      </p>
    );
  const groups = effectGroups(effects);
  const [first, rest] = [groups.slice(0, MOST), groups.slice(MOST)];
  return (
    <section aria-label="What guests notice" className="rounded-md border border-line p-3">
      <h3 className="mb-2 text-sm font-medium text-dim">What guests notice</h3>
      <Groups groups={first} />
      {rest.length > 0 && (
        <details className="mt-2">
          <summary className="text-dim">
            {rest.reduce((n, g) => n + g.seats.length, 0)} more guests notice other things
          </summary>
          <div className="mt-2">
            <Groups groups={rest} />
          </div>
        </details>
      )}
    </section>
  );
}

function Groups({ groups }: { readonly groups: readonly EffectGroup[] }) {
  return (
    <ul className="grid gap-3">
      {groups.map((group) => (
        <li key={`${group.network} ${seatWords(group.seats, group.seats.length)}`} className="grid gap-1">
          <h4 className="break-words">
            <span className="mono font-medium">{seatWords(group.seats)}</span>
            <span className="text-dim"> in </span>
            <span className="mono">{group.network}</span>
          </h4>
          <ul className="grid gap-1">
            {group.effects.map(({ what, when, severity }) => (
              <li
                key={what}
                className="grid grid-cols-[16px_minmax(0,1fr)] gap-x-2 sm:grid-cols-[16px_132px_minmax(0,1fr)]"
              >
                <span aria-hidden className="mt-0.5 *:size-4">
                  {ICONS[severity]}
                </span>
                <span className="text-dim">{whenWords(when)}</span>
                <span className="max-sm:col-start-2">{what}</span>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

/** What else people should know before they apply. */
export function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <section aria-label="Good to know" className="rounded-md border border-line bg-accent-soft p-3">
      <h3 className="mb-1 text-sm font-medium text-dim">Good to know</h3>
      <ul className="grid gap-1">
        {notes.map((note) => (
          <li key={note} className="flex items-start gap-2">
            <Info aria-hidden className="mt-0.5 size-4 shrink-0 text-accent" />
            <span className="min-w-0 break-words">{note}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
