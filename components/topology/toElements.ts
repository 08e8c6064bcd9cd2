import type { Layout, Rail, Rect } from '@/server/core/layout';
import type { Topology, TopologyEdge, TopologyNode } from '@/server/core/topology';
import { related } from '@/server/core/topology-walk';
import { type Element, middle, type NodeData, type Point, type Role } from './elements';
import { edgeElement } from './toEdges';
import { nodeElements } from './toNodes';
import { type VlanLook, vlanLooks } from './vlanColours';

export type Overlay = {
  /** Everything in the colour of its VLAN, with numbers. */
  readonly vlans: boolean;
  /** Only this VLAN is bright; null for all. */
  readonly vlan: number | null;
};
export const NO_OVERLAY: Overlay = { vlans: false, vlan: null };

export type Scene = {
  readonly topology: Topology;
  readonly layout: Layout;
  readonly selection: string | null;
  readonly overlay: Overlay;
  /** Ids of what stands where somebody put it. */
  readonly pinned?: ReadonlySet<string>;
};

/** What node and edge drawing need to know besides the thing itself. */
export type Drawing = Scene & {
  readonly looks: ReadonlyMap<number, VlanLook>;
  /** Ids that keep their strength; null when nothing is dimmed. */
  readonly bright: ReadonlySet<string> | null;
  /** Network by the id of the bridge that realises it. */
  readonly networkOf: ReadonlyMap<string, string>;
  /** Bridges whose ports are unfolded, so that their bar has a handle. */
  readonly unfolded: ReadonlySet<string>;
};

/** Elements with all that they were made from. */
type Part = { readonly of: readonly unknown[]; readonly elements: readonly Element[] };

/** What is on the canvas, from back to front; handed back next time, so that only what changed is drawn again. */
export type Drawn = {
  readonly elements: readonly Element[];
  readonly parts: ReadonlyMap<string, Part>;
  readonly looks: ReadonlyMap<number, VlanLook>;
  readonly vlans: boolean;
};

/**
 * Everything on the canvas. Pure: the same scene gives the same elements; those of nodes, cables and rails that look as
 * they did are those of `before`, the same objects.
 */
export function toElements(scene: Scene, before?: Drawn): Drawn {
  const { topology, layout, overlay } = scene;
  const nodes = Object.values(topology.nodes);
  const drawing: Drawing = {
    ...scene,
    looks: vlanLooks(nodes.flatMap((n) => n.vlans)),
    bright: brightOnes(scene),
    networkOf: new Map(
      nodes.flatMap((n) => (n.kind === 'network' && n.anchor !== null ? [[n.anchor, n.id] as const] : [])),
    ),
    unfolded: new Set(nodes.flatMap((n) => (n.expanded && n.anchor !== null ? [n.anchor] : []))),
  };
  const { looks } = drawing;
  const parts = new Map<string, Part>();
  const were = before?.vlans === overlay.vlans && sameLooks(before.looks, looks) ? before.parts : undefined;
  const draw = (id: string, of: readonly unknown[], make: () => readonly Element[]): readonly Element[] => {
    const was = were?.get(id);
    const part = was?.of.every((x, i) => x === of[i]) ? was : { of, elements: make() };
    parts.set(id, part);
    return part.elements;
  };
  const dim = (id: string) => drawing.bright !== null && !drawing.bright.has(id);

  const back: Element[] = [];
  const front: Element[] = [];
  for (const node of nodes) {
    const rect = layout.positions[node.id];
    if (!rect) continue;
    const { id } = node;
    const pinned = scene.pinned?.has(id) ?? false;
    const of = [node, rect, dim(id), scene.selection === id, drawing.unfolded.has(id), pinned];
    const drawn = draw(id, of, () => nodeElements(drawing, node, rect));
    (node.kind === 'host' || node.kind === 'network' ? back : front).push(...drawn);
    if (pinned) front.push(...draw(`${id}#pin`, of, () => [pinElement(drawing, id, rect)]));
  }
  back.sort((a, b) => Number(a.classes.includes('lane')) - Number(b.classes.includes('lane')));
  const state = (id: string) => topology.nodes[id]?.state;
  const loose = Object.entries(layout.loose).flatMap(([host, rect]) =>
    draw(`${host}#loose`, [rect, dim(host), state(host)], () => looseElements(drawing, host, rect)),
  );
  const count = new Map<string, number>();
  const rails = layout.rails.flatMap((rail) => {
    const { bridge } = rail;
    const nth = count.get(bridge) ?? 0;
    count.set(bridge, nth + 1);
    const id = `${bridge}#rail${nth}`;
    return draw(id, [rail, dim(bridge), state(bridge)], () => [railElement(drawing, rail, id)]);
  });
  const there = new Set([...back, ...front].map((e) => e.data.id));
  const cables = Object.values(topology.edges)
    .flatMap((edge) => {
      const { id, from, to } = edge;
      const network = drawing.networkOf.get(to) ?? '';
      const ends = [topology.nodes[from], topology.nodes[to], network];
      const rects = [layout.positions[from], layout.positions[to], layout.positions[network]];
      return draw(id, [edge, dim(id), ...ends, ...rects], () => {
        const cable = edgeElement(drawing, edge);
        return cable ? [cable] : [];
      });
    })
    .filter((e) => e.group === 'edges' && there.has(e.data.source) && there.has(e.data.target));
  const elements = [...back, ...loose, ...rails, ...front, ...cables];
  return { elements, parts, looks, vlans: overlay.vlans };
}

const sameLooks = (a: Drawn['looks'], b: Drawn['looks']): boolean =>
  a.size === b.size &&
  [...a].every(([vlan, { hue, pattern }]) => {
    const look = b.get(vlan);
    return look?.hue === hue && look.pattern === pattern;
  });

function brightOnes({ topology, selection, overlay }: Scene): ReadonlySet<string> | null {
  if (overlay.vlan !== null) return inVlan(topology, overlay.vlan);
  if (selection === null || !topology.nodes[selection]) return null;
  const bright = new Set(related(topology, selection));
  for (const n of Object.values(topology.nodes))
    if (n.kind === 'host' && [...bright].some((id) => topology.nodes[id]?.parent === n.id)) bright.add(n.id);
  return bright;
}

function inVlan(topology: Topology, vlan: number): ReadonlySet<string> {
  const bright = new Set<string>();
  const has = (x: TopologyNode | TopologyEdge) => x.vlans.includes(vlan);
  for (const e of Object.values(topology.edges))
    if (has(e)) for (const id of [e.id, e.from, e.to]) bright.add(id);
  for (const n of Object.values(topology.nodes)) {
    if (has(n)) bright.add(n.id);
    if (n.kind === 'host') bright.add(n.id);
  }
  for (const n of Object.values(topology.nodes))
    if (n.kind === 'network' && n.anchor !== null && bright.has(n.anchor)) bright.add(n.id);
  return bright;
}

/** A part that belongs to a node but says nothing of its own. */
function part(
  drawing: Drawing,
  of: string,
  more: Partial<NodeData> & { id: string; role: Role },
  at: Point,
): Element {
  const dim = drawing.bright !== null && !drawing.bright.has(of);
  return {
    group: 'nodes',
    data: {
      of,
      w: 1,
      h: 1,
      label: '',
      hue: 0,
      ring: '',
      icon: '',
      state: drawing.topology.nodes[of]?.state ?? 'up',
      look: '',
      side: '',
      ...more,
    },
    position: at,
    classes: dim ? `${more.role} dim` : more.role,
  };
}

/** On the corner of what somebody put where it is. */
const PIN = 18;
const pinElement = (drawing: Drawing, of: string, r: Rect): Element =>
  part(drawing, of, { id: `${of}#pin`, role: 'pin', w: PIN, h: PIN }, { x: r.x + r.w - 2, y: r.y });

const railElement = (drawing: Drawing, rail: Rail, id: string): Element =>
  part(drawing, rail.bridge, { id, role: 'rail', w: rail.w, h: rail.h }, middle(rail));

const looseElements = (drawing: Drawing, host: string, rect: Rect): readonly Element[] => [
  part(drawing, host, { id: `${host}#loose`, role: 'loose', w: rect.w, h: rect.h }, middle(rect)),
  part(
    drawing,
    host,
    { id: `${host}#loose-heading`, role: 'text', label: 'Not plugged in', look: 'heading', side: 'right' },
    { x: rect.x + 18, y: rect.y + 17 },
  ),
];
