'use client';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useCallback, useEffect, useMemo } from 'react';

/** What the one screen shows beside the graph; every one has its address. */
const PANELS = [
  'new-network',
  'edit-network',
  'new-bridge',
  'new-vlan',
  'new-bond',
  'new-tap',
  'edit-link',
  'new-guest',
  'check',
  'new-lab',
] as const;
type Panel = (typeof PANELS)[number];

const KEYS = [
  'select',
  'panel',
  'host',
  'network',
  'link',
  'guest',
  'change',
  'view',
  'mode',
  'filter',
  'expand',
] as const;
type Params = Partial<Record<(typeof KEYS)[number], string | null>>;

export type View = {
  readonly select: string | null;
  readonly panel: Panel | null;
  readonly host: string | null;
  readonly network: string | null;
  /** A device of the host: the one that is edited, or that a new one is made of. */
  readonly link: string | null;
  readonly guest: string | null;
  readonly change: string | null;
  /** The graph, or the same as a table. */
  readonly view: 'graph' | 'table';
  /** Id of the saved view that is open. */
  readonly saved: string | null;
  readonly filter: string;
  /** Ids of groups that are unfolded. */
  readonly expanded: readonly string[];
  /** Sets (or with null removes) parts of the address; `/` is the screen they belong to. */
  readonly go: (params: Params, how?: 'push' | 'replace') => void;
};

/** The state of the screen as the address has it. */
export function useView(): View {
  const params = useSearchParams();
  const path = usePathname();
  const router = useRouter();
  const go = useCallback(
    (change: Params, how: 'push' | 'replace' = 'push') => {
      const now = new URLSearchParams(path === '/' ? location.search : '');
      for (const [key, value] of Object.entries(change))
        if (value === null || value === undefined || value === '') now.delete(key);
        else now.set(key, value);
      const query = now.toString();
      // Within the screen nothing has to be fetched: only the address changes.
      if (path === '/')
        history[how === 'push' ? 'pushState' : 'replaceState'](null, '', query ? `/?${query}` : '/');
      else router.push(query ? `/?${query}` : '/');
    },
    [path, router],
  );
  const expand = params.get('expand');
  const expanded = useMemo(() => expand?.split(' ').filter(Boolean) ?? [], [expand]);
  // Links of before saved views said `view=table`; no saved view has such an id.
  const oldMode = ['table', 'graph'].find((mode) => mode === params.get('view')) ?? null;
  useEffect(() => {
    if (oldMode !== null && path === '/')
      go({ view: null, mode: oldMode === 'table' ? 'table' : null }, 'replace');
  }, [oldMode, path, go]);
  const panel = PANELS.find((p) => p === params.get('panel')) ?? null;
  return {
    select: params.get('select'),
    panel,
    host: params.get('host'),
    network: params.get('network'),
    link: params.get('link'),
    guest: params.get('guest'),
    change: params.get('change'),
    view: (oldMode ?? params.get('mode')) === 'table' ? 'table' : 'graph',
    saved: oldMode === null ? params.get('view') : null,
    filter: params.get('filter') ?? '',
    expanded,
    go,
  };
}
