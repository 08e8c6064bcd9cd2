import type { ChangeItem, Desired, Thing } from './change';
import { OVS_MARK } from './compile/ovs';
import { hasOwnBridge, type OwnNetwork } from './kinds/network';
import { items } from './observed';
import type { Pending } from './topology';
import {
  addEdge,
  addNode,
  alterNode,
  type Draft,
  linkId,
  networkId,
  ORDER_GHOST,
  ORDER_WITHOUT_LINK,
} from './topology-draft';

const MARK = 'patchbay:';
const WORDS: Readonly<Record<string, string>> = {
  none: 'Isolated',
  nat: 'NAT',
  route: 'Routed',
  open: 'Open',
  bridge: 'Bridge',
  unknown: 'Forward mode unknown',
};
const forwardWords = (mode: string): string => WORDS[mode] ?? mode;

/** Bridges that others made, known by the names they give. */
const MAKERS: readonly (readonly [RegExp, string])[] = [
  [/^(docker0|docker_gwbridge|br-[0-9a-f]{12})$/, 'Docker'],
  [/^podman\d+$/, 'Podman'],
  [/^(cni|cbr)\d+$/, 'Kubernetes'],
  [/^lxcbr\d+$/, 'LXC'],
  [/^lxdbr\d+$/, 'LXD'],
  [/^incusbr\d+$/, 'Incus'],
];

/** Networks of ours (by the bridge's alias) and of libvirt, and whose every bridge is. */
export function addNetworks(draft: Draft, kept: Desired): void {
  const claimed = new Set<string>();
  for (const network of items(draft.observed.libvirtNetworks)) {
    const bridge = network.bridge === null ? undefined : draft.linkOf.get(network.bridge);
    if (bridge) claimed.add(bridge.name);
    addNetwork(draft, {
      name: network.name,
      forward: network.forward || 'none',
      bridge: bridge?.name ?? null,
      maker: 'libvirt',
      up: network.active,
    });
  }
  for (const { name: bridge, externalIds } of items(draft.observed.ovsBridges)) {
    const name =
      externalIds[OVS_MARK] ??
      kept.networks.find((n) => n.adopted && n.footing === 'ovs' && n.bridge?.name === bridge)?.name;
    if (name === undefined || claimed.has(bridge)) continue;
    const up = draft.linkOf.get(bridge)?.up ?? false;
    addNetwork(draft, { name, forward: observedForward(draft, name, bridge), bridge, maker: 'Patchbay', up });
  }
  for (const link of draft.links) {
    if (link.kind !== 'bridge' || claimed.has(link.name)) continue;
    if (link.alias?.startsWith(MARK)) {
      const name = link.alias.slice(MARK.length);
      addNetwork(draft, {
        name,
        forward: observedForward(draft, name, link.name),
        bridge: link.name,
        maker: 'Patchbay',
        up: link.up,
      });
      continue;
    }
    const maker = MAKERS.find(([pattern]) => pattern.test(link.name))?.[1];
    if (maker) badge(draft, linkId(draft.host, link.name), maker);
    else if (/^virbr\d+$/.test(link.name) && !draft.observed.libvirtNetworks.known)
      badge(draft, linkId(draft.host, link.name), 'libvirt');
  }
}

function badge(draft: Draft, id: string, text: string): void {
  const node = draft.nodes.get(id);
  if (node) alterNode(draft, id, { badges: [text, ...node.badges] });
}

type Found = {
  readonly name: string;
  readonly forward: string;
  readonly bridge: string | null;
  readonly maker: string;
  readonly up: boolean;
};

function addNetwork(draft: Draft, found: Found): void {
  const bridge = found.bridge === null ? undefined : draft.nodes.get(linkId(draft.host, found.bridge));
  const network = { name: found.name, forward: found.forward };
  addNode(draft, {
    id: networkId(draft.host, found.name),
    kind: 'network',
    band: 'bridge',
    label: found.name,
    detail: found.up ? forwardWords(found.forward) : `${forwardWords(found.forward)} · not active`,
    state: found.up ? 'up' : 'down',
    order: bridge?.order ?? ORDER_WITHOUT_LINK,
    anchor: bridge?.id ?? null,
    badges: [found.maker],
    network,
    search: `${found.name} ${found.forward} ${found.bridge ?? ''}`.toLowerCase(),
  });
  if (!bridge) return;
  alterNode(draft, bridge.id, {
    network,
    badges: [found.maker, ...bridge.badges],
    search: `${bridge.search} ${found.name.toLowerCase()}`,
  });
  addForward(draft, bridge.id, found.forward);
}

/** The layer 3 way out of a network: to the devices with a default route. */
function addForward(draft: Draft, bridge: string, forward: string, pending: Pending = null): void {
  if (forward !== 'nat' && forward !== 'route') return;
  for (const device of draft.waysOut) {
    const way = draft.nodes.get(linkId(draft.host, device));
    if (way && way.id !== bridge)
      addEdge(draft, { from: way.id, to: bridge, kind: 'forward', carrier: way.state === 'up', pending });
  }
}

/**
 * The forward mode that the rules of our table make: masquerading is NAT; accepting what comes from or goes to the
 * bridge alone is routing; anything else keeps the network to itself.
 */
function observedForward(draft: Draft, name: string, bridge: string): string {
  const nft = draft.observed.nft;
  if (!nft.known) return 'unknown';
  let routed = false;
  for (const table of Object.values(nft.value)) {
    if (table.family !== 'inet' || table.name !== 'patchbay') continue;
    for (const chain of table.chains) {
      for (const rule of chain.rules) {
        if (!rule.comment?.startsWith(`${name}: `)) continue;
        const text = JSON.stringify(rule.expression);
        if (text.includes('"masquerade"') || text.includes('"snat"')) return 'nat';
        const forwards = chain.hook === 'forward' || (chain.hook === null && chain.name.includes('forward'));
        if (forwards && text.includes('"accept"') && text.split(JSON.stringify(bridge)).length === 2)
          routed = true;
      }
    }
  }
  return routed ? 'route' : 'none';
}

/** Draws what a change would do: ghosts for what comes, marks on what changes or goes. */
export function addPending(draft: Draft, changes: readonly ChangeItem[]): void {
  for (const change of changes) {
    const before = change.op === 'create' ? null : ownNetwork(change.before);
    const after = change.op === 'delete' ? null : ownNetwork(change.after);
    if (before !== null && before.bridge.name !== after?.bridge.name)
      mark(draft, before, before.adopted && after === null ? 'changed' : 'removed');
    if (after !== null) ghost(draft, after, before === null ? 'added' : 'changed');
  }
}

const ownNetwork = (thing: Thing): OwnNetwork | null =>
  thing.kind === 'network' && hasOwnBridge(thing) ? thing : null;

function mark(draft: Draft, network: OwnNetwork, pending: Pending): void {
  const bridge = linkId(draft.host, network.bridge.name);
  alterNode(draft, bridge, { pending });
  alterNode(draft, networkId(draft.host, network.name), { pending });
  for (const edge of draft.edges.values())
    if (edge.from === bridge || edge.to === bridge) draft.edges.set(edge.id, { ...edge, pending });
}

function ghost(draft: Draft, network: OwnNetwork, pending: 'added' | 'changed'): void {
  const bridge = linkId(draft.host, network.bridge.name);
  const id = networkId(draft.host, network.name);
  const summary = { name: network.name, forward: network.forward.mode };
  const detail = network.subnets.map((s) => `${s.address}/${s.prefix}`).join(' · ');
  if (!draft.nodes.has(bridge))
    addNode(draft, {
      id: bridge,
      kind: 'bridge',
      band: 'bridge',
      label: network.bridge.name,
      detail,
      order: ORDER_GHOST,
      badges: ['Patchbay', ...(network.bridge.stp ? ['STP'] : [])],
      network: summary,
      pending: 'added',
      search: `${network.bridge.name} ${network.name} ${detail}`.toLowerCase(),
    });
  else alterNode(draft, bridge, { pending, network: summary });
  const order = draft.nodes.get(bridge)?.order ?? ORDER_GHOST;
  addNode(draft, {
    id,
    kind: 'network',
    band: 'bridge',
    label: network.name,
    detail: forwardWords(network.forward.mode),
    order,
    anchor: bridge,
    badges: ['Patchbay'],
    network: summary,
    pending,
    search: `${network.name} ${network.forward.mode} ${network.bridge.name}`.toLowerCase(),
  });
  addForward(draft, bridge, network.forward.mode, pending);
}
