import { sameValue } from './canonical';
import type { Action } from './change';
import type { Limits } from './compile/realisation';
import type { OvsBridge, OvsQos } from './observed';
import { columnChange, ovsText, transact } from './plan-ovs-columns';

/*
 * Rows of Open vSwitch by which a port shapes what it sends: one of QoS and its queue 0, which takes everything. Both
 * tables keep their rows when nothing refers to them any more, so that whoever makes rows takes them away. Ours carry
 * the name of their port: an inverse that was made before them cannot know their ids.
 */

/** Key in `external_ids`; the value is the port. */
const LIMIT_MARK = 'patchbay-port';

type OvsPort = OvsBridge['ports'][number];
export type QosRows = Pick<OvsQos, 'type' | 'otherConfig' | 'externalIds'> & {
  readonly queues: Readonly<Record<string, Pick<OvsQos, 'otherConfig' | 'externalIds'>>>;
};

/**
 * Open vSwitch puts the queue into a class that has the rate of the whole at most: a peak above the average would be
 * the rate for good, as what the queue borrows there it never pays back. So there is none.
 */
export function qosRows(port: string, { rate, burst }: NonNullable<Limits['sent']>): QosRows {
  const externalIds = { [LIMIT_MARK]: port };
  const most = { 'max-rate': String(rate * 8) };
  return {
    ...{ type: 'linux-htb', otherConfig: most, externalIds },
    queues: {
      0: {
        otherConfig: {
          ...{ 'min-rate': String(rate * 8), ...most },
          ...(burst === null ? {} : { burst: String(burst * 8) }),
        },
        externalIds,
      },
    },
  };
}

/** Bytes per second; null where nothing says so. */
export const rateOfQos = ({ otherConfig }: QosRows): number | null =>
  otherConfig['max-rate'] === undefined ? null : Number(otherConfig['max-rate']) / 8;

/** The port that we made it for; null where it is somebody else's. */
export const portOfOurs = ({ externalIds }: Pick<OvsQos, 'externalIds'>): string | null =>
  externalIds[LIMIT_MARK] ?? null;

export const isOurQos = (port: string, qos: OvsQos): boolean => portOfOurs(qos) === port;

export const sameQos = (a: QosRows, b: QosRows): boolean => sameValue(rowsOf(a), rowsOf(b));

const rowsOf = ({ type, otherConfig, externalIds, queues }: QosRows) => ({
  ...{ type, otherConfig, externalIds },
  queues: Object.entries(queues).map(([n, q]) => [n, q.otherConfig, q.externalIds]),
});

/** Can rows that are there become these by their settings alone? Packets go on through them then. */
export const alikeQos = (a: QosRows, b: QosRows): boolean => sameValue(bonesOf(a), bonesOf(b));

const bonesOf = (qos: QosRows) => {
  const { queues, ...rest } = rowsOf(qos);
  return { ...rest, otherConfig: null, queues: queues.map(([n, , externalIds]) => [n, externalIds]) };
};

/** Commands that bring the settings of rows that are there from one state to another. */
export const changeQos = (
  { id, queues }: OvsQos,
  from: QosRows,
  to: QosRows,
): readonly (readonly string[])[] => [
  ...configChange(`QoS ${id}`, from.otherConfig, to.otherConfig),
  ...Object.entries(queues).flatMap(([n, queue]) =>
    configChange(`Queue ${queue.id}`, from.queues[n]?.otherConfig ?? {}, to.queues[n]?.otherConfig ?? {}),
  ),
];

type Config = Readonly<Record<string, string>>;
function configChange(row: string, from: Config, to: Config): readonly (readonly string[])[] {
  const [table = '', id = ''] = row.split(' ');
  const columns = (config: Config) =>
    Object.fromEntries(
      Object.keys({ ...from, ...to }).map((key) => [`${table} other_config:${key}`, config[key] ?? null]),
    );
  return columnChange(id, columns(from), columns(to));
}

const pairs = (column: string, map: Readonly<Record<string, string>>) =>
  Object.entries(map).map(([key, value]) => `${column}:${key}=${ovsText(value)}`);

/** One row of Queue; `name`: what it is called in the transaction. */
export const createQueue = (
  name: string,
  { otherConfig, externalIds }: Pick<OvsQos, 'otherConfig' | 'externalIds'>,
): readonly string[] => [
  ...[`--id=@${name}`, 'create', 'Queue'],
  ...[...pairs('other_config', otherConfig), ...pairs('external_ids', externalIds)],
];

/** One row of QoS and those of its queues. */
export function createQos(name: string, qos: QosRows): readonly (readonly string[])[] {
  const queues = Object.entries(qos.queues);
  const row = [`--id=@qos-${name}`, 'create', 'QoS', `type=${ovsText(qos.type)}`];
  return [
    [
      ...[...row, ...pairs('other_config', qos.otherConfig), ...pairs('external_ids', qos.externalIds)],
      ...queues.map(([n]) => `queues:${n}=@queue${n}-${name}`),
    ],
    ...queues.map(([n, queue]) => createQueue(`queue${n}-${name}`, queue)),
  ];
}

/** Makes the rows and gives them to their port. */
export const giveQos = (port: string, qos: QosRows): readonly (readonly string[])[] => [
  ['set', 'Port', port, `qos=@qos-${port}`],
  ...createQos(port, qos),
];

/** The port no longer has any: the switch takes its queueing away, which it does not when the port itself goes. */
export const takeQos = (port: string): readonly string[] => ['--if-exists', 'clear', 'Port', port, 'qos'];

/** Deletes rows that are seen: those of ours. */
export const destroyQos = (qos: OvsQos): readonly (readonly string[])[] => [
  ['--if-exists', 'destroy', 'QoS', qos.id],
  ...Object.values(qos.queues)
    .filter((queue) => portOfOurs(queue) !== null)
    .map((queue) => ['--if-exists', 'destroy', 'Queue', queue.id]),
];

/** Deletes our rows of a port, whatever their ids are. */
export const forgetQos = (port: string): Action => ({
  do: 'run',
  tool: 'ovsdb-client',
  args: [
    '--timeout=9',
    'transact',
    JSON.stringify([
      'Open_vSwitch',
      ...['QoS', 'Queue'].map((table) => ({
        ...{ op: 'delete', table },
        where: [['external_ids', 'includes', ['map', [[LIMIT_MARK, port]]]]],
      })),
    ]),
  ],
});

/** Commands that give a port which is made again what it had: our rows went with it, others are still there. */
export const qosAgain = ({ name, qos }: OvsPort): readonly (readonly string[])[] =>
  qos === null ? [] : isOurQos(name, qos) ? giveQos(name, qos) : [['set', 'Port', name, `qos=${qos.id}`]];

const NOT_POLICED = ['ingress_policing_rate=0', 'ingress_policing_burst=0'] as const;

/** Of a port that was plugged in by us. */
export const unlimited = (port: string): readonly (readonly string[])[] => [
  takeQos(port),
  ['--if-exists', 'set', 'Interface', port, ...NOT_POLICED],
];

/** Before a port goes whose device stays: with it goes nothing of what the kernel was told. */
export function unlimitFirst(ports: readonly OvsPort[]): readonly Action[] {
  const commands = ports.flatMap(({ name, qos, interfaces }) => [
    ...(qos === null ? [] : [takeQos(name)]),
    ...interfaces
      .filter((i) => i.policing.rate > 0)
      .map((i) => ['--if-exists', 'set', 'Interface', i.name, ...NOT_POLICED]),
  ]);
  return commands.length === 0 ? [] : [transact(commands)];
}

/** After ports went: their rows of ours. */
export const forgetRows = (ports: readonly OvsPort[]): readonly Action[] =>
  ports.filter(({ name, qos }) => qos !== null && isOurQos(name, qos)).map(({ name }) => forgetQos(name));
