import { sameValue } from './canonical';
import type { Action, Desired } from './change';
import { type DomainNic, guestOf, ownName, sourceWords } from './kinds/domain-nic';
import type { Bandwidth } from './kinds/port';
import {
  asInRecord,
  asItRuns,
  type Card,
  isRunning,
  linkOf,
  movedInRecord,
  movedLive,
  newCardXml,
  notKept,
  putBack,
  replacedXml,
  type Seat,
  sameModel,
  sameSource,
  seatsOf,
  tapOf,
  whichXml,
} from './libvirt/domain-nic';
import { limitWords } from './limit-text';
import { type Domain, items, type Observed } from './observed';
import type { Draft } from './plan-situation';
import { fail, type Result } from './result';
import { startWith, wordsFor } from './things';

/** What the steps for NICs of libvirt domains are made from. */
export type NicSituation = {
  readonly observed: Observed;
  readonly goal: readonly DomainNic[];
  /** What was committed, and what was being made when it broke off: only these are ever changed or removed. */
  readonly known: readonly DomainNic[];
};

type Where = 'live' | 'config';
type Nic = Extract<Action, { do: 'nic' }>;

const domainOf = (observed: Observed, nic: DomainNic): Domain | undefined =>
  items(observed.domains).find((d) => d.name === guestOf(nic));

/** The NIC as it is there: by the name that we gave it, or else by its MAC address. */
export function seatOf(domain: Domain, nic: DomainNic, before?: DomainNic): Seat | undefined {
  const seats = seatsOf(domain);
  const named = (s: Seat) => (s.config ?? s.live)?.name === ownName(nic);
  const macs: readonly string[] = [nic.mac, ...(before === undefined ? [] : [before.mac])];
  return seats.find(named) ?? seats.find((s) => macs.includes(s.mac));
}

/** Why the NICs of a plan cannot be planned. */
export function nicsUnknown({ observed, goal, known }: NicSituation): Result<never> | null {
  const [first] = [...goal, ...known];
  const fact = observed.domains;
  if (first === undefined || fact.known) return null;
  return fail(
    'UNKNOWN',
    `${startWith(wordsFor(first))} cannot be planned, because libvirt cannot be asked: ${fact.why.replace(/\.?$/, '.')}`,
  );
}

/** NICs that go: those that were ours to remove. */
export function removeNics(s: NicSituation): readonly Draft[] {
  const going = s.known.filter((k) => !k.adopted && !k.inactive && !s.goal.some((g) => g.name === k.name));
  const unplugged = s.goal.filter((g) => g.inactive);
  const all = new Map([...going, ...unplugged].map((nic) => [nic.name, nic]));
  return [...all.values()].flatMap((nic) => {
    const domain = domainOf(s.observed, nic);
    const seat = domain && seatOf(domain, nic, beforeOf(s, nic));
    return domain === undefined || seat === undefined ? [] : [takeOut(domain, nic, seat)];
  });
}

/** NICs that shall be there, once what they are plugged into is. */
export const nicSteps = (s: NicSituation): readonly Draft[] =>
  s.goal.flatMap((nic) => {
    const domain = domainOf(s.observed, nic);
    if (domain === undefined || nic.inactive) return [];
    const seat = seatOf(domain, nic, beforeOf(s, nic));
    if (seat === undefined) return [putIn(domain, nic)];
    return changeSeat(s, domain, { nic, seat });
  });

const beforeOf = (s: NicSituation, nic: DomainNic) => s.known.find((k) => k.name === nic.name);

const action = (command: Nic['command'], domain: Domain, rest: Pick<Nic, 'at' | 'mac' | 'xml'>): Action => ({
  ...{ do: 'nic', command, domain: domain.name },
  ...rest,
});

const touches = (nic: DomainNic): readonly string[] => [
  `guest ${guestOf(nic)}`,
  `nic ${nic.name}`,
  nic.source.type === 'bridge' ? `bridge ${nic.source.bridge}` : `network ${nic.source.network}`,
];

/** Of a domain that runs, what runs first: what the guest refuses is not kept either. */
const everywhere = (domain: Domain): readonly Where[] =>
  isRunning(domain) ? ['live', 'config'] : ['config'];

function putIn(domain: Domain, nic: DomainNic): Draft {
  const at = everywhere(domain);
  const xml = newCardXml(nic);
  return {
    title: `Put ${wordsFor(nic)} in, on ${sourceWords(nic.source)}`,
    touches: touches(nic),
    actions: [action('attach', domain, { at, mac: nic.mac, xml })],
    inverse: [action('detach', domain, { at, mac: nic.mac, xml })],
  };
}

const present = ({ live, config }: Seat): readonly (readonly [Where, Card])[] => [
  ...(live === null ? [] : [['live', live] as const]),
  ...(config === null ? [] : [['config', config] as const]),
];

function takeOut(domain: Domain, nic: DomainNic, seat: Seat): Draft {
  const there = present(seat);
  return {
    title: `Take ${wordsFor(nic)} out`,
    touches: touches(nic),
    actions: outOf(domain, seat),
    inverse: there.map(([at, card]) =>
      action('attach', domain, { at: [at], mac: seat.mac, xml: putBack(card) }),
    ),
  };
}

const outOf = (domain: Domain, seat: Seat): readonly Action[] =>
  present(seat)
    .slice(0, 1)
    .map(([, card]) =>
      action('detach', domain, {
        at: present(seat).map(([at]) => at),
        mac: seat.mac,
        xml: whichXml(card),
      }),
    );

type At = { readonly nic: DomainNic; readonly seat: Seat };

function changeSeat(s: NicSituation, domain: Domain, { nic, seat }: At): readonly Draft[] {
  const there = present(seat);
  const absent = everywhere(domain).filter((at) => !there.some(([has]) => has === at));
  if (there.some(([, card]) => card.mac !== nic.mac || !sameModel(card, nic)))
    return [replace(domain, nic, seat)];
  const drafts: Draft[] = [];
  const elsewhere = there.filter(([, card]) => !sameSource(card, nic.source));
  if (elsewhere.length > 0)
    drafts.push({
      title: `Move ${wordsFor(nic)} to ${sourceWords(nic.source)}`,
      touches: touches(nic),
      actions: elsewhere.map(([at, card]) => {
        const xml = at === 'live' ? movedLive(card, nic) : movedInRecord(card, nic);
        return action('update', domain, { at: [at], mac: nic.mac, xml });
      }),
      inverse: elsewhere.map(([at, card]) => {
        const xml = at === 'live' ? asItRuns(card) : asInRecord(card);
        return action('update', domain, { at: [at], mac: nic.mac, xml });
      }),
    });
  const [[, card] = []] = there;
  if (absent.length > 0 && card !== undefined)
    drafts.push({
      title: `Put ${wordsFor(nic)} in, on ${sourceWords(nic.source)}`,
      touches: touches(nic),
      actions: [action('attach', domain, { at: absent, mac: nic.mac, xml: movedInto(card, nic) })],
      inverse: [action('detach', domain, { at: absent, mac: nic.mac, xml: whichXml(card) })],
    });
  const cable = there.filter(([, c]) => c.link !== linkOf(nic));
  if (cable.length > 0)
    drafts.push({
      title: `${nic.link === 'down' ? 'Pull' : 'Plug in'} the cable of ${wordsFor(nic)}`,
      touches: touches(nic),
      actions: cable.map(([at]) => setLink(domain, { mac: nic.mac, at, to: linkOf(nic) })),
      inverse: cable.map(([at, c]) => setLink(domain, { mac: nic.mac, at, to: c.link })),
    });
  const moved = elsewhere.map(([at]) => at);
  return [...drafts, ...limitNic(s, domain, { nic, there: there.filter(([at]) => !moved.includes(at)) })];
}

type There = { readonly nic: DomainNic; readonly there: readonly (readonly [Where, Card])[] };

/** Limits that a NIC never had from us are left alone. */
function limitNic(s: NicSituation, domain: Domain, { nic, there }: There): readonly Draft[] {
  const { name, mac, bandwidth } = nic;
  if (bandwidth === undefined && !s.known.some((k) => k.name === name && k.bandwidth !== undefined))
    return [];
  const other = there.filter(([, card]) => !sameValue(card.bandwidth ?? null, bandwidth ?? null));
  if (other.length === 0) return [];
  return [
    {
      title:
        bandwidth === undefined
          ? `No longer limit ${wordsFor(nic)}`
          : `Limit ${wordsFor(nic)}: ${limitWords(bandwidth)}`,
      touches: touches(nic),
      actions: other.map(([at]) => setLimit(domain, { mac, at, to: bandwidth })),
      inverse: other.map(([at, card]) => setLimit(domain, { mac, at, to: card.bandwidth })),
    },
  ];
}

type Limiting = { readonly mac: string; readonly at: Where; readonly to: Bandwidth | undefined };

/** What is not said is taken away by a 0. */
function setLimit({ name }: Domain, { mac, at, to = {} }: Limiting): Action {
  const words = (numbers: readonly (number | undefined)[]) =>
    numbers
      .map((n) => n ?? 0)
      .join(',')
      .replace(/(,0)+$/, '');
  const { inbound, outbound } = to;
  return {
    ...{ do: 'run', tool: 'virsh' },
    args: [
      ...['-c', 'qemu:///system', 'domiftune', name, mac],
      ...['--inbound', words([inbound?.average, inbound?.peak, inbound?.burst, inbound?.floor])],
      ...['--outbound', words([outbound?.average, outbound?.peak, outbound?.burst])],
      `--${at}`,
    ],
  };
}

/** What the one has, for where it is missing. */
const movedInto = (card: Card, nic: DomainNic): string =>
  sameSource(card, nic.source) ? putBack(card) : replacedXml(card, nic);

type Cable = { readonly mac: string; readonly at: Where; readonly to: 'up' | 'down' };

const setLink = ({ name }: Domain, { mac, at, to }: Cable): Action => ({
  ...{ do: 'run', tool: 'virsh' },
  args: ['-c', 'qemu:///system', 'domif-setlink', name, mac, to, ...(at === 'config' ? ['--config'] : [])],
});

/** A card of another model or address is another card. */
function replace(domain: Domain, nic: DomainNic, seat: Seat): Draft {
  const at = everywhere(domain);
  const card = seat.config ?? seat.live;
  const xml = card === null ? newCardXml(nic) : replacedXml(card, nic);
  return {
    title: `Replace ${wordsFor(nic)} by one of model ${nic.model ?? 'virtio'} with MAC ${nic.mac}`,
    touches: touches(nic),
    actions: [...outOf(domain, seat), action('attach', domain, { at, mac: nic.mac, xml })],
    inverse: [
      action('detach', domain, { at, mac: nic.mac, xml }),
      ...present(seat).map(([where, was]) =>
        action('attach', domain, { at: [where], mac: seat.mac, xml: putBack(was) }),
      ),
    ],
  };
}

/** What people should know of a change of NICs before they apply it. */
export function nicNotes(s: NicSituation, before: Desired): readonly string[] {
  return s.goal.flatMap((nic): readonly string[] => {
    const was = before.nics?.find((n) => n.name === nic.name);
    const domain = domainOf(s.observed, nic);
    const words = startWith(wordsFor(nic));
    if (domain === undefined)
      return [`libvirt of this host has no guest ${guestOf(nic)}: ${wordsFor(nic)} is only kept here.`];
    const seat = seatOf(domain, nic, was);
    const cards = seat === undefined ? [] : present(seat).map(([, card]) => card);
    const anew = !nic.inactive && cards.some((c) => c.mac !== nic.mac || !sameModel(c, nic));
    const more = [...new Set(cards.flatMap((card) => notKept(card, nic)))];
    return [
      ...(anew && isRunning(domain)
        ? [
            `${words} is replaced while the guest runs: it sees one card go and another come, and may call that by another name.`,
          ]
        : []),
      ...(nic.inactive && was?.inactive === undefined && more.length > 0
        ? [
            `${words} has settings that Patchbay does not keep (${more.join(', ')}): when it is put in again, it is without them.`,
          ]
        : []),
      ...(!isRunning(domain) && !nic.inactive && (was === undefined || !sameValue(was, nic))
        ? [`Guest ${domain.name} does not run: ${wordsFor(nic)} is as planned when it is started.`]
        : []),
    ];
  });
}

/** Taps of NICs that a change moves or takes out: nobody lost them. */
export function tapsChanged(observed: Observed, before: Desired, after: Desired): readonly string[] {
  const all = [...(before.nics ?? []), ...(after.nics ?? [])];
  const same = (nic: DomainNic) =>
    [before, after].every(({ nics = [] }) => nics.some((n) => sameValue(n, nic)));
  return all.flatMap((nic) => {
    const domain = same(nic) ? undefined : domainOf(observed, nic);
    const live = domain === undefined ? null : (seatOf(domain, nic)?.live ?? null);
    return live === null ? [] : (tapOf(live) ?? []);
  });
}
