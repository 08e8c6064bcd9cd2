import type { Topology, TopologyPatch } from './topology';

export type { TopologyPatch } from './topology';

/** What turns `a` into `b`: nodes and edges that are new or differ, and those that are gone. */
export function diffTopology(a: Topology, b: Topology): TopologyPatch {
  return { nodes: diffRecord(a.nodes, b.nodes), edges: diffRecord(a.edges, b.edges) };
}

/** `a` with the patch applied; `patchTopology(a, diffTopology(a, b))` equals `b`. What did not change stays the same object. */
export function patchTopology(a: Topology, patch: TopologyPatch): Topology {
  return { nodes: patchRecord(a.nodes, patch.nodes), edges: patchRecord(a.edges, patch.edges) };
}

/** True when a patch changes nothing. */
export function isEmptyPatch(patch: TopologyPatch): boolean {
  return [patch.nodes, patch.edges].every((p) => p.gone.length === 0 && Object.keys(p.set).length === 0);
}

type RecordPatch<T> = { readonly set: Readonly<Record<string, T>>; readonly gone: readonly string[] };

function diffRecord<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): RecordPatch<T> {
  const set: Record<string, T> = {};
  for (const [id, item] of Object.entries(b)) {
    const before = a[id];
    if (before === undefined || !same(before, item)) set[id] = item;
  }
  return { set, gone: Object.keys(a).filter((id) => b[id] === undefined) };
}

function patchRecord<T>(a: Readonly<Record<string, T>>, patch: RecordPatch<T>): Readonly<Record<string, T>> {
  const next = { ...a, ...patch.set };
  for (const id of patch.gone) delete next[id];
  return next;
}

/** Deep equality of JSON values. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => same(item, b[i]));
  }
  if (Array.isArray(b)) return false;
  const before: Readonly<Record<string, unknown>> = { ...a };
  const after: Readonly<Record<string, unknown>> = { ...b };
  const keys = Object.keys(before);
  if (keys.length !== Object.keys(after).length) return false;
  for (const key of keys) if (!Object.hasOwn(after, key) || !same(before[key], after[key])) return false;
  return true;
}
