import type { Topology, TopologyNode } from './topology';

/** A jack, the card below it, or both. */
type Cell = { port: string | null; card: string | null };

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
  readonly outside: string[];
  readonly uplinks: string[];
  /** Uplinks of an unfolded group, when they are many: rows of their own. */
  readonly uplinkRows: string[];
  readonly members: Map<string, string[]>;
  readonly blocks: Map<string, Block>;
  /** Blocks of an unfolded group of bridges: below the others. */
  readonly annex: Map<string, Block>;
};

/** Every block has room for so many uplinks right above it. */
const MIN_COLUMNS = 2;

/** More uplinks of an unfolded group than these stand in rows of their own. */
const ROW_FROM = 8;

/** More jacks than these are drawn without their guests. */
export const GRID_FROM = 60;

/** Decides what belongs where; geometry comes later. */
export function planHosts(topology: Topology): ReadonlyMap<string, HostPlan> {
  const nodes = oldestFirst(topology);
  const plans = new Map<string, HostPlan>();
  for (const n of nodes)
    if (n.kind === 'host')
      plans.set(n.id, {
        id: n.id,
        outside: [],
        uplinks: [],
        uplinkRows: [],
        members: new Map(),
        blocks: new Map(),
        annex: new Map(),
      });
  const home = homePorts(topology);
  const cardOf = new Map<string, string>();
  for (const [guest, port] of home) if (!cardOf.has(port)) cardOf.set(port, guest);
  const crowded = new Set<string>();
  for (const n of nodes)
    if (n.expanded && n.members.length > roomFor(n.band)) for (const id of n.members) crowded.add(id);
  for (const n of nodes) {
    const plan = n.parent === null ? undefined : plans.get(n.parent);
    if (plan) place({ topology, plan, home, cardOf, crowded }, n);
  }
  return plans;
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
  readonly topology: Topology;
  readonly plan: HostPlan;
  readonly home: ReadonlyMap<string, string>;
  readonly cardOf: ReadonlyMap<string, string>;
  readonly crowded: ReadonlySet<string>;
};

function place({ topology, plan, home, cardOf, crowded }: Sorting, n: TopologyNode): void {
  const anchor = n.anchor === null ? undefined : topology.nodes[n.anchor];
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
function oldestFirst(topology: Topology): readonly TopologyNode[] {
  return Object.values(topology.nodes)
    .map((node) => ({ node, order: node.order, id: node.id }))
    .sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
    .map((k) => k.node);
}

/** The oldest port of every guest: its card hangs there. */
function homePorts(topology: Topology): ReadonlyMap<string, string> {
  const home = new Map<string, { port: string; order: number }>();
  for (const edge of Object.values(topology.edges)) {
    if (edge.kind !== 'nic') continue;
    const port = topology.nodes[edge.from];
    const guest = topology.nodes[edge.to];
    if (port?.band !== 'port' || guest?.band !== 'guest') continue;
    const best = home.get(guest.id);
    if (best === undefined || port.order < best.order)
      home.set(guest.id, { port: port.id, order: port.order });
  }
  return new Map([...home].map(([guest, { port }]) => [guest, port]));
}
