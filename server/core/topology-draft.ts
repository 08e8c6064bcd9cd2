import { applyItems } from './apply-items';
import { type Desired, NOTHING } from './change';
import type { HostId } from './ids';
import { isForeign } from './limit-state';
import { limitTruths } from './limit-truth';
import { type LimitTruth, narrowest, withFlow } from './limited';
import { shownLimits } from './limits-shown';
import { items, type Link, type Observed, type Rates } from './observed';
import type { HostView, TopologyEdge, TopologyNode } from './topology';

/** Orders of things that have no ifindex: after every real one, so that they never push a real one aside. */
export const ORDER_WITHOUT_LINK = 1_000_000;
/** A group that stands for what comes after everything real. */
export const ORDER_MANY = 1_500_000;
export const ORDER_GHOST = 2_000_000;

export const hostNodeId = (host: HostId): string => host;
export const linkId = (host: HostId, name: string): string => `${host}/link/${name}`;
export const guestId = (host: HostId, name: string): string => `${host}/guest/${name}`;
export const networkId = (host: HostId, name: string): string => `${host}/network/${name}`;
export const namespaceId = (host: HostId, name: string): string => `${host}/namespace/${name}`;
export const ovsPortId = (host: HostId, name: string): string => `${host}/ovs/${name}`;

/** One host's part of a topology while it is built. */
export type Draft = {
  readonly host: HostId;
  readonly observed: Observed;
  readonly rates: Rates;
  /** By device: how it is limited, and should be. */
  readonly limits: ReadonlyMap<string, LimitTruth>;
  readonly links: readonly Link[];
  readonly linkOf: ReadonlyMap<string, Link>;
  /** Devices with a default route. */
  readonly waysOut: ReadonlySet<string>;
  readonly nodes: Map<string, TopologyNode>;
  readonly edges: Map<string, TopologyEdge>;
};

export function startDraft({ observed, rates, pending, kept = NOTHING, moving = false }: HostView): Draft {
  const links = [...items(observed.links)].sort((a, b) => a.index - b.index);
  return {
    host: observed.agent.host,
    observed,
    rates,
    limits: limitTruths(observed, { desired: moving ? soon(kept, pending) : kept, moving }),
    links,
    waysOut: new Set(
      items(observed.routes).flatMap((r) =>
        r.destination === 'default' && r.type === 'unicast' && r.device !== null ? [r.device] : [],
      ),
    ),
    linkOf: new Map(links.map((l) => [l.name, l])),
    nodes: new Map(),
    edges: new Map(),
  };
}

/** What is being made. */
function soon(kept: Desired, pending: HostView['pending']): Desired {
  const then = applyItems(kept, pending);
  return then.ok ? then.value : kept;
}

type Sketch = Pick<TopologyNode, 'id' | 'kind' | 'band' | 'label' | 'order'> & Partial<TopologyNode>;

/** A node with everything that was not said set to nothing. */
export function addNode(draft: Draft, sketch: Sketch): TopologyNode {
  const node: TopologyNode = {
    host: draft.host,
    parent: hostNodeId(draft.host),
    detail: '',
    state: 'up',
    anchor: null,
    vlans: [],
    badges: [],
    network: null,
    pending: null,
    members: [],
    search: sketch.label.toLowerCase(),
    ...sketch,
  };
  draft.nodes.set(node.id, node);
  return node;
}

export function alterNode(draft: Draft, id: string, change: Partial<TopologyNode>): void {
  const node = draft.nodes.get(id);
  if (node) draft.nodes.set(id, { ...node, ...change });
}

type Cable = Pick<TopologyEdge, 'from' | 'to' | 'kind'> & Partial<TopologyEdge>;

/** An edge between two nodes of the draft; ids are readable and the same in every reading. */
export function addEdge(draft: Draft, cable: Cable): void {
  const id = `${cable.kind}:${cable.from}>${cable.to}`;
  draft.edges.set(id, {
    id,
    vlans: [],
    carrier: true,
    rate: null,
    limit: null,
    mtu: null,
    pending: null,
    ...cable,
  });
}

/** Bit per second over an interface, both directions; null where it is not sampled. */
export function rateOf(draft: Draft, name: string): number | null {
  const rate = draft.rates[name];
  return rate === undefined ? null : (rate.rx + rate.tx) * 8;
}

/** How an interface is limited, and whether that holds up what flows now. */
export function limitsOf({ limits, rates }: Draft, name: string): LimitTruth | undefined {
  const truth = limits.get(name);
  return truth && withFlow(truth, Object.hasOwn(rates, name) ? rates[name] : undefined);
}

/** Bit per second that an interface lets through in the narrower direction; null where nobody limits it. */
export function limitOf(draft: Draft, name: string): number | null {
  const truth = draft.limits.get(name);
  if (truth !== undefined) return narrowest(truth);
  const { sent, received } = shownLimits(draft.observed, name);
  const rates = [sent, received].flatMap((part) => (part === null || isForeign(part) ? [] : [part.rate * 8]));
  return rates.length === 0 ? null : Math.min(...rates);
}

/** Addresses people care about: not link-local ones, IPv4 first. */
export function shownAddresses(link: Link): readonly string[] {
  return link.addresses
    .filter((a) => a.scope === 'global' || a.scope === 'site')
    .sort((a, b) => a.family - b.family)
    .map((a) => `${a.address}/${a.prefix}`);
}

/** Everything of a link that a person may type to find it. */
export function searchText(link: Link, ...more: readonly (string | null)[]): string {
  return [link.name, link.mac, link.alias, ...link.addresses.map((a) => a.address), ...more]
    .filter((s): s is string => s !== null && s !== '')
    .join(' ')
    .toLowerCase();
}
