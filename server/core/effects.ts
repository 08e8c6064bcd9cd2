import type { ChangeItem, Desired } from './change';
import type { Effect } from './effect';
import { addressEffects, type Update } from './effects-addresses';
import { limitEffects } from './effects-limits';
import { AT_ONCE, type Guest, guestsIn, seatOf, tell } from './effects-seats';
import { linkEffects, stepEffects } from './effects-steps';
import { goneTaps, tapEffects } from './effects-taps';
import { portgroupEffects, vlanEffects } from './effects-vlans';
import { wayEffects } from './effects-ways';
import { hasOwnBridge, type Network } from './kinds/network';
import type { Draft, Situation } from './plan-situation';

type Change = {
  readonly items: readonly ChangeItem[];
  readonly was: Desired;
  readonly desired: Desired;
  readonly steps: readonly Draft[];
  /** Taps that are unplugged first because their bridge goes. */
  readonly away: readonly string[];
};

/**
 * What guests that are plugged in notice of a change, from what changes, from the steps, and from who has which port
 * and lease: sorted by network. Guests of networks that change and that notice nothing are told too (`stays`).
 */
export function effectsOf(s: Situation, change: Change): readonly Effect[] {
  const { items, steps, was, desired } = change;
  if (items.length === 0 && steps.length === 0) return [];
  const updates = updatesOf(items);
  const gone = goneTaps(s, was, desired);
  const taps = tapEffects(s, { was, desired }, change.away);
  const perNetwork = desired.networks.flatMap((after): readonly Effect[] => {
    const update = updates.find((u) => u.after.name === after.name);
    // A network that is new on a bridge of the host may find guests there.
    const before = update?.before ?? was.networks.find((n) => n.name === after.name) ?? after;
    const guests = guestsIn(s, before).filter((g) => g.port === null || !gone.has(g.port));
    const noticed = [
      ...taps.filter((e) => e.network === after.name && e.severity === 'pauses'),
      ...(update === undefined ? [] : ofUpdate(s, update, guests)),
      ...vlanEffects(s, after, guests),
      ...portgroupEffects(s, after, guests),
      ...limitEffects(s, after, guests),
      ...stepEffects(s, steps, { network: after, guests }),
    ];
    return update === undefined ? noticed : [...noticed, ...unbroken(after.name, guests, noticed)];
  });
  return together([
    ...perNetwork,
    ...taps.filter((e) => e.severity !== 'pauses'),
    ...leftBehind(s, items),
    ...linkEffects(s, was, desired),
  ]);
}

/** A bridge that passes from one network to another takes its guests along. */
function updatesOf(items: readonly ChangeItem[]): readonly Update[] {
  const gone = items.flatMap((i) =>
    i.op === 'delete' && i.before.kind === 'network' && hasOwnBridge(i.before) ? [i.before] : [],
  );
  return items.flatMap((i): readonly Update[] => {
    if (i.op === 'delete' || i.after.kind !== 'network') return [];
    if (i.op === 'update') return i.before.kind === 'network' ? [{ before: i.before, after: i.after }] : [];
    const { after } = i;
    const before = gone.find((n) => n.bridge.name === after.bridge?.name);
    return before === undefined ? [] : [{ before, after }];
  });
}

function ofUpdate(s: Situation, update: Update, guests: readonly Guest[]): readonly Effect[] {
  const { before, after } = update;
  return [
    ...wayEffects(s, update, guests),
    ...addressEffects(update, guests, s.observed.at),
    ...(before.name === after.name
      ? []
      : tell(after.name, guests, {
          what: `Leases of ${before.name} stay behind: another address may come with the next one.`,
          when: { at: 'renewal', within: null },
          severity: 'later',
        })),
  ];
}

/** Who loses nothing keeps what there is. */
function unbroken(network: string, guests: readonly Guest[], noticed: readonly Effect[]): readonly Effect[] {
  const cut = new Set(
    noticed
      .filter(
        (e) =>
          e.severity === 'ends' ||
          (e.severity === 'pauses' && e.when.at === 'moment' && e.when.seconds !== null),
      )
      .flatMap((e) => e.seats.map((seat) => JSON.stringify(seat))),
  );
  return tell(
    network,
    guests.filter((g) => !cut.has(JSON.stringify(seatOf(g)))),
    { what: 'Connections go on.', when: { at: 'stays' }, severity: 'stays' },
  );
}

/** A network that has no bridge of its own goes without taking anything from its guests. */
function leftBehind(s: Situation, items: readonly ChangeItem[]): readonly Effect[] {
  return items.flatMap((i) => {
    if (i.op !== 'delete' || i.before.kind !== 'network' || hasOwnBridge(i.before)) return [];
    const network: Network = i.before;
    return tell(network.name, guestsIn(s, network), {
      what: 'It stays plugged in as it is, and belongs to no network.',
      when: AT_ONCE,
      severity: 'later',
    });
  });
}

/** The same sentence for several guests is one effect. */
function together(effects: readonly Effect[]): readonly Effect[] {
  const alike = new Map<string, Effect>();
  for (const effect of effects) {
    const key = JSON.stringify([effect.network, effect.what, effect.when]);
    const known = alike.get(key);
    alike.set(key, known === undefined ? effect : { ...known, seats: [...known.seats, ...effect.seats] });
  }
  return [...alike.values()];
}
