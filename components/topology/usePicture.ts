'use client';
import { useCallback, useMemo, useRef, useState } from 'react';
import { type Layout, layout } from '@/server/core/layout';
import { type Pins, pinTarget, withPins } from '@/server/core/layout-pins';
import type { Topology } from '@/server/core/topology';
import { aggregate, LIMIT, shownAs } from '@/server/core/topology-aggregate';
import type { Element } from './elements';
import { type Drawn, type Overlay, toElements } from './toElements';

export type Picture = {
  /** What is drawn: the topology with crowds folded. */
  readonly shown: Topology;
  readonly layout: Layout;
  readonly elements: readonly Element[];
  /** The selection as it is drawn: itself, or the group it is folded into. */
  readonly chosen: string | null;
  /** What of it stands where somebody put it. */
  readonly pinned: ReadonlySet<string>;
  /** Places everything anew, without holes. */
  readonly tidy: () => void;
};

/** From the topology to what is on the canvas; places, and elements that stay, are kept from picture to picture. */
export function usePicture(
  topology: Topology,
  expanded: readonly string[],
  selection: string | null,
  overlay: Overlay,
  pins: Pins,
): Picture {
  const previous = useRef<Layout | undefined>(undefined);
  const unfolded = expanded.join('\n');
  const shown = useMemo(
    () => aggregate(topology, { expanded: new Set(unfolded.split('\n').filter(Boolean)), limit: LIMIT }),
    [topology, unfolded],
  );
  const [round, setRound] = useState(0);
  const tidy = useCallback(() => {
    previous.current = undefined;
    setRound((n) => n + 1);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round places the same picture anew
  const base = useMemo(() => {
    const next = layout(shown, previous.current);
    previous.current = next;
    return next;
  }, [shown, round]);
  const placed = useMemo(() => withPins(shown, base, pins), [shown, base, pins]);
  const pinned = useMemo(
    () => new Set(Object.keys(pins).filter((id) => pinTarget(shown, base, id) === id)),
    [shown, base, pins],
  );
  const chosen = useMemo(
    () => (selection === null ? null : shownAs(topology, shown, selection)),
    [topology, shown, selection],
  );
  const drawn = useRef<Drawn | undefined>(undefined);
  const elements = useMemo(() => {
    const scene = { topology: shown, layout: placed, selection: chosen, overlay, pinned };
    drawn.current = toElements(scene, drawn.current);
    return drawn.current.elements;
  }, [shown, placed, chosen, overlay, pinned]);
  return { shown, layout: placed, elements, chosen, pinned, tidy };
}
