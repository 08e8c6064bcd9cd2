import { bandwidthWarnings } from './bandwidth-check';
import { hasOwnBridge, type Network } from './kinds/network';
import type { Bandwidth } from './kinds/port';
import type { Observed } from './observed';

/** What people should know of the limits of a network that is made or changed. */
export const limitNotes = (network: Network, observed: Pick<Observed, 'agent'>): readonly string[] => [
  ...placeNotes(network, observed),
  ...numberNotes(network),
];

/** What comes of their numbers. */
function numberNotes({ name, bandwidth, portgroups = [] }: Network): readonly string[] {
  const of = (whose: string, limits: Bandwidth | undefined) =>
    bandwidthWarnings(limits).map((warning) => `${whose}: ${warning}`);
  return [
    ...of(`Network ${name}`, bandwidth),
    ...portgroups.flatMap((g) => of(`Network ${name}, portgroup ${g.name}`, g.bandwidth)),
  ];
}

export const FLOOR_NOTE = 'A floor is kept for IPv4 only: IPv6 of the same guest is not guaranteed anything.';

/** What comes of where they are. */
export function placeNotes(network: Network, { agent }: Pick<Observed, 'agent'>): readonly string[] {
  const { name, footing, bandwidth, portgroups = [] } = network;
  const grouped = portgroups.some((g) => g.bandwidth !== undefined);
  if (bandwidth === undefined && !grouped) return [];
  if (footing === 'ovs')
    return [
      `The bandwidth limits of ${name} are kept with it, but nothing limits traffic on Open vSwitch yet.`,
    ];
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
    ...(ours && outbound && agent.polices === false
      ? [
          `This kernel drops nothing above a rate by itself (it lacks act_police): what guests of ${name} send goes through an ifb device that does.`,
        ]
      : []),
  ];
}
