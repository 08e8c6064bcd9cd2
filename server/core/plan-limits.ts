import { bitRate } from './bit-rate';
import type { Action } from './change';
import { NO_LIMITS, REDIRECT } from './compile/limits';
import { parsePortMark } from './compile/ports';
import type { Limits, PortsGoal } from './compile/realisation';
import {
  isForeign,
  type LimitState,
  limitStateOf,
  makeRedirect,
  receivedActions,
  type Shape,
  sameReceived,
  sameSent,
  sendingOf,
  sentActions,
} from './limit-state';
import { items, type Observed } from './observed';
import { type Draft, ip, type Situation } from './plan-situation';
import { guestPorts, labelOf, markOf } from './port-guests';

/* Bandwidth limits on bridges of ours and on the ports of their guests. */

/** A device, what it shall have, and what it is to people. */
type Limited = {
  readonly device: string;
  readonly network: string;
  readonly shape: Shape;
  readonly label: string;
  readonly touches: readonly string[];
  readonly goal: Limits;
  /** What it may have of ours: limits that it never had from us are left alone. */
  readonly had: readonly Limits[];
};

const some = (limits: Limits | undefined): limits is Limits =>
  limits !== undefined && (limits.sent !== null || limits.received !== null);

export function limitedDevices(s: Pick<Situation, 'observed' | 'goal' | 'formerly'>): readonly Limited[] {
  const bridges = s.goal.limits.map(
    (l): Limited => ({
      ...{ device: l.device, network: l.network, shape: 'bridge', goal: l, label: l.device },
      touches: [`bridge ${l.device}`, `network ${l.network}`],
      had: s.formerly.flatMap((r) => r.limits.filter((had) => had.device === l.device)),
    }),
  );
  const ports = s.goal.ports.flatMap((p) =>
    guestPorts(s, { name: p.bridge, network: p.network, own: p.own }).map((port): Limited => {
      const group = markOf(s, p, port)?.portgroup ?? '';
      const of = ({ limits }: PortsGoal) => limits.get(group) ?? limits.get('') ?? NO_LIMITS;
      return {
        ...{ device: port.name, network: p.network, shape: 'port' },
        label: `port ${labelOf(s.observed, port.name)}`,
        touches: [`port ${labelOf(s.observed, port.name)}`, `network ${p.network}`],
        goal: of(p),
        had: s.formerly.flatMap((r) => r.ports.filter((had) => had.bridge === p.bridge).map(of)),
      };
    }),
  );
  return [...bridges, ...ports].filter(({ goal, had }) => [goal, ...had].some(some));
}

/** What a state of ours would be for these limits, on this kernel. */
export function wantedLimits({ agent }: Pick<Observed, 'agent'>, shape: Shape, goal: Limits): LimitState {
  return {
    sent: sendingOf(shape, goal.sent),
    received:
      goal.received === null
        ? null
        : { by: agent.polices === false ? 'redirect' : 'police', ...goal.received },
  };
}

type Part = {
  readonly of: 'sent' | 'received';
  /** Bytes per second. */
  readonly rate: number | undefined;
  readonly actions: readonly Action[];
  readonly inverse: readonly Action[];
};

/** How what is not as it shall be comes to be so. What somebody else set stays: it could not be put back. */
function partsOf(device: string, { from, to, fair }: Move): readonly Part[] {
  const { sent, received } = from;
  const parts: Part[] = [];
  if (!isForeign(sent) && !isForeign(to.sent) && !sameSent(sent, to.sent))
    parts.push({
      ...{ of: 'sent', rate: to.sent?.rate },
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
type Move = { readonly from: LimitState; readonly to: LimitState; readonly fair: boolean };

const moveOf = (observed: Observed, device: string, to: LimitState): Move => ({
  ...{ from: limitStateOf(observed, device), to, fair: observed.agent.fairQueues === true },
});

/** One step for each device and direction that is not as it shall be. */
export function limitSteps(s: Situation): readonly Draft[] {
  const steps = limitedDevices(s).flatMap(({ device, shape, label, touches, goal }) =>
    partsOf(device, moveOf(s.observed, device, wantedLimits(s.observed, shape, goal))).map(
      ({ of, rate, actions, inverse }) => {
        const to = shape === 'bridge' ? 'into' : 'to';
        const what = of === 'sent' ? `what is sent ${to} ${label}` : `what comes from ${label}`;
        return { title: titleOf(what, rate), touches, actions, inverse };
      },
    ),
  );
  return [...strayRedirects(s), ...steps];
}

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
    .flatMap(({ device, shape, goal }) => {
      const move = moveOf(s.observed, device, wantedLimits(s.observed, shape, goal));
      return partsOf(device, move).map(({ of, rate }) => {
        const was = move.from[of];
        return {
          device,
          shape,
          of,
          from: was === null || isForeign(was) ? null : was.rate,
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

/** Somebody else's queueing on a device that shall be limited: it could not be put back. */
export function foreignLimit(s: Situation): { readonly device: string; readonly kind: string } | null {
  for (const { device, goal } of limitedDevices(s)) {
    const from = limitStateOf(s.observed, device);
    if (goal.sent !== null && isForeign(from.sent)) return { device, kind: from.sent.foreign };
    if (goal.received !== null && isForeign(from.received)) return { device, kind: from.received.foreign };
  }
  return null;
}

/** What a port needs that was just plugged in; `goal` absent: nobody limits it. */
export function plugLimits(observed: Observed, port: string, goal: PortsGoal | undefined): readonly Action[] {
  const group = parsePortMark(
    observed.links.known ? (observed.links.value[port]?.alias ?? null) : null,
  )?.portgroup;
  const limits = goal?.limits.get(group ?? '') ?? goal?.limits.get('') ?? NO_LIMITS;
  const move = moveOf(observed, port, wantedLimits(observed, 'port', limits));
  return partsOf(port, move).flatMap((part) => part.actions);
}

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
export const needsLimits = ({ goal, was }: Pick<Situation, 'goal' | 'was'>): boolean =>
  [goal, was].some((r) => r.limits.some(some) || r.ports.some((p) => [...p.limits.values()].some(some)));
