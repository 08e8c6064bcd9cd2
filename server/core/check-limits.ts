import { bandwidthProblems } from './bandwidth-check';
import type { Network } from './kinds/network';
import type { Bandwidth } from './kinds/port';
import type { Problem } from './result';

/** Limits of a network and of its portgroups that cannot be. */
export function checkLimits({ bandwidth, portgroups = [], footing }: Network): readonly Problem[] {
  const at = (path: Problem['path'], limits: Bandwidth | undefined) =>
    bandwidthProblems(limits, { of: 'network', by: footing === 'ovs' ? 'ovs' : 'tc' }).map((p) => ({
      ...p,
      path: [...path, 'bandwidth', ...p.path],
    }));
  return [at([], bandwidth), ...portgroups.map((g, i) => at(['portgroups', i], g.bandwidth))].flat();
}
