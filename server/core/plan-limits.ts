import { bitRate } from './bit-rate';
import type { Action } from './change';
import { NO_LIMITS, REDIRECT } from './compile/limits';
import { limitsOfPort, ownBandwidth, parsePortMark } from './compile/ports';
import type { LimitGoal, Limits, PortsGoal, Realisation } from './compile/realisation';
import {
  type Floor,
  isForeign,
  type LimitState,
  limitStateOf,
  makeRedirect,
  receivedActions,
  type Shape,
  sameFloors,
  sameReceived,
  sameSent,
  sendingOf,
  sentActions,
} from './limit-state';
import { items, type Observed } from './observed';
import { floorsFor } from './plan-floors';
import { type Draft, ip, type Situation } from './plan-situation';
import { guestPorts, labelOf, markOf, ownerOf } from './port-guests';

/* Bandwidth limits on bridges of ours and on the ports of their guests. */

/** A device, what it shall have, and what it is to people. */
export type Limited = {
  readonly device: string;
  readonly network: string;
  readonly shape: Shape;
  readonly label: string;
  readonly touches: readonly string[];
  readonly goal: Limits;
  readonly floors: readonly Floor[];
  /** What it may have of ours: limits that it never had from us are left alone. */
  readonly had: readonly Limits[];
};

const some = (limits: Limits | undefined): limits is Limits =>
  limits !== undefined && (limits.sent !== null || limits.received !== null);

type Parts = Pick<Realisation, 'limits' | 'ports'>;

export function limitedDevices(s: {
  readonly observed: Observed;
  readonly goal: Parts;
  readonly formerly: readonly Parts[];
}): readonly Limited[] {
  const bridges = s.goal.limits.map(
    (l): Limited => ({
      ...{ device: l.device, network: l.network, shape: 'bridge', goal: l, label: l.device },
      floors: floorsFor(s, l),
      touches: [`bridge ${l.device}`, `network ${l.network}`],
      had: s.formerly.flatMap((r) => r.limits.filter((had) => had.device === l.device)),
    }),
  );
  const ports = s.goal.ports.flatMap((p) =>
    guestPorts(s, { name: p.bridge, network: p.network, own: p.own }).map((port): Limited => {
      const at = { alias: port.alias, portgroup: markOf(s, p, port)?.portgroup ?? null };
      const of = (goal: PortsGoal) => limitsOfPort(goal, at);
      return {
        ...{ device: port.name, network: p.network, shape: 'port' },
        label: `port ${labelOf(s.observed, port.name)}`,
        touches: [`port ${labelOf(s.observed, port.name)}`, `network ${p.network}`],
        ...{ goal: of(p), floors: [] },
        had: s.formerly.flatMap((r) => r.ports.filter((had) => had.bridge === p.bridge).map(of)),
      };
    }),
  );
  return [...bridges, ...ports].filter(({ goal, had }) => [goal, ...had].some(some));
}

/** What a state of ours would be for these limits, on this kernel. */
export function wantedLimits(
  { agent }: Pick<Observed, 'agent'>,
  {
    shape,
    goal,
    floors = [],
  }: { readonly shape: Shape; readonly goal: Limits; readonly floors?: readonly Floor[] },
): LimitState {
  return {
    sent: sendingOf(shape, goal.sent, floors),
    received:
      goal.received === null
        ? null
        : { by: agent.polices === false ? 'redirect' : 'police', ...goal.received },
  };
}

export type LimitPart = {
  readonly of: 'sent' | 'received';
  /** Bytes per second. */
  readonly rate: number | undefined;
  /** All that differs is what single NICs are guaranteed. */
  readonly only?: 'floors';
  readonly actions: readonly Action[];
  readonly inverse: readonly Action[];
};

/** How what is not as it shall be comes to be so. What somebody else set stays: it could not be put back. */
function partsOf(device: string, { from, to, fair }: Move): readonly LimitPart[] {
  const { sent, received } = from;
  const parts: LimitPart[] = [];
  if (!isForeign(sent) && !isForeign(to.sent) && !sameSent(sent, to.sent))
    parts.push({
      ...{ of: 'sent', rate: to.sent === null ? undefined : rateOf(to.sent) },
      ...(sent !== null && to.sent !== null && sameWhole(sent, to.sent) ? { only: 'floors' } : {}),
      actions: sentActions(device, { from: sent, to: to.sent }, { fair }),
      inverse: sentActions(device, { from: to.sent, to: sent }, { fair }),
    });
  if (!isForeign(received) && !isForeign(to.received) && !sameReceived(received, to.received))
    parts.push({
      ...{ of: 'received', rate: to.received?.rate },
      actions: receivedActions(device, received, to.received),
      inverse: receivedActions(device, to.received, received),
    });
  return parts;
}
type Sent = Exclude<LimitState['sent'], { foreign: string } | null>;
const rateOf = (limit: { readonly rate: number; readonly whole?: Sent['whole'] }) =>
  (limit.whole ?? limit).rate;
/** Is it the same but for what single NICs are guaranteed, which others have less of? */
const sameWhole = (a: Sent, b: Sent) =>
  a.whole !== null &&
  b.whole !== null &&
  !sameFloors(a.floors, b.floors) &&
  sameSent({ ...a, ...a.whole, floors: [] }, { ...b, ...b.whole, floors: [] });

/** "web (vnet0) at least 1 Mbit/s". */
const floorWords = (observed: Observed, floors: readonly Floor[]) =>
  floors.map(({ mac, rate }) => `${ownerOf(observed, mac) ?? mac} at least ${bitRate(rate)}`).join(', ') ||
  'nobody is guaranteed a part';

type Move = { readonly from: LimitState; readonly to: LimitState; readonly fair: boolean };

const moveOf = (observed: Observed, device: string, to: LimitState): Move => ({
  ...{ from: limitStateOf(observed, device), to, fair: observed.agent.fairQueues === true },
});

/** One step for each device and direction that is not as it shall be. */
export function limitSteps(s: Situation): readonly Draft[] {
  const steps = limitedDevices(s).flatMap((limited) =>
    partsOf(limited.device, moveOf(s.observed, limited.device, wantedLimits(s.observed, limited))).map(
      (part) => {
        const step = limitStep(limited, part);
        const shared = `Share out ${whatOf(limited, part.of)}: ${floorWords(s.observed, limited.floors)}`;
        return part.only === 'floors' ? { ...step, title: shared } : step;
      },
    ),
  );
  return [...strayRedirects(s), ...steps];
}

type Worded = Pick<Limited, 'shape' | 'label' | 'touches'>;
const whatOf = ({ shape, label }: Omit<Worded, 'touches'>, of: LimitPart['of']) =>
  of === 'sent' ? `what is sent ${shape === 'bridge' ? 'into' : 'to'} ${label}` : `what comes from ${label}`;

export const limitStep = (limited: Worded, { of, rate, actions, inverse }: LimitPart): Draft => ({
  ...{ title: titleOf(whatOf(limited, of), rate), touches: limited.touches, actions, inverse },
});

export type LimitMove = {
  readonly device: string;
  readonly shape: Shape;
  readonly of: 'sent' | 'received';
  /** Bytes per second; null: not limited. */
  readonly from: number | null;
  readonly to: number | null;
};

/** What becomes of the limits of a network. */
export const limitMoves = (s: Situation, network: string): readonly LimitMove[] =>
  limitedDevices(s)
    .filter((l) => l.network === network)
    .flatMap((limited) => {
      const { device, shape } = limited;
      const move = moveOf(s.observed, device, wantedLimits(s.observed, limited));
      return partsOf(device, move)
        .filter(({ only }) => only === undefined)
        .map(({ of, rate }) => {
          const was = move.from[of];
          return {
            device,
            shape,
            of,
            from: was === null || isForeign(was) ? null : rateOf(was),
            to: rate ?? null,
          };
        });
    });

/** Of ports that are gone: nothing comes through them any more. */
function strayRedirects({ observed }: Situation): readonly Draft[] {
  if (!observed.limits.known) return [];
  const used = items(observed.limits).flatMap(({ received }) =>
    received?.by === 'redirect' ? [received.to] : [],
  );
  return items(observed.links)
    .filter((l) => l.kind === 'ifb' && l.name.startsWith(REDIRECT) && !used.includes(l.name))
    .map(({ name }) => {
      const { sent } = limitStateOf(observed, name);
      return {
        title: `Remove ${name}, through which nothing comes any more`,
        touches: [`link ${name}`],
        actions: [ip('link', 'del', 'dev', name)],
        inverse: makeRedirect(name, isForeign(sent) ? null : sent),
      };
    });
}

const titleOf = (what: string, rate: number | undefined) =>
  rate === undefined ? `No longer limit ${what}` : `Limit ${what} to ${bitRate(rate)}`;

/** `command`: takes it away, if it is not one of `tc`. */
export type Foreign = { readonly device: string; readonly kind: string; readonly command?: string };

/** Somebody else's queueing on a device that shall be limited: it could not be put back. */
export function foreignLimit(s: Situation): Foreign | null {
  for (const { device, goal } of limitedDevices(s)) {
    const from = limitStateOf(s.observed, device);
    if (goal.sent !== null && isForeign(from.sent)) return { device, kind: from.sent.foreign };
    if (goal.received !== null && isForeign(from.received)) return { device, kind: from.received.foreign };
  }
  return null;
}

/** What a port needs that was just plugged in; `goal` absent: nobody limits it. */
export function plugLimits(observed: Observed, port: string, goal: PortsGoal | undefined): readonly Action[] {
  const alias = observed.links.known ? (observed.links.value[port]?.alias ?? null) : null;
  const limits = limitsOfPort(goal, { alias, portgroup: parsePortMark(alias)?.portgroup ?? null });
  const move = moveOf(observed, port, wantedLimits(observed, { shape: 'port', goal: limits }));
  return partsOf(port, move).flatMap((part) => part.actions);
}

/** Guests came or went, or are guaranteed something else: what that makes of the classes of their bridges. */
export const shareOut = (observed: Observed, bridges: readonly LimitGoal[]): readonly Action[] =>
  bridges.flatMap((goal) => {
    const floors = floorsFor({ observed }, goal);
    const to = wantedLimits(observed, { shape: 'bridge', goal, floors });
    return partsOf(goal.device, moveOf(observed, goal.device, to))
      .filter(({ only }) => only === 'floors')
      .flatMap(({ actions }) => actions);
  });

/** Before a bridge goes: its limits go with it, what they are made of beside it does not. */
export function limitsGo(s: Situation, device: string): readonly Draft[] {
  const parts = partsOf(device, moveOf(s.observed, device, NO_LIMITS));
  if (parts.length === 0) return [];
  return [
    {
      title: `No longer limit ${device}`,
      touches: [`bridge ${device}`],
      actions: parts.flatMap((part) => part.actions),
      inverse: [...parts].reverse().flatMap((part) => part.inverse),
    },
  ];
}

/** Is anything to be limited, or was it? Then it must be known how things are. */
export const needsLimits = (s: Pick<Situation, 'goal' | 'was' | 'observed'>): boolean =>
  [s.goal, s.was].some(
    (r) =>
      [...r.limits, ...r.ovs.map((b) => b.limits)].some(some) ||
      [...r.ports, ...r.ovsPorts].some((p) => [...p.limits.values()].some(some)),
  ) ||
  s.goal.ports.some((p) =>
    guestPorts(s, { name: p.bridge, network: p.network, own: p.own }).some(
      ({ alias }) => ownBandwidth(alias) !== undefined,
    ),
  );
