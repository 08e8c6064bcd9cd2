import type { Topology, TopologyEdge, TopologyNode } from './topology';

/** A jack, the card below it, or both. */
export type Cell = { readonly port: string | null; readonly card: string | null };

/** What stands below one bridge, or what is plugged in nowhere. */
export type Block = {
  readonly key: string;
  readonly host: string;
  bridge: string | null;
  network: string | null;
  /** Folds an expanded group again; sits in the bar. */
  handle: string | null;
  readonly uplinks: string[];
  /** Oldest first, by the id of the port, or of the card where there is no port. */
  readonly cells: Map<string, Cell>;
  /** Jacks of an expanded group too big for cells. */
  readonly grid: string[];
};

export type HostPlan = {
  readonly id: string;
  /** What it was made from: the same again gives the same plan. */
  readonly of: Contents;
  readonly outside: string[];
  readonly uplinks: string[];
  /** Uplinks of an unfolded group, when they are many: rows of their own. */
  readonly uplinkRows: string[];
  readonly members: Map<string, string[]>;
  readonly blocks: Map<string, Block>;
  /** Blocks of an unfolded group of bridges: below the others. */
  readonly annex: Map<string, Block>;
};

/** What is in one host, with the cables of its guests. */
type Contents = { readonly nodes: TopologyNode[]; readonly nics: TopologyEdge[] };

/** Every block has room for so many uplinks right above it. */
const MIN_COLUMNS = 2;

/** More uplinks of an unfolded group than these stand in rows of their own. */
const ROW_FROM = 8;

/** More jacks than these are drawn without their guests. */
export const GRID_FROM = 60;

/**
 * Decides what belongs where; geometry comes later. A host in which nothing has changed that matters here keeps its plan
 * of `before`, and so does every block of a host that has changed: the same object, so that one look tells.
 */
export function planHosts(
  topology: Topology,
  before: (host: string) => HostPlan | undefined,
): ReadonlyMap<string, HostPlan> {
  const hosts: TopologyNode[] = [];
  const contents = new Map<string, Contents>();
  const contentsOf = (host: string): Contents => {
    const known = contents.get(host);
    if (known) return known;
    const made: Contents = { nodes: [], nics: [] };
    contents.set(host, made);
    return made;
  };
  for (const n of Object.values(topology.nodes))
    if (n.parent !== null) contentsOf(n.parent).nodes.push(n);
    else if (n.kind === 'host') hosts.push(n);
  for (const edge of Object.values(topology.edges)) {
    const guest = edge.kind === 'nic' ? topology.nodes[edge.to] : undefined;
    if (guest && guest.parent !== null) contentsOf(guest.parent).nics.push(edge);
  }
  return new Map(
    oldestFirst(hosts).map(({ id }) => {
      const now = contentsOf(id);
      const was = before(id);
      return [id, was && alike(was.of, now) ? was : planHost(id, now, was)];
    }),
  );
}

/** Whether both would be planned alike: states, names and rates do not matter here. */
const alike = (a: Contents, b: Contents): boolean =>
  sameList(a.nodes, b.nodes, sameNode) &&
  sameList(a.nics, b.nics, (x, y) => x === y || (x.from === y.from && x.to === y.to));

const sameNode = (a: TopologyNode, b: TopologyNode): boolean =>
  a === b ||
  (a.id === b.id &&
    a.kind === b.kind &&
    a.band === b.band &&
    a.order === b.order &&
    a.anchor === b.anchor &&
    a.expanded === b.expanded &&
    (!a.expanded || sameList(a.members, b.members)));

function sameList<T>(a: readonly T[], b: readonly T[], equal = (x: T, y: T) => x === y): boolean {
  if (a.length !== b.length) return false;
  return a.every((x, i) => {
    const y = b[i];
    return y !== undefined && equal(x, y);
  });
}

const sameBlock = (a: Block, b: Block): boolean =>
  a.bridge === b.bridge &&
  a.network === b.network &&
  a.handle === b.handle &&
  sameList(a.uplinks, b.uplinks) &&
  sameList(a.grid, b.grid) &&
  sameList([...a.cells], [...b.cells], ([x, p], [y, q]) => x === y && p.port === q.port && p.card === q.card);

function planHost(id: string, of: Contents, before: HostPlan | undefined): HostPlan {
  const plan: HostPlan = {
    id,
    of,
    outside: [],
    uplinks: [],
    uplinkRows: [],
    members: new Map(),
    blocks: new Map(),
    annex: new Map(),
  };
  const nodes = new Map(of.nodes.map((n) => [n.id, n]));
  const home = homePorts(nodes, of.nics);
  const cardOf = new Map<string, string>();
  for (const [guest, port] of home) if (!cardOf.has(port)) cardOf.set(port, guest);
  const crowded = new Set<string>();
  for (const n of of.nodes)
    if (n.expanded && n.members.length > roomFor(n.band)) for (const m of n.members) crowded.add(m);
  for (const n of oldestFirst(of.nodes)) place({ nodes, plan, home, cardOf, crowded }, n);
  for (const [blocks, were] of [
    [plan.blocks, before?.blocks],
    [plan.annex, before?.annex],
  ] as const)
    for (const [key, block] of blocks) {
      const was = were?.get(key);
      if (was && sameBlock(was, block)) blocks.set(key, was);
    }
  return plan;
}

/** Members that an unfolded group shows in their ordinary places. */
const roomFor = (band: TopologyNode['band']): number =>
  band === 'port'
    ? GRID_FROM
    : band === 'uplink'
      ? ROW_FROM
      : band === 'bridge'
        ? 0
        : Number.POSITIVE_INFINITY;

type Sorting = {
  readonly nodes: ReadonlyMap<string, TopologyNode>;
  readonly plan: HostPlan;
  readonly home: ReadonlyMap<string, string>;
  readonly cardOf: ReadonlyMap<string, string>;
  readonly crowded: ReadonlySet<string>;
};

function place({ nodes, plan, home, cardOf, crowded }: Sorting, n: TopologyNode): void {
  const anchor = n.anchor === null ? undefined : nodes.get(n.anchor);
  const block = blocksOf(plan, crowded);
  if (n.band === 'outside') plan.outside.push(n.id);
  else if (n.band === 'uplink') {
    if (anchor?.kind === 'bond') push(plan.members, anchor.id, n.id);
    else if (crowded.has(n.id)) plan.uplinkRows.push(n.id);
    else aboveBridge(plan, block, anchor).push(n.id);
  } else if (n.kind === 'network') block(n.anchor ?? n.id).network = n.id;
  else if (n.band === 'bridge') block(n.id).bridge = n.id;
  else {
    const into = block(anchor?.band === 'bridge' ? anchor.id : `${plan.id} loose`);
    if (n.kind === 'group') {
      if (n.expanded) into.handle = n.id;
      else into.cells.set(n.id, { port: null, card: n.id });
    } else if (n.band === 'port') {
      if (crowded.has(n.id)) into.grid.push(n.id);
      else into.cells.set(n.id, { port: n.id, card: cardOf.get(n.id) ?? null });
    } else if (cardOf.get(home.get(n.id) ?? '') !== n.id) into.cells.set(n.id, { port: null, card: n.id });
  }
}

/** Right above the bridge it is plugged into, while there is room. */
function aboveBridge(plan: HostPlan, block: BlockOf, anchor: TopologyNode | undefined): string[] {
  if (anchor?.band !== 'bridge') return plan.uplinks;
  const { uplinks } = block(anchor.id);
  return uplinks.length < MIN_COLUMNS ? uplinks : plan.uplinks;
}

type BlockOf = (key: string) => Block;

/** Finds the block of a bridge, or begins one. */
const blocksOf =
  (plan: HostPlan, crowded: ReadonlySet<string>): BlockOf =>
  (key) => {
    const blocks = crowded.has(key) ? plan.annex : plan.blocks;
    const known = blocks.get(key);
    if (known) return known;
    const made: Block = {
      key,
      host: plan.id,
      bridge: null,
      network: null,
      handle: null,
      uplinks: [],
      cells: new Map(),
      grid: [],
    };
    blocks.set(key, made);
    return made;
  };

function push(into: Map<string, string[]>, key: string, id: string): void {
  const list = into.get(key);
  if (list) list.push(id);
  else into.set(key, [id]);
}

/** By creation, then by id. Facts mostly come in this order already, and then sorting is one pass. */
function oldestFirst(nodes: readonly TopologyNode[]): readonly TopologyNode[] {
  return nodes
    .map((node) => ({ node, order: node.order, id: node.id }))
    .sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
    .map((k) => k.node);
}

/** The oldest port of every guest: its card hangs there. */
function homePorts(
  nodes: ReadonlyMap<string, TopologyNode>,
  nics: readonly TopologyEdge[],
): ReadonlyMap<string, string> {
  const home = new Map<string, { port: string; order: number }>();
  for (const edge of nics) {
    const port = nodes.get(edge.from);
    const guest = nodes.get(edge.to);
    if (port?.band !== 'port' || guest?.band !== 'guest') continue;
    const best = home.get(guest.id);
    if (best === undefined || port.order < best.order)
      home.set(guest.id, { port: port.id, order: port.order });
  }
  return new Map([...home].map(([guest, { port }]) => [guest, port]));
}
