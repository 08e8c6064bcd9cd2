import { sameValue } from './canonical';
import { EVERY_VLAN, toOvsVlan } from './compile/ovs';
import { parsePortMark } from './compile/ports';
import type { OvsPortsGoal } from './compile/realisation';
import type { Tap } from './kinds/link';
import { items, type Link, type OvsBridge } from './observed';
import {
  type Columns,
  columnChange,
  NEW_PORT,
  ovsText,
  portColumns,
  transact,
  vlanColumns,
} from './plan-ovs-columns';
import { mtuAfter, mtuAgain } from './plan-ovs-mtu';
import { ovsAt, ovsPortsOf } from './plan-ovs-situation';
import type { Draft, Situation } from './plan-situation';
import { GUEST_KINDS, labelOf } from './port-guests';

type OvsPort = OvsBridge['ports'][number];
type GuestPort = { readonly port: OvsPort; readonly portgroup: string; readonly marked: boolean };

/** Ports of a network's guests: all that say so by their alias, and on a bridge of its own whatever guests are plugged in with. */
export function ovsGuestPorts(
  s: Pick<Situation, 'observed'>,
  goal: { readonly bridge: string; readonly network: string; readonly own: boolean },
): readonly GuestPort[] {
  const bridge = ovsAt(s.observed, goal.bridge);
  if (bridge === undefined) return [];
  const links = new Map<string, Link>(items(s.observed.links).map((l) => [l.name, l]));
  return ovsPortsOf(bridge).flatMap((port): GuestPort[] => {
    const link = links.get(port.name);
    if (link === undefined) return [];
    const mark = parsePortMark(link.alias);
    const marked = mark?.network === goal.network;
    if (!marked && !(goal.own && GUEST_KINDS.includes(link.kind))) return [];
    return [{ port, marked, portgroup: (marked ? mark?.portgroup : null) ?? '' }];
  });
}

const VLAN_COLUMNS = ['Port tag', 'Port trunks', 'Port vlan_mode'];

const tapVlans = ({ vlan }: Pick<Tap, 'vlan'>): Columns =>
  vlanColumns(vlan === undefined ? EVERY_VLAN : toOvsVlan(vlan));

/** VLANs of a tap of the host by its design. What means the same is left as it is written. */
export function tapVlanColumns(is: Columns, tap: Pick<Tap, 'vlan' | 'keepVlans'>): Columns {
  if (tap.keepVlans) return is;
  const to = { ...is, ...tapVlans(tap) };
  return sameVlans(is, to) ? is : to;
}

/** The native VLAN of a trunk is one of its VLANs, listed or not; one that is no native one means nothing on a trunk. */
function sameVlans(a: Columns, b: Columns): boolean {
  const meaning = (c: Columns) => {
    const [tag, mode] = [c['Port tag'] ?? null, c['Port vlan_mode'] ?? null];
    const all = c['Port trunks']?.split(',') ?? [];
    if (mode === 'access') return { mode, tag: tag ?? '0' };
    if (mode === 'trunk') return { mode, all: all.toSorted() };
    return {
      mode,
      tag: tag ?? '0',
      all: all.length === 0 ? [] : [...new Set([...all, tag ?? '0'])].toSorted(),
    };
  };
  return sameValue(meaning(a), meaning(b));
}

const tapAt = ({ desired }: Situation, name: string, bridge: string): Tap | undefined =>
  desired.links.flatMap((l) => (l.kind === 'tap' && l.name === name && l.bridge === bridge ? [l] : []))[0];

/** What a port shall be like. What nobody ever told anything of is left as it is. */
function wanted(s: Situation, goal: OvsPortsGoal, { port, portgroup, marked }: GuestPort): Columns {
  const is = portColumns(port);
  const was = s.was.ovsPorts.find((p) => p.network === goal.network);
  const group = goal.groups.get(portgroup) ?? goal.groups.get('');
  const before = was?.groups.get(portgroup) ?? was?.groups.get('');
  if (group === undefined) return is;
  // Where the network tells no VLANs apart, those of a tap of the host are its own.
  const tap = goal.tells ? undefined : tapAt(s, port.name, goal.bridge);
  const told = goal.tells || marked || (was?.tells ?? false);
  const vlans = tap === undefined ? (told ? vlanColumns(group.vlan) : {}) : tapVlanColumns(is, tap);
  const id = (now: string | null, then: string | null | undefined, column: string) => ({
    [column]: now !== null ? ovsText(now) : then ? null : (is[column] ?? null),
  });
  return {
    ...is,
    ...vlans,
    'Port protected': String(
      goal.isolated || (is['Port protected'] === 'true' && !marked && !(was?.isolated ?? false)),
    ),
    'Interface mtu_request':
      goal.mtu !== null
        ? String(goal.mtu)
        : was !== undefined && was.mtu !== null
          ? null
          : (is['Interface mtu_request'] ?? null),
    ...id(group.profileId, before?.profileId, 'Interface external_ids:port-profile'),
    ...id(group.interfaceId, before?.interfaceId, 'Interface external_ids:iface-id'),
  };
}

/** What a network wants of a port that is plugged in for the first time. */
function pluggedColumns(goal: OvsPortsGoal, portgroup: string): Columns {
  const group = goal.groups.get(portgroup) ?? goal.groups.get('');
  if (group === undefined) return NEW_PORT;
  const id = (value: string | null) => (value === null ? null : ovsText(value));
  return {
    ...vlanColumns(group.vlan),
    'Port protected': String(goal.isolated),
    'Interface mtu_request': goal.mtu === null ? null : String(goal.mtu),
    'Interface external_ids:port-profile': id(group.profileId),
    'Interface external_ids:iface-id': id(group.interfaceId),
  };
}

/** What a port needs that is plugged in for the first time. */
export const ovsPlugCommands = (
  goal: OvsPortsGoal,
  port: string,
  portgroup: string,
): readonly (readonly string[])[] => columnChange(port, NEW_PORT, pluggedColumns(goal, portgroup));

/** What the port of a tap of the host is told when it is plugged in. @param network whose own the bridge is, if any's */
export function tapPlugColumns(tap: Tap, network: OvsPortsGoal | undefined): Columns {
  const told = network === undefined ? NEW_PORT : pluggedColumns(network, '');
  return network?.tells ? told : { ...told, ...tapVlans(tap) };
}

/** "VLAN 10", "VLANs 10, 20, native 5". */
export function ovsVlanWords(columns: Columns): string {
  const [tag, mode] = [columns['Port tag'] ?? null, columns['Port vlan_mode']];
  const trunks = columns['Port trunks']?.split(',') ?? [];
  if (mode === 'access') return tag === null || tag === '0' ? 'no VLAN' : `VLAN ${tag}`;
  const native = tag === null ? [] : [`native ${tag}${mode === 'native-tagged' ? ' (tagged)' : ''}`];
  if (trunks.length === 0) return ['all VLANs', ...native].join(', ');
  return `VLANs ${[...trunks.filter((t) => t !== tag), ...native].join(', ')}`;
}

const moves = (from: Columns, to: Columns) => VLAN_COLUMNS.some((c) => from[c] !== to[c]);

export type OvsPortChange = {
  readonly port: string;
  readonly from: Columns;
  readonly to: Columns;
  readonly words: string;
};

/** Every guest's port, as it is and as it shall be. */
export const ovsPortStates = (s: Situation, goal: OvsPortsGoal): readonly Omit<OvsPortChange, 'words'>[] =>
  ovsGuestPorts(s, goal).map((guest) => ({
    port: guest.port.name,
    from: portColumns(guest.port),
    to: wanted(s, goal, guest),
  }));

/** Ports that are not as their network wants them. */
export function ovsPortChanges(s: Situation, goal: OvsPortsGoal): readonly OvsPortChange[] {
  return ovsGuestPorts(s, goal).flatMap((guest): OvsPortChange[] => {
    const from = portColumns(guest.port);
    const to = wanted(s, goal, guest);
    const { name } = guest.port;
    if (columnChange(name, from, to).length === 0) return [];
    const words = [
      ...(moves(from, to) ? [ovsVlanWords(to)] : []),
      ...(from['Port protected'] === to['Port protected']
        ? []
        : [to['Port protected'] === 'true' ? 'isolated' : 'not isolated']),
    ].join(', ');
    return [{ port: name, from, to, words: words || 'settings' }];
  });
}

/** All ports of a network that differ, in one transaction. */
export function ovsPortSteps(s: Situation, goal: OvsPortsGoal): readonly Draft[] {
  const changes = ovsPortChanges(s, goal);
  const [first] = changes;
  if (first === undefined) return [];
  const alike = new Set(changes.map((c) => c.words)).size === 1 ? `: ${first.words}` : '';
  const label = (port: string) => labelOf(s.observed, port);
  return [
    {
      title:
        changes.length === 1
          ? `Set port ${label(first.port)}${alike}`
          : `Set ${changes.length} ports of ${goal.network}${alike}`,
      touches: [`network ${goal.network}`, ...changes.map((c) => `port ${label(c.port)}`)],
      actions: [
        transact(changes.flatMap((c) => columnChange(c.port, c.from, c.to))),
        ...changes.flatMap((c) => mtuAfter(c.port, c.from, c.to)),
      ],
      inverse: [
        transact(changes.flatMap((c) => columnChange(c.port, c.to, c.from))),
        ...changes.flatMap((c) => mtuAgain(s, c.port, c.from, c.to)),
      ],
    },
  ];
}
