import { bitRate } from './bit-rate';
import { items } from './observed';
import {
  addEdge,
  addNode,
  alterNode,
  type Draft,
  limitOf,
  linkId,
  ovsPortId,
  rateOf,
} from './topology-draft';

const TUNNEL_TYPES = new Set(['vxlan', 'gre', 'geneve', 'stt', 'lisp', 'gtpu']);

/** Open vSwitch bridges and their ports; a port that is a device of the host takes over that device's node. */
export function addOvs(draft: Draft): void {
  for (const bridge of items(draft.observed.ovsBridges)) {
    const local = draft.linkOf.get(bridge.name);
    const id = linkId(draft.host, bridge.name);
    const seen = draft.nodes.get(id);
    const limit = limitOf(draft, bridge.name);
    addNode(draft, {
      id,
      kind: 'ovs-bridge',
      band: 'bridge',
      label: bridge.name,
      detail: seen?.detail ?? '',
      state: seen?.state ?? 'up',
      order: local?.index ?? 1,
      badges: [
        ...['Open vSwitch', bridge.datapath, bridge.failMode ?? 'system'].filter((b) => b !== 'system'),
        ...(limit === null ? [] : [`≤ ${bitRate(limit / 8)}`]),
      ],
      search: seen?.search ?? bridge.name.toLowerCase(),
    });
    for (const port of bridge.ports) {
      if (port.name === bridge.name) continue;
      const vlans = port.tag === null ? port.trunks : [port.tag, ...port.trunks];
      const first = port.interfaces[0];
      const broken = port.interfaces.find((i) => i.error !== null);
      const link = draft.linkOf.get(port.name);
      const node = draft.nodes.get(linkId(draft.host, port.name));
      if (link && node) {
        const uplink = node.band === 'uplink';
        alterNode(draft, node.id, { anchor: id, vlans });
        addEdge(draft, {
          from: uplink ? node.id : id,
          to: uplink ? id : node.id,
          kind: uplink ? 'uplink' : 'port',
          vlans,
          carrier: link.up && link.carrier,
          rate: rateOf(draft, link.name),
        });
        continue;
      }
      const tunnel = first !== undefined && TUNNEL_TYPES.has(first.type);
      const portId = ovsPortId(draft.host, port.name);
      addNode(draft, {
        id: portId,
        kind: tunnel ? 'tunnel' : 'ovs-port',
        band: tunnel ? 'uplink' : 'port',
        label: port.name,
        detail:
          broken?.error ??
          [first?.type, first?.options.remote_ip ? `to ${first.options.remote_ip}` : '']
            .filter(Boolean)
            .join(' '),
        state: broken ? 'down' : 'up',
        order: 10_000 + (first?.ofport ?? 0),
        anchor: id,
        vlans,
        badges: broken ? ['error'] : [],
        search: `${port.name} ${first?.mac ?? ''}`.toLowerCase(),
      });
      addEdge(draft, {
        from: tunnel ? portId : id,
        to: tunnel ? id : portId,
        kind: tunnel ? 'uplink' : 'port',
        vlans,
        carrier: broken === undefined,
      });
    }
  }
}
