import { limitRateWords } from '@/server/core/limited';
import type { NodeKind, TopologyNode } from '@/server/core/topology';

const KINDS: Readonly<Record<NodeKind, string>> = {
  host: 'host',
  uplink: 'uplink',
  bond: 'bond',
  bridge: 'bridge',
  vlan: 'VLAN device',
  tap: 'tap',
  veth: 'veth',
  macvtap: 'macvtap',
  tunnel: 'tunnel',
  'ovs-bridge': 'Open vSwitch bridge',
  'ovs-port': 'Open vSwitch port',
  network: 'network',
  guest: 'guest',
  namespace: 'namespace',
  group: 'group',
};
export const kindWords = (kind: NodeKind): string => KINDS[kind];

const PENDING = { added: 'will be added', changed: 'will be changed', removed: 'will be removed' } as const;

/** A node in one sentence, as a screen reader says it. */
export function nodeWords(node: TopologyNode): string {
  return [
    node.label,
    kindWords(node.kind),
    node.state,
    node.detail,
    node.vlans.length > 0 ? `VLAN ${node.vlans.join(', ')}` : '',
    ...node.badges,
    node.limits && node.band !== 'bridge' ? limitRateWords(node.limits) : '',
    node.pending === null ? '' : PENDING[node.pending],
  ]
    .filter(Boolean)
    .join(', ');
}
