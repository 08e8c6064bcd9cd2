import { existsSync } from 'node:fs';
import type { Fact, OvsBridge, OvsLeftover, OvsQos } from '@/server/core/observed';
import { fail, ok, type Result } from '@/server/core/result';
import { commandLine, run } from '../exec';
import { LAB_RUN } from '../lab-inside';
import { isInstalled, whyAbsent } from './installed';
import { keyed, known, type Parsed, unknown, whyNot } from './reading';
import { aFlag, anInt, anything, aText, listOf, Misfit, object, type Shape, type ShapeOf } from './shape';

/** Where Open vSwitch answers. */
export const OVS_SOCKET = `${process.env.OVS_RUNDIR ?? '/run/openvswitch'}/db.sock`;

const ARGV = [
  'ovs-vsctl',
  '--timeout=3',
  '-f',
  'json',
  '--',
  '--columns=name,datapath_type,fail_mode,stp_enable,external_ids,other_config,ports',
  'list',
  'Bridge',
  '--',
  '--columns=_uuid,name,tag,trunks,vlan_mode,protected,qos,interfaces',
  'list',
  'Port',
  '--',
  '--columns=_uuid,name,type,ofport,error,mac_in_use,link_state,options,mtu_request,external_ids,ingress_policing_rate,ingress_policing_burst',
  'list',
  'Interface',
  '--',
  '--columns=_uuid,type,other_config,external_ids,queues',
  'list',
  'QoS',
  '--',
  '--columns=_uuid,other_config,external_ids',
  'list',
  'Queue',
];

/** RFC 7047: `["uuid", X]`, `["set", […]]`, `["map", [[k, v], …]]`, or an atom, which stands for a set of one. */
const tagged =
  <T>(tag: string, inside: Shape<T>): Shape<T> =>
  (raw) => {
    const [first, second] = listOf(anything)(raw);
    if (first !== tag) throw new Misfit(`a ${tag} is expected`);
    return inside(second);
  };
const set = <T>(item: Shape<T>): Shape<T[]> => {
  const several = tagged('set', listOf(item));
  return (raw) => (Array.isArray(raw) && raw[0] === 'set' ? several(raw) : [item(raw)]);
};
const Uuid = tagged('uuid', aText);
const atMostOne =
  <T>(item: Shape<T>): Shape<T | null> =>
  (raw) =>
    set(item)(raw)[0] ?? null;
const Pairs = tagged('map', listOf(listOf(aText)));
const Numbered = tagged('map', listOf(listOf(anything)));
const StringMap: Shape<Readonly<Record<string, string>>> = (raw) =>
  keyed(Pairs(raw).map(([key = '', value = '']) => [key, value] as const));

const Table = object({ headings: listOf(aText), data: listOf(listOf(anything)) });
const BridgeRow = object({
  name: aText,
  datapath_type: aText,
  fail_mode: atMostOne(aText),
  stp_enable: aFlag,
  external_ids: StringMap,
  other_config: StringMap,
  ports: set(Uuid),
});
const PortRow = object({
  _uuid: Uuid,
  name: aText,
  tag: atMostOne(anInt),
  trunks: set(anInt),
  vlan_mode: atMostOne(aText),
  protected: aFlag,
  qos: atMostOne(Uuid),
  interfaces: set(Uuid),
});
const InterfaceRow = object({
  _uuid: Uuid,
  name: aText,
  type: aText,
  ofport: atMostOne(anInt),
  error: atMostOne(aText),
  mac_in_use: atMostOne(aText),
  link_state: atMostOne(aText),
  options: StringMap,
  mtu_request: atMostOne(anInt),
  external_ids: StringMap,
  ingress_policing_rate: anInt,
  ingress_policing_burst: anInt,
});
const QosRow = object({
  _uuid: Uuid,
  type: aText,
  other_config: StringMap,
  external_ids: StringMap,
  queues: (raw) => Numbered(raw).map(([number, id]) => [String(anInt(number)), Uuid(id)] as const),
});
const QueueRow = object({ _uuid: Uuid, other_config: StringMap, external_ids: StringMap });

const linesOf = (text: string) => text.split('\n').filter((l) => l.trim() !== '');

type Shapers = {
  readonly qosOf: ReadonlyMap<string, OvsQos>;
  /** Rows of Queue that no row of QoS has. */
  readonly queues: readonly ShapeOf<typeof QueueRow>[];
};

/** From the fourth and fifth table. */
function parseShapers(text: string): Result<Shapers> {
  const [, , , qosLine = '', queueLine = ''] = linesOf(text);
  const qos = rows(QosRow, qosLine);
  if (!qos.ok) return qos;
  const queues = rows(QueueRow, queueLine);
  if (!queues.ok) return queues;
  const queueOf = new Map(queues.value.map((q) => [q._uuid, q]));
  const used = new Set(qos.value.flatMap((q) => q.queues.map(([, id]) => id)));
  return ok({
    qosOf: new Map(
      qos.value.map((q) => [
        q._uuid,
        {
          ...{ type: q.type, ...confOf(q) },
          queues: keyed(
            q.queues.flatMap(([number, id]) => {
              const queue = queueOf.get(id);
              return queue === undefined ? [] : [[number, confOf(queue)] as const];
            }),
          ),
        },
      ]),
    ),
    queues: queues.value.filter((q) => !used.has(q._uuid)),
  });
}

const confOf = (row: ShapeOf<typeof QueueRow>) => ({
  id: row._uuid,
  otherConfig: { ...row.other_config },
  externalIds: { ...row.external_ids },
});

/** What limits no port any more: these two tables keep their rows when a port goes. */
export function parseLeftovers(text: string): Parsed<OvsLeftover> {
  const ports = rows(PortRow, linesOf(text)[1] ?? '');
  if (!ports.ok) return ports;
  const shapers = parseShapers(text);
  if (!shapers.ok) return shapers;
  const used = new Set(ports.value.map((p) => p.qos));
  return ok(
    keyed<OvsLeftover>([
      ...[...shapers.value.qosOf]
        .filter(([id]) => !used.has(id))
        .map(([id, qos]) => [id, { table: 'QoS' as const, ...qos }] as const),
      ...shapers.value.queues.map((q) => [q._uuid, { table: 'Queue' as const, ...confOf(q) }] as const),
    ]),
  );
}

/** Tables of one transaction, one a line: Bridge, Port, Interface, QoS, Queue. */
export function parseOvs(text: string): Parsed<OvsBridge> {
  const [bridgeLine = '', portLine = '', interfaceLine = ''] = linesOf(text);
  const bridges = rows(BridgeRow, bridgeLine);
  if (!bridges.ok) return bridges;
  const ports = rows(PortRow, portLine);
  if (!ports.ok) return ports;
  const interfaces = rows(InterfaceRow, interfaceLine);
  if (!interfaces.ok) return interfaces;
  const shapers = parseShapers(text);
  if (!shapers.ok) return shapers;
  const portOf = new Map(ports.value.map((p) => [p._uuid, p]));
  const interfaceOf = new Map(interfaces.value.map((i) => [i._uuid, i]));
  return ok(
    keyed<OvsBridge>(
      bridges.value.map((bridge) => [
        bridge.name,
        {
          name: bridge.name,
          datapath: bridge.datapath_type || 'system',
          failMode: bridge.fail_mode,
          stp: bridge.stp_enable,
          externalIds: { ...bridge.external_ids },
          otherConfig: { ...bridge.other_config },
          ports: present(bridge.ports, portOf).map((port) => ({
            name: port.name,
            tag: port.tag,
            trunks: port.trunks,
            vlanMode: port.vlan_mode,
            protected: port.protected,
            qos: port.qos === null ? null : (shapers.value.qosOf.get(port.qos) ?? null),
            interfaces: present(port.interfaces, interfaceOf).map((i) => ({
              name: i.name,
              type: i.type || 'system',
              ofport: i.ofport,
              error: i.error,
              mac: i.mac_in_use,
              linkState: i.link_state,
              options: { ...i.options },
              mtuRequest: i.mtu_request,
              policing: { rate: i.ingress_policing_rate, burst: i.ingress_policing_burst },
              externalIds: { ...i.external_ids },
            })),
          })),
        },
      ]),
    ),
  );
}

/** The rows that these ids name, in the order of their names: the database has no order of its own. */
function present<T extends { readonly name: string }>(
  ids: readonly string[],
  rowOf: ReadonlyMap<string, T>,
): T[] {
  return ids
    .flatMap((id) => rowOf.get(id) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function rows<T>(row: Shape<T>, line: string): Result<T[]> {
  try {
    const table = Table(JSON.parse(line));
    return ok(
      table.data.map((cells) => row(Object.fromEntries(table.headings.map((name, i) => [name, cells[i]])))),
    );
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e);
    return fail('NOT_UNDERSTOOD', `what ovs-vsctl printed cannot be understood: ${why}`);
  }
}

export type OvsFacts = { readonly ovsBridges: Fact<OvsBridge>; readonly ovsLeftovers: Fact<OvsLeftover> };

export async function observeOvs(): Promise<OvsFacts> {
  const command = commandLine(ARGV);
  const neither = (why: string): OvsFacts => ({
    ovsBridges: unknown(command, why),
    ovsLeftovers: unknown(command, why),
  });
  const absent = whyAbsent('Open vSwitch', 'ovs-vsctl', [OVS_SOCKET]);
  // A lab starts its own when the first thing is done with it: until then there is nothing.
  if (absent !== null && existsSync(LAB_RUN) && isInstalled('ovs-vswitchd'))
    return { ovsBridges: known(command, {}), ovsLeftovers: known(command, {}) };
  if (absent !== null) return neither(absent);
  // It ends by itself after three seconds; on a slow machine that is noticed late.
  const ran = await run(ARGV);
  if (!ran.ok) {
    const { code, detail } = ran.error;
    if (code === 'TOOL_MISSING') return neither('Open vSwitch is not installed');
    if (
      /database connection failed \(No such file/.test(detail ?? '') ||
      /Connection refused/.test(detail ?? '')
    )
      return neither('Open vSwitch is not running');
    return neither(whyNot(ran.error, 'Open vSwitch'));
  }
  const { stdout } = ran.value;
  const fact = <T>(parsed: Parsed<T>): Fact<T> =>
    parsed.ok ? known(command, parsed.value) : unknown(command, parsed.error.message);
  return { ovsBridges: fact(parseOvs(stdout)), ovsLeftovers: fact(parseLeftovers(stdout)) };
}

/** There is somebody to listen to; a lab has nobody until it needs one. */
export const ovsAnswers = (): boolean => existsSync(OVS_SOCKET);

/** Commands that tell of changes. Not all columns: statistics change every few seconds. */
export const ovsMonitors: readonly (readonly string[])[] = [
  ['Bridge', 'name,datapath_type,fail_mode,stp_enable,external_ids,other_config,ports'],
  ['Port', 'name,tag,trunks,vlan_mode,protected,qos,interfaces'],
  [
    'Interface',
    'name,type,ofport,error,mac_in_use,link_state,options,mtu_request,external_ids,ingress_policing_rate,ingress_policing_burst',
  ],
  ['QoS', 'type,other_config,external_ids,queues'],
  ['Queue', 'other_config,external_ids'],
].map((columns) => ['ovsdb-client', 'monitor', `unix:${OVS_SOCKET}`, 'Open_vSwitch', ...columns]);
