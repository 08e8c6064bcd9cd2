import type { Action } from './change';
import type { OvsVlan } from './compile/realisation';
import type { OvsBridge } from './observed';

/*
 * Columns of Open vSwitch's database, and the one transaction that leads from one set of values to another.
 */

/** Key: `TABLE COLUMN` or `TABLE COLUMN:KEY` of a map; null: empty, or no such key. */
export type Columns = Readonly<Record<string, string | null>>;

/** A string of the database; bare words need no quotes. */
export const ovsText = (text: string): string =>
  /^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/.test(text) ? text : JSON.stringify(text);

/** Commands that bring the columns of the records called `name` (of a bridge, its port, its interface) from `from` to `to`. */
export function columnChange(name: string, from: Columns, to: Columns): readonly (readonly string[])[] {
  const sets = new Map<string, string[]>();
  const others: string[][] = [];
  for (const [key, value] of Object.entries(to)) {
    const before = from[key] ?? null;
    if (value === before) continue;
    const [table = '', column = ''] = key.split(' ');
    const [map, inMap] = column.split(':');
    if (value !== null) sets.set(table, [...(sets.get(table) ?? []), `${column}=${value}`]);
    else if (inMap !== undefined) others.push(['remove', table, name, map ?? '', inMap]);
    else others.push(['clear', table, name, column]);
  }
  return [...[...sets].map(([table, values]) => ['set', table, name, ...values]), ...others];
}

/** All commands in one transaction: they come true together, or none does. It waits until the switch has done it. */
export const transact = (commands: readonly (readonly string[])[]): Action => ({
  do: 'run',
  tool: 'ovs-vsctl',
  args: ['--timeout=9', ...commands.flatMap((words) => ['--', ...words])],
});

export const vlanColumns = ({ tag, trunks, mode }: OvsVlan): Columns => ({
  'Port tag': tag === null ? null : String(tag),
  'Port trunks': trunks.length === 0 ? null : trunks.join(','),
  'Port vlan_mode': mode,
});

type OvsPort = OvsBridge['ports'][number];

/** Without a mode, a port with a tag is an access port and one without is a trunk. */
export function vlanOf({ tag, trunks, vlanMode }: OvsPort): Columns {
  return {
    'Port tag': tag === null ? null : String(tag),
    'Port trunks': trunks.length === 0 ? null : trunks.toSorted((a, b) => a - b).join(','),
    'Port vlan_mode': vlanMode ?? (tag === null ? 'trunk' : 'access'),
  };
}

/** A port as `add-port` and `add-br` make it. */
export const NEW_PORT: Columns = {
  ...{ 'Port tag': null, 'Port trunks': null, 'Port vlan_mode': 'trunk', 'Port protected': 'false' },
  ...{ 'Interface mtu_request': null, 'Interface ingress_policing_rate': '0' },
  'Interface ingress_policing_burst': '0',
};
const IDS: Readonly<Record<string, string>> = {
  'Interface external_ids:port-profile': 'port-profile',
  'Interface external_ids:iface-id': 'iface-id',
};

/** What we may set of a port, as it is. */
export function portColumns(port: OvsPort): Columns {
  const [first] = port.interfaces;
  const id = (key: string) => {
    const value = first?.externalIds[key];
    return value === undefined ? null : ovsText(value);
  };
  return {
    ...vlanOf(port),
    'Port protected': String(port.protected),
    'Interface mtu_request': first?.mtuRequest == null ? null : String(first.mtuRequest),
    'Interface ingress_policing_rate': String(first?.policing.rate ?? 0),
    'Interface ingress_policing_burst': String(first?.policing.burst ?? 0),
    ...Object.fromEntries(Object.entries(IDS).map(([column, key]) => [column, id(key)])),
  };
}
