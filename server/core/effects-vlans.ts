import type { OvsVlan, PortVlan } from './compile/realisation';
import { type Effect, seatWords } from './effect';
import { AT_ONCE, type Guest, seatOf, tell } from './effects-seats';
import { bridgeOf, hasOwnBridge, type Network } from './kinds/network';
import { items } from './observed';
import type { Columns } from './plan-ovs-columns';
import { ovsGuestPorts, ovsPortStates, ovsVlanWords } from './plan-ovs-ports';
import { ovsAt } from './plan-ovs-situation';
import { vlanWords, wantedState } from './plan-ports';
import type { Situation } from './plan-situation';
import { guestPorts, markOf } from './port-guests';
import { stateOf, vlanChange, vlansOf } from './port-state';

/** VLANs that somebody takes part in; `all` where they are not told apart. */
type Vids = ReadonlySet<number> | 'all';
type Place = { readonly from: Vids; readonly to: Vids };
type Position = Place & { readonly port: string; readonly was: string; readonly becomes: string };

const meet = (a: Vids, b: Vids): boolean => {
  if (a === 'all') return b === 'all' || b.size > 0;
  return b === 'all' ? a.size > 0 : [...a].some((vid) => b.has(vid));
};

/** Ports of a network that move to other VLANs, and whom they lose by it. */
export function vlanEffects(
  s: Situation,
  { name, subnets }: Network,
  guests: readonly Guest[],
): readonly Effect[] {
  const { positions, host } = onLinux(s, name) ?? onOvs(s, name) ?? { positions: [], host: null };
  const alike = new Map<string, { place: Position; ports: Set<string> }>();
  for (const place of positions) {
    const key = JSON.stringify([place.was, place.becomes, keyOf(place.from), keyOf(place.to)]);
    const group = alike.get(key) ?? { place, ports: new Set<string>() };
    group.ports.add(place.port);
    alike.set(key, group);
  }
  const seated = (ports: ReadonlySet<string>) => guests.filter((g) => g.port !== null && ports.has(g.port));
  const loses = (a: Place, b: Place) => meet(a.from, b.from) && !meet(a.to, b.to);
  return [...alike.values()].flatMap(({ place, ports }) => {
    if (place.was === place.becomes) return [];
    const apart = [...alike.values()].flatMap((o) => (loses(place, o.place) ? seated(o.ports) : []));
    const lost = [
      ...(apart.length === 0 ? [] : [seatWords(apart.map(seatOf), 3)]),
      ...(host !== null && subnets.length > 0 && loses(place, host) ? ['the host'] : []),
    ];
    if (place.to === 'all')
      return tell(name, seated(ports), {
        what: `From ${place.was} to ${place.becomes}: everybody in the network can be reached.`,
        when: AT_ONCE,
        severity: 'new',
      });
    const whom =
      lost.length === 0
        ? 'who is not in the same VLAN'
        : `who is not in the same VLAN (${lost.join(' and ')})`;
    return tell(name, seated(ports), {
      what: `From ${place.was} to ${place.becomes}: ${whom} is out of reach. The address stays until the next lease.`,
      when: AT_ONCE,
      severity: 'ends',
    });
  });
}

const keyOf = (vids: Vids) => (vids === 'all' ? vids : [...vids].sort((a, b) => a - b));
const vidsOf = (vlans: readonly PortVlan[]): Vids => new Set(vlans.map((v) => v.vid));

function onLinux(
  s: Situation,
  network: string,
): { readonly positions: readonly Position[]; readonly host: Place } | null {
  const goal = s.goal.ports.find((p) => p.network === network);
  const link = items(s.observed.links).find((l) => l.name === goal?.bridge);
  if (goal === undefined || link === undefined) return null;
  const told = link.bridge?.vlanFiltering ?? false;
  // On a bridge of the host VLANs are the host's matter; without VLANs its ports are left as they are.
  const tells = goal.vlans !== null || (told && !goal.own);
  const positions = guestPorts(s, { name: goal.bridge, network, own: goal.own }).map((port): Position => {
    const from = stateOf(s.observed, port.name).vlans;
    const to = wantedState(s, goal, port).vlans;
    const stays = told === tells && vlanChange('', [from, to]).length === 0;
    const was = told ? vlanWords(from) : 'a bridge without VLANs';
    return {
      port: port.name,
      from: told ? vidsOf(from) : 'all',
      to: tells ? vidsOf(to) : 'all',
      was,
      becomes: stays ? was : tells ? vlanWords(to) : 'a bridge without VLANs',
    };
  });
  const host: Place = {
    from: told ? vidsOf(vlansOf(s.observed, goal.bridge)) : 'all',
    to: goal.vlans === null ? 'all' : vidsOf(goal.vlans.host),
  };
  return { positions, host };
}

function onOvs(
  s: Situation,
  network: string,
): { readonly positions: readonly Position[]; readonly host: Place | null } | null {
  const goal = s.goal.ovsPorts.find((p) => p.network === network);
  const bridge = goal === undefined ? undefined : ovsAt(s.observed, goal.bridge);
  if (goal === undefined || bridge === undefined) return null;
  const positions = ovsPortStates(s, goal).map(
    ({ port, from, to }): Position => ({
      port,
      from: ovsVids(from),
      to: ovsVids(to),
      was: ovsVlanWords(from),
      becomes: ovsVlanWords(to),
    }),
  );
  const own = s.goal.ovs.find((b) => b.name === goal.bridge);
  const now = bridge.ports.find((p) => p.name === bridge.name);
  if (own === undefined || now === undefined) return { positions, host: null };
  const nowMode = now.tag === null ? 'trunk' : 'access';
  const host = {
    from: vlanVids({ tag: now.tag, trunks: now.trunks, mode: now.vlanMode ?? nowMode }),
    to: vlanVids(own.vlan),
  };
  return { positions, host };
}

/** What is untagged is in VLAN 0 where a port has no tag. */
function vlanVids({ tag, trunks, mode }: Omit<OvsVlan, 'mode'> & { readonly mode: string }): Vids {
  if (mode === 'access') return new Set([tag ?? 0]);
  if (trunks.length === 0) return 'all';
  return new Set([...trunks, ...(tag === null ? [] : [tag])]);
}

function ovsVids(columns: Columns): Vids {
  const tag = columns['Port tag'] ?? null;
  const trunks = columns['Port trunks']?.split(',').map(Number) ?? [];
  return vlanVids({ tag: tag === null ? null : Number(tag), trunks, mode: columns['Port vlan_mode'] ?? '' });
}

/** Guests whose portgroup is gone: they get what ports without one get. */
export function portgroupEffects(
  s: Situation,
  network: Network,
  guests: readonly Guest[],
): readonly Effect[] {
  const { name, portgroups = [] } = network;
  const bridge = bridgeOf(network);
  if (bridge === null) return [];
  const own = hasOwnBridge(network);
  const named = [
    ...guestPorts(s, { name: bridge, network: name, own }).map((port) => ({
      port: port.name,
      group: markOf(s, { bridge, network: name }, port)?.portgroup ?? '',
    })),
    ...ovsGuestPorts(s, { bridge, network: name, own }).map((g) => ({
      port: g.port.name,
      group: g.portgroup,
    })),
  ].filter(({ group }) => group !== '' && !portgroups.some((g) => g.name === group));
  return [...new Set(named.map((n) => n.group))].flatMap((group) =>
    tell(
      name,
      guests.filter((g) => named.some((n) => n.group === group && n.port === g.port)),
      {
        what: `Portgroup ${group} is not there: what ports without a portgroup get holds instead.`,
        when: AT_ONCE,
        severity: 'later',
      },
    ),
  );
}
