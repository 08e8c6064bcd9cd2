'use client';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { Layout } from '@/server/core/layout';
import type { Topology } from '@/server/core/topology';
import { treeOf } from './treeOf';
import { nodeWords } from './words';

type Props = {
  readonly topology: Topology;
  readonly layout: Layout;
  readonly selection: string | null;
  readonly onSelect: (id: string) => void;
  readonly onOpen: (id: string) => void;
};

/**
 * The same topology as a tree: hosts, what leads outside, networks with bridges, ports and guests. For screen
 * readers; it becomes visible when the keyboard is in it.
 */
export function TopologyTree({ topology, layout, selection, onSelect, onOpen }: Props) {
  const tree = useMemo(() => treeOf(topology), [topology]);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState<string | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => visibleLines(tree, closed), [tree, closed]);
  const current = lines.some((l) => l.id === at) ? at : (lines[0]?.id ?? null);

  const focus = (id: string | undefined) => {
    if (id === undefined) return;
    setAt(id);
    for (const item of root.current?.querySelectorAll<HTMLElement>('[role="treeitem"]') ?? [])
      if (item.dataset.id === id) item.focus();
  };
  const setOpen = (id: string, open: boolean) => {
    const next = new Set(closed);
    if (open) next.delete(id);
    else next.add(id);
    setClosed(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const i = lines.findIndex((l) => l.id === current);
    const line = lines[i];
    if (line === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const open = !closed.has(line.id);
    if (event.key === 'ArrowDown') focus(lines[i + 1]?.id);
    else if (event.key === 'ArrowUp') focus(lines[i - 1]?.id);
    else if (event.key === 'Home') focus(lines[0]?.id);
    else if (event.key === 'End') focus(lines[lines.length - 1]?.id);
    else if (event.key === 'ArrowRight' && line.children > 0 && !open) setOpen(line.id, true);
    else if (event.key === 'ArrowRight' && line.children > 0) focus(lines[i + 1]?.id);
    else if (event.key === 'ArrowLeft' && line.children > 0 && open) setOpen(line.id, false);
    else if (event.key === 'ArrowLeft') focus(line.parent ?? undefined);
    else if (event.key === 'Enter') onOpen(line.id);
    else if (event.key === ' ') onSelect(line.id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={root}
      role="tree"
      aria-label="Topology as a tree"
      className="topology-tree"
      onKeyDown={onKeyDown}
    >
      {lines.map((line) => {
        const node = topology.nodes[line.id];
        const place = layout.positions[line.id];
        if (!node) return null;
        return (
          <div
            key={line.id}
            role="treeitem"
            aria-level={line.level}
            aria-posinset={line.position}
            aria-setsize={line.siblings}
            aria-expanded={line.children > 0 ? !closed.has(line.id) : undefined}
            aria-selected={line.id === selection}
            tabIndex={line.id === current ? 0 : -1}
            data-id={line.id}
            data-x={place?.x}
            data-y={place?.y}
            style={{ paddingInlineStart: `${line.level * 14}px` }}
            onClick={() => onSelect(line.id)}
            onKeyDown={() => {}}
            onFocus={() => setAt(line.id)}
          >
            {nodeWords(node)}
          </div>
        );
      })}
    </div>
  );
}

type Line = {
  readonly id: string;
  readonly parent: string | null;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  readonly children: number;
};

function visibleLines(
  tree: ReadonlyMap<string | null, readonly string[]>,
  closed: ReadonlySet<string>,
): readonly Line[] {
  const lines: Line[] = [];
  const visit = (parent: string | null, level: number) => {
    const ids = tree.get(parent) ?? [];
    ids.forEach((id, i) => {
      const children = tree.get(id)?.length ?? 0;
      lines.push({ id, parent, level, position: i + 1, siblings: ids.length, children });
      if (children > 0 && !closed.has(id)) visit(id, level + 1);
    });
  };
  visit(null, 1);
  return lines;
}
