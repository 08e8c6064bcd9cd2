import { z } from 'zod';
import type { Fact, OvsBridge } from '@/server/core/observed';
import { fail, ok, type Result } from '@/server/core/result';
import { commandLine, run } from '../exec';
import { whyAbsent } from './installed';
import { keyed, known, type Parsed, unknown, whyNot } from './reading';

const SOCKET = `${process.env.OVS_RUNDIR ?? '/run/openvswitch'}/db.sock`;

const ARGV = [
  'ovs-vsctl',
  '--timeout=3',
  '-f',
  'json',
  '--',
  '--columns=name,datapath_type,fail_mode,ports',
  'list',
  'Bridge',
  '--',
  '--columns=_uuid,name,tag,trunks,vlan_mode,interfaces',
  'list',
  'Port',
  '--',
  '--columns=_uuid,name,type,ofport,error,mac_in_use,link_state,options',
  'list',
  'Interface',
];

/** RFC 7047: `["uuid", X]`, `["set", […]]`, `["map", [[k, v], …]]`, or an atom, which stands for a set of one. */
const Uuid = z.tuple([z.literal('uuid'), z.string()]).transform(([, id]) => id);
const set = <T extends z.ZodType>(item: T) =>
  z.union([
    z.tuple([z.literal('set'), z.array(item)]).transform(([, all]) => all),
    item.transform((one) => [one]),
  ]);
const maybe = <T extends z.ZodType>(item: T) => set(item).transform((all) => all[0] ?? null);
const StringMap = z
  .tuple([z.literal('map'), z.array(z.tuple([z.string(), z.string()]))])
  .transform(([, pairs]) => keyed(pairs));

const Table = z.object({ headings: z.array(z.string()), data: z.array(z.array(z.unknown())) });
const BridgeRow = z.object({
  name: z.string(),
  datapath_type: z.string(),
  fail_mode: maybe(z.string()),
  ports: set(Uuid),
});
const PortRow = z.object({
  _uuid: Uuid,
  name: z.string(),
  tag: maybe(z.int()),
  trunks: set(z.int()),
  vlan_mode: maybe(z.string()),
  interfaces: set(Uuid),
});
const InterfaceRow = z.object({
  _uuid: Uuid,
  name: z.string(),
  type: z.string(),
  ofport: maybe(z.int()),
  error: maybe(z.string()),
  mac_in_use: maybe(z.string()),
  link_state: maybe(z.string()),
  options: StringMap,
});

/** Three tables of one transaction, one a line: Bridge, Port, Interface. */
export function parseOvs(text: string): Parsed<OvsBridge> {
  const [bridgeLine = '', portLine = '', interfaceLine = ''] = text
    .split('\n')
    .filter((l) => l.trim() !== '');
  const bridges = rows(BridgeRow, bridgeLine);
  if (!bridges.ok) return bridges;
  const ports = rows(PortRow, portLine);
  if (!ports.ok) return ports;
  const interfaces = rows(InterfaceRow, interfaceLine);
  if (!interfaces.ok) return interfaces;
  const portOf = new Map(ports.value.map((p) => [p._uuid, p]));
  const interfaceOf = new Map(interfaces.value.map((i) => [i._uuid, i]));
  return ok(
    keyed(
      bridges.value.map((bridge) => [
        bridge.name,
        {
          name: bridge.name,
          datapath: bridge.datapath_type || 'system',
          failMode: bridge.fail_mode,
          ports: present(bridge.ports, portOf).map((port) => ({
            name: port.name,
            tag: port.tag,
            trunks: port.trunks,
            vlanMode: port.vlan_mode,
            interfaces: present(port.interfaces, interfaceOf).map((i) => ({
              name: i.name,
              type: i.type || 'system',
              ofport: i.ofport,
              error: i.error,
              mac: i.mac_in_use,
              linkState: i.link_state,
              options: { ...i.options },
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

function rows<S extends z.ZodType>(schema: S, line: string): Result<z.infer<S>[]> {
  try {
    const table = Table.parse(JSON.parse(line));
    return ok(
      table.data.map((row) =>
        schema.parse(Object.fromEntries(table.headings.map((name, i) => [name, row[i]]))),
      ),
    );
  } catch (e) {
    const why = e instanceof z.ZodError ? e.issues[0]?.message : e instanceof Error ? e.message : String(e);
    return fail('NOT_UNDERSTOOD', `what ovs-vsctl printed cannot be understood: ${why}`);
  }
}

export async function observeOvs(): Promise<Fact<OvsBridge>> {
  const command = commandLine(ARGV);
  const absent = whyAbsent('Open vSwitch', 'ovs-vsctl', [SOCKET]);
  if (absent !== null) return unknown(command, absent);
  const ran = await run(ARGV, { timeout: 4_000 });
  if (!ran.ok) {
    const { code, detail } = ran.error;
    if (code === 'TOOL_MISSING') return unknown(command, 'Open vSwitch is not installed');
    if (
      /database connection failed \(No such file/.test(detail ?? '') ||
      /Connection refused/.test(detail ?? '')
    )
      return unknown(command, 'Open vSwitch is not running');
    return unknown(command, whyNot(ran.error, 'Open vSwitch'));
  }
  const parsed = parseOvs(ran.value.stdout);
  return parsed.ok ? known(command, parsed.value) : unknown(command, parsed.error.message);
}

/** Commands that tell of changes. Not all columns: statistics change every few seconds. */
export const ovsMonitors: readonly (readonly string[])[] = [
  ['Bridge', 'name,datapath_type,fail_mode,ports'],
  ['Port', 'name,tag,trunks,vlan_mode,interfaces'],
  ['Interface', 'name,type,ofport,error,mac_in_use,link_state,options'],
].map((columns) => ['ovsdb-client', 'monitor', `unix:${SOCKET}`, 'Open_vSwitch', ...columns]);
