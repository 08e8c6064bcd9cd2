import type { Action } from './change';
import { portMark } from './compile/ports';
import type { PortsGoal, PortVlan } from './compile/realisation';
import { items, type Link, type Observed } from './observed';
import { type Draft, ip, type Situation } from './plan-situation';
import { guestOf, guestPorts, labelOf, markOf } from './port-guests';
import { bridgeActions, FRESH, type PortState, portChange, stateOf, vlanChange, vlansOf } from './port-state';

export const vlanFiltering = (bridge: string, on: boolean): Action =>
  ip('link', 'set', 'dev', bridge, 'type', 'bridge', 'vlan_filtering', on ? '1' : '0');

type Facts = Pick<Situation, 'observed'> & { readonly was: Situation['was'] | null };

const wasOf = (s: Facts, { network }: PortsGoal) => s.was?.ports.find((p) => p.network === network);

/** What a port shall be like. `bridge link` and the forwarding table are left alone as far as nobody ever set them. */
export function wantedState(s: Facts, goal: PortsGoal, port: Link): PortState {
  const from = stateOf(s.observed, port.name);
  const mark = markOf(s, goal, port);
  const was = wasOf(s, goal);
  const groups = goal.vlans?.ports;
  const vlans = groups?.get(mark?.portgroup ?? '') ?? groups?.get('') ?? from.vlans;
  const mac = guestOf(s.observed, port.name)?.mac ?? null;
  // Without its MAC nothing would reach it.
  const told = goal.told && mac !== null;
  const ours = mark !== null || (was?.told ?? false);
  const vids = [null, ...(goal.vlans === null ? [] : vlans.map((v) => v.vid))];
  return {
    vlans,
    isolated: goal.isolated || (from.isolated && mark === null && !was?.isolated),
    learning: told ? false : from.learning || ours,
    flood: told ? false : from.flood || ours,
    told: told ? vids.map((vid) => ({ mac, vid })) : was?.told ? [] : from.told,
  };
}

/** What a port needs that was just plugged in. */
export function plugActions(observed: Observed, goal: PortsGoal, port: string): readonly Action[] {
  const link = observed.links.known ? observed.links.value[port] : undefined;
  if (link === undefined) return [];
  const to = wantedState({ observed, was: null }, goal, link);
  return bridgeActions(portChange(port, stateOf(observed, port), to));
}

/** "VLAN 10", "VLANs 10, 20-22, untagged 5". */
export function vlanWords(vlans: readonly PortVlan[]): string {
  const runs: [number, number][] = [];
  for (const { vid } of vlans.filter((v) => !v.pvid)) {
    const run = runs.at(-1);
    if (run && run[1] + 1 === vid) run[1] = vid;
    else runs.push([vid, vid]);
  }
  const tagged = runs.map(([a, b]) => (a === b ? String(a) : `${a}-${b}`));
  const native = vlans.find((v) => v.pvid);
  if (vlans.length === 0) return 'no VLAN';
  if (native && tagged.length === 0) return `VLAN ${native.vid}`;
  const own = native ? [`native ${native.vid}${native.untagged ? '' : ' (tagged)'}`] : [];
  return `VLANs ${[...tagged, ...own].join(', ')}`;
}

function wordsFor(from: PortState, to: PortState, aware: boolean): string {
  const moved = vlanChange('', [from.vlans, to.vlans]).length > 0;
  return [
    ...(aware && moved ? [vlanWords(to.vlans)] : []),
    ...(from.isolated === to.isolated ? [] : [to.isolated ? 'isolated' : 'not isolated']),
    ...(from.learning === to.learning ? [] : [to.learning ? 'learns addresses' : 'is told its address']),
  ].join(', ');
}

/** Ports of guests as their network wants them; one step for all that differ. */
export function portSteps(s: Situation, goal: PortsGoal): readonly Draft[] {
  const at = { name: goal.bridge, network: goal.network, own: goal.own };
  const changes = guestPorts(s, at).flatMap((port) => {
    const from = stateOf(s.observed, port.name);
    const to = wantedState(s, goal, port);
    const forth = portChange(port.name, from, to);
    const words = wordsFor(from, to, goal.vlans !== null) || 'forwarding table';
    return forth.length === 0 ? [] : [{ port, forth, back: portChange(port.name, to, from), words }];
  });
  const [first] = changes;
  const label = (port: Link) => labelOf(s.observed, port.name);
  const alike = new Set(changes.map((c) => c.words)).size === 1 ? `: ${first?.words}` : '';
  const settings: readonly Draft[] =
    first === undefined
      ? []
      : [
          {
            title:
              changes.length === 1
                ? `Set port ${label(first.port)}${alike}`
                : `Set ${changes.length} ports of ${goal.network}${alike}`,
            touches: [`network ${goal.network}`, ...changes.map((c) => `port ${label(c.port)}`)],
            actions: bridgeActions(changes.flatMap((c) => c.forth)),
            inverse: bridgeActions(changes.flatMap((c) => c.back)),
          },
        ];
  return [...marks(s, goal), ...settings, ...hostPortMtu(s, goal)];
}

/** A network with a new name: its guests' ports learn it. */
function marks(s: Situation, goal: PortsGoal): readonly Draft[] {
  const at = { name: goal.bridge, network: goal.network, own: goal.own };
  return guestPorts(s, at).flatMap((port): Draft[] => {
    const mark = markOf(s, goal, port);
    if (mark === null || mark.network === goal.network) return [];
    const alias = portMark(goal.network, mark.portgroup, mark.bandwidth);
    return [
      {
        title: `Mark port ${labelOf(s.observed, port.name)} as one of network ${goal.network}`,
        touches: [`port ${port.name}`, `network ${goal.network}`],
        actions: [ip('link', 'set', 'dev', port.name, 'alias', alias)],
        inverse: [ip('link', 'set', 'dev', port.name, 'alias', port.alias ?? '')],
      },
    ];
  });
}

/** On a bridge of the host only the guests' ports are the network's; on its own bridge the bridge is set with them. */
function hostPortMtu(s: Situation, goal: PortsGoal): readonly Draft[] {
  const { mtu } = goal;
  if (goal.own || mtu === null) return [];
  return guestPorts(s, { name: goal.bridge, network: goal.network, own: false })
    .filter((p) => p.mtu !== mtu)
    .map((p) => ({
      title: `Set the MTU of port ${labelOf(s.observed, p.name)} to ${mtu}`,
      touches: [`port ${p.name}`, `network ${goal.network}`],
      actions: [ip('link', 'set', 'dev', p.name, 'mtu', String(mtu))],
      inverse: [ip('link', 'set', 'dev', p.name, 'mtu', String(p.mtu))],
    }));
}

/** The bridge of a network, VLANs told apart or not: ports and host first, so that nobody is cut off in between. */
export function vlanSteps(s: Situation, goal: PortsGoal): readonly Draft[] {
  const link = items(s.observed.links).find((l) => l.name === goal.bridge);
  const ports = portSteps(s, goal);
  if (!goal.own) return ports;
  const touches = [`bridge ${goal.bridge}`, `network ${goal.network}`];
  const on = goal.vlans !== null;
  const filters = link?.bridge?.vlanFiltering ?? false;
  const filtering: readonly Draft[] =
    filters === on
      ? []
      : [
          {
            title: `Tell VLANs ${on ? 'apart' : 'no longer apart'} on ${goal.bridge}`,
            touches,
            actions: [vlanFiltering(goal.bridge, on)],
            inverse: [vlanFiltering(goal.bridge, filters)],
          },
        ];
  return [
    ...(on ? [] : filtering),
    ...ports,
    ...hostSide(s, goal, link !== undefined),
    ...(on ? filtering : []),
  ];
}

function hostSide(s: Situation, { bridge, network, vlans }: PortsGoal, exists: boolean): readonly Draft[] {
  if (vlans === null) return [];
  const from = exists ? vlansOf(s.observed, bridge) : FRESH.vlans;
  const forth = vlanChange(bridge, [from, vlans.host], true);
  if (forth.length === 0) return [];
  return [
    {
      title: `Put the host's side of ${bridge} into ${vlanWords(vlans.host)}`,
      touches: [`bridge ${bridge}`, `network ${network}`],
      actions: bridgeActions(forth),
      inverse: bridgeActions(vlanChange(bridge, [vlans.host, from], true)),
    },
  ];
}

/** For a bridge that was made again. */
export const hostVlansBack = (s: Pick<Situation, 'observed'>, bridge: string): readonly Action[] =>
  bridgeActions(vlanChange(bridge, [FRESH.vlans, vlansOf(s.observed, bridge)], true));

/** For a port that was plugged in again. */
export function portBack({ observed }: Pick<Situation, 'observed'>, port: string): readonly Action[] {
  const state = stateOf(observed, port);
  // A kernel that tells no VLANs apart shows none.
  const vlans = state.vlans.length === 0 ? FRESH.vlans : state.vlans;
  return bridgeActions(portChange(port, FRESH, { ...state, vlans }));
}
