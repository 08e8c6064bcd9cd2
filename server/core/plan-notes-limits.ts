import { hasOwnBridge, type Network } from './kinds/network';
import type { Observed } from './observed';

/** What people should know of the limits of a network that is made or changed. */
export function limitNotes(network: Network, { agent }: Pick<Observed, 'agent'>): readonly string[] {
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
  const peaks = [bandwidth, ...portgroups.map((g) => g.bandwidth)].some(
    (b) => b?.outbound?.peak !== undefined,
  );
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
    ...(peaks
      ? [`A peak of what guests of ${name} send has no effect: what exceeds the average is dropped.`]
      : []),
    ...(ours && outbound && agent.polices === false
      ? [
          `This kernel drops nothing above a rate by itself (it lacks act_police): what guests of ${name} send goes through an ifb device that does.`,
        ]
      : []),
  ];
}
