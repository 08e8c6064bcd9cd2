import { bridgeGroups } from './inspect-bridge';
import type { FactGroup } from './inspect-facts';
import { guestGroups, namespaceGroups } from './inspect-guest';
import { hostGroups } from './inspect-host';
import { linkGroups } from './inspect-link';
import { networkGroups } from './inspect-network';
import type { Observed } from './observed';

export type { FactGroup } from './inspect-facts';

/**
 * Everything known of one node of the topology, in groups as people read them, each fact with the command it came
 * from. What could not be read says why. Empty for a node that is not of this host, or no longer there.
 */
export function facts(observed: Observed, nodeId: string): readonly FactGroup[] {
  const host = observed.agent.host;
  if (nodeId === host) return hostGroups(observed);
  if (!nodeId.startsWith(`${host}/`)) return [];
  const [kind, ...rest] = nodeId.slice(host.length + 1).split('/');
  const name = rest.join('/');
  const groups = (() => {
    switch (kind) {
      case 'link':
        return [...linkGroups(observed, name), ...bridgeGroups(observed, name)];
      case 'network':
        return networkGroups(observed, name);
      case 'guest':
        return guestGroups(observed, name);
      case 'namespace':
        return namespaceGroups(observed, name);
      default:
        return [];
    }
  })();
  return groups.filter((g) => g.facts.length > 0);
}
