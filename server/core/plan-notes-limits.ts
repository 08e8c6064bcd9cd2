import { bandwidthWarnings } from './bandwidth-check';
import type { IfName } from './ids';
import { bridgeOf, hasOwnBridge, type Network } from './kinds/network';
import type { Bandwidth } from './kinds/port';
import type { Observed } from './observed';
import { canPolice } from './plan-limits-ovs';
import { ovsAt } from './plan-ovs-situation';

/** What people should know of the limits of a network that is made or changed. */
export const limitNotes = (network: Network, observed: Observed): readonly string[] => [
  ...placeNotes(network, observed),
  ...numberNotes(network),
];

/** What comes of their numbers. */
function numberNotes({ name, bandwidth, footing, portgroups = [] }: Network): readonly string[] {
  const of = (whose: string, limits: Bandwidth | undefined) =>
    bandwidthWarnings(limits, footing === 'ovs' ? 'ovs' : 'tc').map((warning) => `${whose}: ${warning}`);
  return [
    ...of(`Network ${name}`, bandwidth),
    ...portgroups.flatMap((g) => of(`Network ${name}, portgroup ${g.name}`, g.bandwidth)),
  ];
}

export const FLOOR_NOTE = 'A floor is kept for IPv4 only: IPv6 of the same guest is not guaranteed anything.';

/** What comes of where they are. */
export function placeNotes(network: Network, observed: Observed): readonly string[] {
  const { name, footing, bandwidth, portgroups = [] } = network;
  const grouped = portgroups.some((g) => g.bandwidth !== undefined);
  if (bandwidth === undefined && !grouped) return [];
  const bridge = bridgeOf(network);
  const onSwitch =
    footing === 'ovs' || (footing === undefined && bridge !== null && ovsAt(observed, bridge) !== undefined);
  const own = hasOwnBridge(network);
  const ours = footing === undefined;
  const outbound = [bandwidth, ...portgroups.map((g) => g.bandwidth)].some((b) => b?.outbound !== undefined);
  return [
    ...(bandwidth !== undefined && own
      ? [
          `The limits of ${name} are on its bridge: traffic between its guests does not pass there, and is not limited.`,
        ]
      : []),
    ...(bandwidth !== undefined && !own && ours
      ? [
          `The limits of ${name} itself are kept, but limit nothing: its bridge is not its own. Those of portgroups do.`,
        ]
      : []),
    ...(bandwidth !== undefined && !own && !ours
      ? [
          `The limits of ${name} are on a bridge of the host: only what the host itself sends there and gets from there is limited, not its guests.`,
        ]
      : []),
    ...(onSwitch && bridge !== null ? onSwitchNotes(network, bridge, observed) : []),
    ...(ours && !onSwitch && outbound && observed.agent.polices === false
      ? [
          `This kernel drops nothing above a rate by itself (it lacks act_police): what guests of ${name} send goes through an ifb device that does.`,
        ]
      : []),
  ];
}

function onSwitchNotes(network: Network, bridge: IfName, observed: Observed): readonly string[] {
  const { name, bandwidth, portgroups = [] } = network;
  const [all, ...groups] = [bandwidth, ...portgroups.map((g) => g.bandwidth)];
  const peaks = [all, ...groups].some((b) => b?.inbound?.peak !== undefined);
  const never = observed.agent.ovsPolices === false;
  const outbound = [...(never ? [all] : []), ...groups].some((b) => b?.outbound !== undefined);
  const note = `What guests of ${name} send is not limited${never ? '' : ' at their ports'}`;
  return [
    ...(peaks
      ? [
          `A peak of what guests of ${name} get has no effect on Open vSwitch: a burst goes as fast as it can.`,
        ]
      : []),
    ...(outbound && never
      ? [
          `${note}: this kernel cannot drop what exceeds a rate as Open vSwitch asks for it (it lacks act_police, cls_matchall or cls_basic).`,
        ]
      : []),
    ...(outbound && !never && !canPolice({ observed }, bridge, 'port')
      ? [
          `${note}: bridge ${bridge} switches in the process ovs-vswitchd, which takes packets before the kernel could drop them.`,
        ]
      : []),
  ];
}
