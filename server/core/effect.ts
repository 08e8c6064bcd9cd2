import { z } from 'zod';

/*
 * What guests notice of a change: for whom, what, when. Sentences are told without their subject, so that guests that
 * notice the same share them.
 */

/** Where somebody is plugged in. */
const Seat = z.strictObject({
  /** The host's end; null where the guest holds the device itself (macvtap). */
  port: z.string().nullable(),
  /** Null: nobody knows whose port it is. */
  guest: z.string().nullable(),
});
export type Seat = z.infer<typeof Seat>;

/** When it begins, or how long it lasts; times in seconds. */
const When = z.discriminatedUnion('at', [
  z.strictObject({ at: z.literal('once') }),
  /** Over by itself; null: too short to be told. */
  z.strictObject({ at: z.literal('moment'), seconds: z.number().nullable() }),
  /** When the guest asks for its address again, at most so far away; null: whenever that is. */
  z.strictObject({ at: z.literal('renewal'), within: z.number().nullable() }),
  /** When it is plugged in the next time. */
  z.strictObject({ at: z.literal('plug') }),
  z.strictObject({ at: z.literal('stays') }),
]);
export type When = z.infer<typeof When>;

/** From what hurts most to what nobody notices. */
const SEVERITIES = ['ends', 'pauses', 'later', 'new', 'stays'] as const;

export const Effect = z.strictObject({
  /** A network, or a bridge of the host. */
  network: z.string(),
  seats: z.array(Seat).min(1).readonly(),
  /** A sentence: "From VLAN 10 to VLAN 20: db (vnet1) is out of reach." */
  what: z.string(),
  when: When,
  /**
   * `ends`: something that worked works no more. `pauses`: it is away for a moment. `later`: with the next lease or
   * plugging in. `new`: something more is possible. `stays`: nothing is noticed.
   */
  severity: z.enum(SEVERITIES),
});
export type Effect = z.infer<typeof Effect>;

/** Guests that notice the same of the same network. */
export type EffectGroup = {
  readonly network: string;
  readonly seats: readonly Seat[];
  readonly effects: readonly Pick<Effect, 'what' | 'when' | 'severity'>[];
};

const rank = ({ severity }: Pick<Effect, 'severity'>): number => SEVERITIES.indexOf(severity);
const seatKey = ({ port, guest }: Seat): string => `${port ?? ''} ${guest ?? ''}`;
const inOrder = (a: Seat, b: Seat) =>
  (a.port ?? a.guest ?? '').localeCompare(b.port ?? b.guest ?? '', 'en', { numeric: true });

/** By guest: those that notice the same together, who notices most first. */
export function effectGroups(effects: readonly Effect[]): readonly EffectGroup[] {
  const bySeat = new Map<string, { network: string; seat: Seat; effects: Effect[] }>();
  for (const effect of effects)
    for (const seat of effect.seats) {
      const key = `${effect.network} ${seatKey(seat)}`;
      const entry = bySeat.get(key) ?? { network: effect.network, seat, effects: [] };
      entry.effects.push(effect);
      bySeat.set(key, entry);
    }
  const alike = new Map<string, { network: string; seats: Seat[]; effects: readonly Effect[] }>();
  for (const entry of bySeat.values()) {
    const sorted = entry.effects.toSorted((a, b) => rank(a) - rank(b));
    const key = JSON.stringify([entry.network, sorted.map((e) => [e.severity, e.when, e.what])]);
    const group = alike.get(key) ?? { network: entry.network, seats: [], effects: sorted };
    group.seats.push(entry.seat);
    alike.set(key, group);
  }
  const worst = (g: { readonly effects: readonly Effect[] }) => Math.min(...g.effects.map(rank));
  return [...alike.values()]
    .map((g) => ({ ...g, seats: g.seats.toSorted(inOrder) }))
    .sort((a, b) => worst(a) - worst(b) || inOrder(a.seats[0] ?? NOBODY, b.seats[0] ?? NOBODY));
}

const NOBODY: Seat = { port: null, guest: null };

/** `web (vnet0)`; only `vnet0` where nobody knows whose it is. */
const seatText = ({ port, guest }: Seat): string =>
  port === null ? (guest ?? 'somebody') : guest === null ? port : `${guest} (${port})`;

/** "web (vnet0), vnet1, 3 more", naming at most `most`. */
export function seatWords(seats: readonly Seat[], most = 5): string {
  const named = seats.toSorted(inOrder).slice(0, most).map(seatText);
  return [...named, ...(seats.length > most ? [`${seats.length - most} more`] : [])].join(', ');
}

/** "at once", "for about a second", "within 30 min". */
export function whenWords(when: When): string {
  switch (when.at) {
    case 'once':
      return 'at once';
    case 'moment':
      if (when.seconds === null) return 'for a moment';
      return when.seconds <= 1 ? 'for about a second' : `for up to ${duration(when.seconds)}`;
    case 'renewal':
      return when.within === null ? 'with the next lease' : `within ${duration(when.within)}`;
    case 'plug':
      return 'when plugged in again';
    case 'stays':
      return 'stays';
  }
}

/** Rounded up: it is told as the most that it can take. */
function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds <= 7200) return `${Math.ceil(seconds / 60)} min`;
  return seconds <= 172_800 ? `${Math.ceil(seconds / 3600)} h` : `${Math.ceil(seconds / 86_400)} days`;
}

/** Whether anybody notices anything. */
export const isNoticed = (effects: readonly Effect[]): boolean => effects.some((e) => e.severity !== 'stays');

/** One sentence where no guest notices anything. */
export function unnoticedText(effects: readonly Effect[]): string {
  const seats = [...new Map(effects.flatMap((e) => e.seats).map((s) => [seatKey(s), s])).values()];
  if (seats.length === 0) return 'No guest notices this.';
  return `No guest notices this: ${seatWords(seats)} ${seats.length === 1 ? 'keeps its' : 'keep their'} connections.`;
}

/** As a terminal shows it, a line for each. */
export function effectLines(effects: readonly Effect[]): readonly string[] {
  if (!isNoticed(effects)) return [unnoticedText(effects)];
  return [
    'What guests notice:',
    ...effectGroups(effects).flatMap(({ network, seats, effects: noticed }) => {
      const width = Math.max(...noticed.map((e) => whenWords(e.when).length));
      return [
        `  ${seatWords(seats)} in ${network}`,
        ...noticed.map((e) => `    ${whenWords(e.when).padEnd(width)}  ${e.what}`),
      ];
    }),
  ];
}
