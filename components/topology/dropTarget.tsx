import type { Topology, TopologyNode } from '@/server/core/topology';
import type { Element } from './elements';

/** The elements with the bridge that something is held over, and its network, lit up. */
export function targeted(
  elements: readonly Element[],
  topology: Topology,
  over: TopologyNode | null,
): readonly Element[] {
  if (over === null) return elements;
  const lit = (element: Element): boolean => {
    if (element.group === 'edges') return false;
    const { of, role } = element.data;
    if (role === 'lane') return topology.nodes[of]?.anchor === over.id;
    return of === over.id && (role === 'bar' || role === 'rail');
  };
  return elements.map((e) => (lit(e) ? { ...e, classes: `${e.classes} target` } : e));
}

/** What letting go would mean, beside the picture while something is dragged. */
export function DragHint({
  what,
  over,
}: {
  readonly what: TopologyNode | undefined;
  readonly over: TopologyNode | null;
}) {
  if (!what) return null;
  return (
    <p className={`topology-hint ${over ? 'topology-hint-over' : ''}`}>
      {over
        ? `Let go to plug ${what.label} into ${over.network?.name ?? over.label}; you are asked first.`
        : `Let go to pin ${what.label} here.`}{' '}
      Esc leaves it where it was.
    </p>
  );
}
