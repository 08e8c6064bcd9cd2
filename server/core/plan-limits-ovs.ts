import type { Action } from './change';
import { NO_LIMITS } from './compile/limits';
import type { Limits, OvsPortsGoal } from './compile/realisation';
import { asTold, kernelBack, kernelQos, policedBy, policerBack } from './kernel-qos';
import { items, type Observed, type OvsBridge } from './observed';
import {
  alikeQos,
  changeQos,
  createQos,
  createQueue,
  destroyQos,
  forgetQos,
  giveQos,
  isOurQos,
  portOfOurs,
  type QosRows,
  qosRows,
  rateOfQos,
  sameQos,
  takeQos,
} from './ovs-qos';
import { type Foreign, type LimitMove, type LimitPart, limitStep } from './plan-limits';
import { inProcess } from './plan-ovs';
import { type Columns, columnChange, transact } from './plan-ovs-columns';
import { ovsGuestPorts } from './plan-ovs-ports';
import { ovsAt } from './plan-ovs-situation';
import type { Draft, Situation } from './plan-situation';
import { labelOf } from './port-guests';

/* Bandwidth limits on bridges of Open vSwitch that are ours and on the ports of guests in them. */

type OvsPort = OvsBridge['ports'][number];
type Seen = Pick<Situation, 'observed'>;
type Limited = {
  readonly device: string;
  /** As it is; absent where its bridge is about to be made. */
  readonly port: OvsPort | undefined;
  readonly network: string;
  readonly shape: LimitMove['shape'];
  readonly label: string;
  readonly touches: readonly string[];
  readonly goal: Limits;
  readonly had: readonly Limits[];
  /** What it takes can be limited. */
  readonly polices: boolean;
};

/**
 * A switch in a process takes packets of ports before the kernel looks at what to drop. What it gives the host, by the
 * bridge's own device, the kernel takes as from anybody.
 */
export const canPolice = (s: Seen, bridge: string, shape: LimitMove['shape']): boolean =>
  s.observed.agent.ovsPolices !== false && (shape === 'bridge' || !inProcess(s, { name: bridge }));

const limitsOf = ({ limits }: OvsPortsGoal, portgroup: string): Limits =>
  limits.get(portgroup) ?? limits.get('') ?? NO_LIMITS;

function limitedPorts(s: Situation): readonly Limited[] {
  const bridges = s.goal.ovs.map(
    ({ name, network, limits }): Limited => ({
      ...{ device: name, network, shape: 'bridge', label: name, goal: limits },
      port: ovsAt(s.observed, name)?.ports.find((p) => p.name === name),
      touches: [`bridge ${name}`, `network ${network}`],
      had: s.formerly.flatMap((r) => r.ovs.filter((b) => b.name === name).map((b) => b.limits)),
      polices: canPolice(s, name, 'bridge'),
    }),
  );
  const ports = s.goal.ovsPorts.flatMap((p) =>
    ovsGuestPorts(s, p).map(({ port, portgroup }): Limited => {
      const label = `port ${labelOf(s.observed, port.name)}`;
      const formerly = s.formerly.flatMap((r) => r.ovsPorts.filter((had) => had.bridge === p.bridge));
      return {
        ...{ device: port.name, port, network: p.network, shape: 'port', label },
        touches: [label, `network ${p.network}`],
        goal: limitsOf(p, portgroup),
        had: formerly.map((had) => limitsOf(had, portgroup)),
        polices: canPolice(s, p.bridge, 'port'),
      };
    }),
  );
  return [...bridges, ...ports];
}

/** `from`: bytes per second; null: not limited. */
type Part = LimitPart & { readonly from: number | null };

/** How what is not as it shall be comes to be so. */
const partsOf = (s: Seen, limited: Limited): readonly Part[] => [
  ...sentParts(s.observed, limited),
  ...receivedParts(s.observed, limited),
];

function sentParts(observed: Observed, { device, port, goal }: Limited): readonly Part[] {
  const is = port?.qos ?? null;
  const to = goal.sent === null ? null : qosRows(device, goal.sent);
  if ((is === null && to === null) || sentByOthers(observed, device, port) !== null) return [];
  const part = (actions: readonly Action[], inverse: readonly Action[]): readonly Part[] =>
    actions.length === 0
      ? []
      : [
          {
            ...{ of: 'sent', from: is === null ? null : rateOfQos(is), rate: goal.sent?.rate },
            ...{ actions, inverse },
          },
        ];
  const give = (rows: QosRows) => transact(giveQos(device, rows));
  const forget = [transact([takeQos(device)]), forgetQos(device)];
  if (is === null) return to === null ? [] : part([give(to)], forget);
  const destroy = transact([takeQos(device), ...destroyQos(is)]);
  if (to === null || goal.sent === null) return part([destroy], [give(is)]);
  const kernel = kernelQos(observed, device);
  const lost = kernel.is === 'nothing' || (sameQos(is, to) && !asTold(kernel, goal.sent));
  const before = lost ? kernelBack(device, kernel) : [];
  if (!alikeQos(is, to)) return part([destroy, give(to)], [...forget, give(is), ...before]);
  const [forth, back] = [changeQos(is, is, to), changeQos(is, to, is)];
  const tellAgain = [transact([takeQos(device)]), transact([['set', 'Port', device, `qos=${is.id}`]])];
  return part(
    [...(forth.length === 0 ? [] : [transact(forth)]), ...(lost ? tellAgain : [])],
    [...(back.length === 0 ? [] : [transact(back)]), ...before],
  );
}

/** What shapes it that is not ours, and the command that takes it away. */
function sentByOthers(observed: Observed, device: string, port: OvsPort | undefined): Foreign | null {
  if (port === undefined) return null;
  if (port.qos !== null && !isOurQos(device, port.qos))
    return { device, kind: port.qos.type, command: `ovs-vsctl clear Port ${device} qos` };
  const kernel = kernelQos(observed, device);
  return kernel.is === 'foreign' ? { device, kind: kernel.kind } : null;
}

type Policing = OvsPort['interfaces'][number]['policing'];
const UNPOLICED: Policing = { rate: 0, burst: 0 };
const policingColumns = ({ rate, burst }: Policing): Columns => ({
  'Interface ingress_policing_rate': String(rate),
  'Interface ingress_policing_burst': String(burst),
});
/** Kilobit of 1000 bits, and of 1024. */
const policingOf = ({ rate, burst }: NonNullable<Limits['received']>): Policing => ({
  ...{ rate: Math.round(rate / 125), burst: Math.round(burst / 128) },
});

function receivedParts(observed: Observed, limited: Limited): readonly Part[] {
  const { device, port, goal, had, polices } = limited;
  if (!polices || receivedByOthers(observed, limited) !== null) return [];
  const is = port?.interfaces[0]?.policing ?? UNPOLICED;
  const ours = had.some((h) => h.received !== null);
  const to = goal.received !== null ? policingOf(goal.received) : ours ? UNPOLICED : is;
  const change = (from: Policing, then: Policing) =>
    columnChange(device, policingColumns(from), policingColumns(then));
  const lost = is.rate > 0 && to.rate > 0 && policedBy(observed, device) === 'nothing';
  const forth = change(is, to);
  if (forth.length === 0 && !lost) return [];
  const actions =
    forth.length > 0 ? [transact(forth)] : [transact(change(is, UNPOLICED)), transact(change(UNPOLICED, is))];
  const inverse = [
    ...(forth.length > 0 ? [transact(change(to, is))] : []),
    ...(lost ? [policerBack(observed, device)] : []),
  ];
  const from = is.rate === 0 ? null : is.rate * 125;
  return [{ of: 'received', from, rate: goal.received?.rate, actions, inverse }];
}

/** The switch would delete it. */
const receivedByOthers = (observed: Observed, { device, port }: Limited): Foreign | null =>
  port?.interfaces[0]?.policing.rate === 0 && policedBy(observed, device) === 'something'
    ? { device, kind: 'ingress' }
    : null;

/** One step for each port and direction that is not as it shall be. */
export const ovsLimitSteps = (s: Situation): readonly Draft[] => [
  ...leftovers(s),
  ...limitedPorts(s).flatMap((limited) => partsOf(s, limited).map((part) => limitStep(limited, part))),
];

/** What becomes of the limits of a network. */
export const ovsLimitMoves = (s: Situation, network: string): readonly LimitMove[] =>
  limitedPorts(s)
    .filter((l) => l.network === network)
    .flatMap((limited) =>
      partsOf(s, limited).map(({ of, from, rate }) => ({
        ...{ device: limited.device, shape: limited.shape, of, from, to: rate ?? null },
      })),
    );

/** Somebody else's queueing on a port that shall be limited. */
export function foreignOvsLimit(s: Situation): Foreign | null {
  for (const limited of limitedPorts(s)) {
    const { device, port, goal, polices } = limited;
    const foreign =
      (goal.sent === null ? null : sentByOthers(s.observed, device, port)) ??
      (goal.received === null || !polices ? null : receivedByOthers(s.observed, limited));
    if (foreign !== null) return foreign;
  }
  return null;
}

/** Of a port that is plugged in for the first time. */
export function plugOvsLimits(
  s: Seen,
  goal: OvsPortsGoal,
  { port, portgroup }: { readonly port: string; readonly portgroup: string },
): readonly (readonly string[])[] {
  const { sent, received } = limitsOf(goal, portgroup);
  return [
    ...(sent === null ? [] : giveQos(port, qosRows(port, sent))),
    ...(received === null || !canPolice(s, goal.bridge, 'port')
      ? []
      : columnChange(port, policingColumns(UNPOLICED), policingColumns(policingOf(received)))),
  ];
}

/** Rows of ours whose port is gone, or has others. */
function leftovers({ observed }: Situation): readonly Draft[] {
  const left = items(observed.ovsLeftovers)
    .filter((row) => portOfOurs(row) !== null)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  if (left.length === 0) return [];
  const ports = [...new Set(left.flatMap((row) => portOfOurs(row) ?? []))].sort();
  return [
    {
      title: `Remove what limited ${ports.join(', ')}`,
      touches: ports.map((port) => `port ${port}`),
      actions: [
        transact(
          left.flatMap((row) =>
            row.table === 'QoS' ? destroyQos(row) : [['--if-exists', 'destroy', 'Queue', row.id]],
          ),
        ),
      ],
      inverse: [
        transact(
          left.flatMap((row, i) =>
            row.table === 'QoS' ? createQos(String(i), row) : [createQueue(String(i), row)],
          ),
        ),
      ],
    },
  ];
}
