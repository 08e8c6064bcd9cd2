import { FOOTINGS, type Footing } from '../footing-differences';
import { EDITS, type Live, type LiveStep } from './live-edits';

/* What streams lost, edit by edit, as the tables of docs/live-edits.md have it. */

type Stretch = Live['edits'][number]['streams'][number];

/** `before`: the edit before it had parted the guests. */
function cellOf(streams: readonly Stretch[], parts: boolean, before: boolean): string {
  const counted = streams.filter((s) => !(s.name.includes(' guest ') && (parts || before)));
  const lost = Math.max(...counted.map((s) => s.lost));
  const gap = Math.max(...counted.map((s) => s.gap));
  const ended = streams.filter((s) => !s.lives).map((s) => s.name.split(' ').slice(1).join(' '));
  const wanted = parts && ended.join() === 'guest ping,guest TCP';
  return [
    lost === 0 ? 'nothing' : `${lost} ${lost === 1 ? 'ping' : 'pings'}, ${(gap / 1000).toFixed(2)} s`,
    ...(wanted ? ['guest to guest ends, as it should'] : ended.map((name) => `${name} ends`)),
  ].join('; ');
}

/** A row of cells for each edit: the edit, and what was lost on each footing. */
export function liveRows(
  { edits }: Live,
  steps: readonly LiveStep[],
  footings: readonly Footing[] = FOOTINGS,
): readonly (readonly string[])[] {
  return steps.map(({ edit, fates }, i) => {
    const cell = (on: Footing): string => {
      const fate = fates[on];
      if (fate === 'lacking') return 'not on this kernel';
      if (fate !== 'made') return 'refused';
      const streams = (edits[i]?.streams ?? []).filter((s) => s.name.startsWith(`${on} `));
      const lost = cellOf(streams, edit.parts ?? false, steps[i - 1]?.edit.parts ?? false);
      if (on !== 'libvirt') return lost;
      const anew = edits[i]?.steps.some((title) => title.startsWith('Define network libvirt anew'));
      return `${anew ? 'starts anew' : 'goes on'}: ${lost}`;
    };
    return [edit.edit, ...footings.map(cell)];
  });
}

const LOST = String.raw`(?:nothing|\d+ pings?, [\d.]+ s)`;
const LOSSLESS = /^nothing(; guest to guest ends, as it should)?$/;
const GOES_ON = new RegExp(`^${LOST}(; guest to guest ends, as it should)?$`);

/** What Patchbay's own footings lost that they must not lose, in words; none is as it should be. */
export function unwantedLosses(live: Live, steps: readonly LiveStep[]): readonly string[] {
  const own = ['native', 'ovs'] as const;
  return liveRows(live, steps, own).flatMap(([edit, ...cells], i) =>
    own.flatMap((on, j) => {
      const step = steps[i];
      const cell = cells[j] ?? '';
      const fine = mayBeAway(live, on, edit) ? GOES_ON.test(cell) && !tooLong(on, cell) : LOSSLESS.test(cell);
      return step?.fates[on] !== 'made' || fine ? [] : [`${edit}, ${on}: ${cell}`];
    }),
  );
}

const AWAY = new Map(EDITS.map((e) => [e.edit, e.away ?? []]));

/** A switch in a process has one thread for its settings and for packets, which a busy machine lets wait. */
const mayBeAway = ({ datapath }: Pick<Live, 'datapath'>, on: 'native' | 'ovs', edit = '') =>
  (on === 'ovs' && datapath === 'netdev') || (AWAY.get(edit)?.includes(on) ?? false);

/** Longer than the second that the review tells people of (`mac` of effects-ways.ts). */
const tooLong = (on: 'native' | 'ovs', cell: string) =>
  on === 'native' && Number(/, ([\d.]+) s/.exec(cell)?.[1] ?? 0) > 1;

/**
 * The cells of a row of the table without what differs from run to run: how much is lost, and whose connection does not
 * go on, where libvirt starts its network anew; how much is lost where the switch is away.
 */
export function comparable(row: readonly string[], live: Pick<Live, 'datapath'>): readonly string[] {
  const [edit = '', ...cells] = row;
  return [
    edit,
    ...cells.map((cell, i) => {
      if (cell.startsWith('starts anew: '))
        return cell.includes('ends, as it should') ? 'starts anew, parts' : 'starts anew';
      if (cell.startsWith('goes on: ')) return cell.replace(new RegExp(LOST), 'some');
      const on = (['native', 'ovs'] as const)[i];
      return on !== undefined && mayBeAway(live, on, edit)
        ? cell.replace(new RegExp(`^${LOST}`), 'some')
        : cell;
    }),
  ];
}
