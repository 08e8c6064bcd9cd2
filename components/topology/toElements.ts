import type { Layout, Rect } from '@/server/core/layout';
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

/** Everything on the canvas, from back to front. Pure: the same scene gives the same elements. */
export function toElements(scene: Scene): readonly Element[] {
  const { topology, layout } = scene;
  const drawing: Drawing = {
    ...scene,
    looks: vlanLooks(Object.values(topology.nodes).flatMap((n) => n.vlans)),
    bright: brightOnes(scene),
    networkOf: new Map(
      Object.values(topology.nodes).flatMap((n) =>
        n.kind === 'network' && n.anchor !== null ? [[n.anchor, n.id] as const] : [],
      ),
    ),
    unfolded: new Set(
      Object.values(topology.nodes).flatMap((n) => (n.expanded && n.anchor !== null ? [n.anchor] : [])),
    ),
  };
  const back: Element[] = [];
  const front: Element[] = [];
  for (const node of Object.values(topology.nodes)) {
    const rect = layout.positions[node.id];
    if (!rect) continue;
    const into = node.kind === 'host' || node.kind === 'network' ? back : front;
    into.push(...nodeElements(drawing, node, rect));
    if (scene.pinned?.has(node.id)) front.push(pinElement(drawing, node.id, rect));
  }
  back.sort((a, b) => Number(a.classes.includes('lane')) - Number(b.classes.includes('lane')));
  const rails = layout.rails.map((rail, i) => railElement(drawing, rail, i));
  const loose = Object.entries(layout.loose).flatMap(([host, rect]) => looseElements(drawing, host, rect));
  const drawn = new Set([...back, ...front].map((e) => e.data.id));
  const cables = Object.values(topology.edges)
    .map((edge) => edgeElement(drawing, edge))
    .filter((e) => e !== null)
    .filter((e) => drawn.has(e.data.source) && drawn.has(e.data.target));
  return [...back, ...loose, ...rails, ...front, ...cables];
}

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

const railElement = (drawing: Drawing, rail: Rect & { bridge: string }, i: number): Element =>
  part(
    drawing,
    rail.bridge,
    { id: `${rail.bridge}#rail${i}`, role: 'rail', w: rail.w, h: rail.h },
    middle(rail),
  );

const looseElements = (drawing: Drawing, host: string, rect: Rect): readonly Element[] => [
  part(drawing, host, { id: `${host}#loose`, role: 'loose', w: rect.w, h: rect.h }, middle(rect)),
  part(
    drawing,
    host,
    { id: `${host}#loose-heading`, role: 'text', label: 'Not plugged in', look: 'heading', side: 'right' },
    { x: rect.x + 18, y: rect.y + 17 },
  ),
];
