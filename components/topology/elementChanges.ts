import { same } from '@/server/core/topology-diff';
import type { Element } from './elements';

export type ElementChanges = {
  readonly remove: readonly string[];
  readonly add: readonly Element[];
  /** Pairs of what was and what is. */
  readonly alter: readonly (readonly [Element, Element])[];
};

/** What has to be done to the canvas to show `next`. A cable whose ends changed is drawn anew: cytoscape cannot move it. */
export function changes(drawn: ReadonlyMap<string, Element>, next: readonly Element[]): ElementChanges {
  const remove: string[] = [];
  const add: Element[] = [];
  const alter: (readonly [Element, Element])[] = [];
  const kept = new Set<string>();
  for (const element of next) {
    const was = drawn.get(element.data.id);
    kept.add(element.data.id);
    if (was === undefined) add.push(element);
    else if (same(was, element)) continue;
    else if (moved(was, element)) {
      remove.push(element.data.id);
      add.push(element);
    } else alter.push([was, element]);
  }
  for (const id of drawn.keys()) if (!kept.has(id)) remove.push(id);
  return { remove, add, alter };
}

function moved(was: Element, now: Element): boolean {
  if (was.group !== now.group) return true;
  if (was.group === 'nodes' || now.group === 'nodes') return false;
  return was.data.source !== now.data.source || was.data.target !== now.data.target;
}
