import { bandwidthProblems, floorProblems } from './bandwidth-check';
import type { Network } from './kinds/network';
import type { Bandwidth } from './kinds/port';
import { keptFloors } from './nic-limit';
import type { Observed } from './observed';
import type { Problem } from './result';

/** Limits of a network and of its portgroups that cannot be; also for what its NICs are guaranteed, where the host is known. */
export function checkLimits(network: Network, observed: Observed | null): readonly Problem[] {
  const { name, bandwidth, portgroups = [], footing } = network;
  const place = { of: 'network', by: footing === 'ovs' ? 'ovs' : 'tc' } as const;
  const at = (path: Problem['path'], problems: readonly Problem[]) =>
    problems.map((p) => ({ ...p, path: [...path, ...p.path] }));
  const of = (path: Problem['path'], limits: Bandwidth | undefined) =>
    at([...path, 'bandwidth'], bandwidthProblems(limits, place));
  const floors = observed === null ? [] : keptFloors(network, observed);
  return [
    ...of([], bandwidth),
    ...portgroups.flatMap((g, i) => of(['portgroups', i], g.bandwidth)),
    ...floorProblems(floors, { name, bandwidth }).map((p) => ({
      ...p,
      path: ['bandwidth', 'inbound', 'average'],
    })),
  ];
}
