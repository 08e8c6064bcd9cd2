import { bitRate } from '@/server/core/bit-rate';
import { differsFromKept, isAtLimit, type LimitTruth } from '@/server/core/limited';
import type { TopologyEdge } from '@/server/core/topology';
import { type EdgeElement, middle, type Point } from './elements';
import { bends, route } from './routes';
import { rateStep, rateWords } from './text';
import type { Drawing } from './toElements';
import { exitId } from './toNodes';

/** One cable; null for a jack that sits on its bar, where the touch says it all, and for members inside a bond. */
export function edgeElement(drawing: Drawing, edge: TopologyEdge): EdgeElement | null {
  const { topology, layout } = drawing;
  const from = layout.positions[edge.from];
  const to = layout.positions[edge.to];
  const upper = topology.nodes[edge.from];
  const lower = topology.nodes[edge.to];
  if (!from || !to || !upper || !lower || edge.kind === 'member') return null;
  if (edge.kind === 'port' && (lower.kind !== 'group' || lower.expanded)) return null;
  const network = edge.kind === 'forward' ? drawing.networkOf.get(edge.to) : undefined;
  const lane = network === undefined ? undefined : layout.positions[network];
  const points = route(edge, { node: upper, rect: from }, { node: lower, rect: to }, lane ?? null);
  const [start, end] = [points[0], points[points.length - 1]];
  if (!start || !end) return null;
  const exit =
    lane && network !== undefined ? { id: exitId(network), at: { x: end.x, y: end.y + 12 } } : null;
  const look = drawing.looks.get(edge.vlans[0] ?? -1);
  return {
    group: 'edges',
    data: {
      id: edge.id,
      of: edge.id,
      source: edge.from,
      target: exit?.id ?? edge.to,
      kind: edge.kind,
      label: edgeLabel(drawing, edge),
      hue: look?.hue ?? 0,
      pattern: look?.pattern ?? 0,
      step: rateStep(edge.rate),
      collar: collarOf(limitsOn(drawing, edge)),
      from: offset(start, middle(from)),
      to: offset(end, exit?.at ?? middle(to)),
      points,
      ...bends(points),
    },
    classes: classesOf(drawing, edge, points.length < 3),
  };
}

/** A guest's cable is limited at its port. */
const limitsOn = ({ topology }: Drawing, { kind, from }: TopologyEdge): LimitTruth | undefined =>
  kind === 'nic' ? topology.nodes[from]?.limits : undefined;

function collarOf(limits: LimitTruth | undefined): 'open' | 'full' | '' {
  if (limits === undefined) return '';
  return isAtLimit(limits) ? 'full' : 'open';
}

const offset = (p: Point, from: Point): string => `${p.x - from.x}px ${p.y - from.y}px`;

function classesOf(drawing: Drawing, edge: TopologyEdge, straight: boolean): string {
  const classes = ['cable', edge.kind];
  if (straight) classes.push('straight');
  if (!edge.carrier) classes.push('dead');
  if (edge.pending !== null) classes.push(edge.pending === 'added' ? 'ghost' : edge.pending);
  if (drawing.bright !== null && !drawing.bright.has(edge.id)) classes.push('dim');
  return classes.join(' ');
}

function edgeLabel(drawing: Drawing, edge: TopologyEdge): string {
  if (edge.kind === 'tunnel') return edge.mtu === null ? '' : `MTU ${edge.mtu}`;
  if (drawing.overlay.vlans && edge.kind !== 'nic' && edge.vlans.length > 0)
    return edge.vlans.length === 1 ? `VLAN ${edge.vlans[0]}` : `trunk ${edge.vlans.join(', ')}`;
  if (edge.kind !== 'nic') return '';
  const rate = edge.rate !== null && edge.rate >= 1000 ? rateWords(edge.rate) : '';
  const limits = limitsOn(drawing, edge);
  // Of what it lets through, the narrower direction.
  const most = edge.limit === null ? '' : `≤ ${bitRate(edge.limit / 8)}`;
  const differs = limits !== undefined && differsFromKept(limits) ? '≠ kept' : '';
  return [rate, most, differs].filter((word) => word !== '').join(' ');
}
