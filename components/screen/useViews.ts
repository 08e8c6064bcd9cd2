'use client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { NO_PINS, type Pins } from '@/server/core/layout-pins';
import { same } from '@/server/core/topology-diff';
import type { SavedView, ViewData } from '@/server/core/view';
import { toFailure, useTRPC } from '../live/trpc';
import type { View } from '../shell/view';
import type { Look } from '../topology/TopologyView';
import { NO_OVERLAY, type Overlay } from '../topology/toElements';
import type { ViewportFeed } from '../topology/viewportFeed';
import { useSay } from '../ui/Toast';
import { keepPins, keptPins } from './keptPins';

/**
 * How somebody looks at the topology: pins and overlay, kept while the screen is open, and what of it is saved under a
 * name. Which saved view is open is in the address.
 */
export function useViews(view: View, feed: ViewportFeed) {
  const trpc = useTRPC();
  const say = useSay();
  const client = useQueryClient();
  const [pins, putPins] = useState<Pins>(NO_PINS);
  const [overlay, setOverlay] = useState<Overlay>(NO_OVERLAY);
  const [look, setLook] = useState<Look | null>(null);
  const opened = useRef<string | null>(null);
  const latest = useRef({ pins, saved: view.saved });
  latest.current = { pins, saved: view.saved };
  /** What somebody pins without a saved view stays with this browser; in one it waits to be saved. */
  const setPins = useCallback((to: Pins | ((before: Pins) => Pins)) => {
    const after = typeof to === 'function' ? to(latest.current.pins) : to;
    putPins(after);
    if (latest.current.saved === null) keepPins(after);
  }, []);
  useEffect(() => {
    if (latest.current.saved === null) putPins(keptPins());
  }, []);
  const list = useQuery(trpc.views.list.queryOptions());
  const current = list.data?.find((v) => v.id === view.saved) ?? null;
  const missing = view.saved !== null && list.isSuccess && !list.isFetching && current === null;

  const { go } = view;
  useEffect(() => {
    if (current !== null && opened.current !== current.id) {
      opened.current = current.id;
      putPins(current.data.pins);
      setOverlay({ vlans: current.data.vlans, vlan: current.data.vlan });
      if (current.data.viewport) setLook({ ...current.data.viewport });
      const asked = new URLSearchParams(location.search);
      if (!['expand', 'select', 'mode'].some((key) => asked.has(key))) go(addressOf(current), 'replace');
    } else if (view.saved === null && opened.current !== null) {
      opened.current = null;
      putPins(keptPins());
      setOverlay(NO_OVERLAY);
    }
  }, [current, view.saved, go]);
  useEffect(() => {
    if (!missing) return;
    say.failed(
      'This address names a saved view that is not there any more: it was deleted, or the link is wrong.',
    );
    go({ view: null }, 'replace');
  }, [missing, say, go]);

  /** What would be saved now. */
  const now = (): ViewData => {
    const seen = feed.get();
    return {
      pins,
      expanded: [...view.expanded],
      vlans: overlay.vlans,
      vlan: overlay.vlan,
      mode: view.view,
      selection: view.select,
      viewport: seen && { x: seen.x + seen.w / 2, y: seen.y + seen.h / 2, zoom: seen.zoom },
    };
  };
  const again = () => client.invalidateQueries({ queryKey: trpc.views.list.queryKey() });
  const onError = (error: unknown) => say.failed(toFailure(error).message);
  const create = useMutation(
    trpc.views.create.mutationOptions({
      onSuccess: async (made) => {
        opened.current = made.id;
        keepPins(NO_PINS);
        await again();
        go({ view: made.id });
        say.done(`View ${made.name} is saved.`);
      },
    }),
  );
  const rename = useMutation(trpc.views.update.mutationOptions({ onSuccess: again }));
  const save = useMutation(
    trpc.views.update.mutationOptions({
      onError,
      onSuccess: async (saved) => {
        await again();
        say.done(`View ${saved.name} is saved.`);
      },
    }),
  );
  const remove = useMutation(
    trpc.views.remove.mutationOptions({
      onError,
      onSuccess: async () => {
        go({ view: null });
        await again();
      },
    }),
  );
  return {
    list: list.data ?? [],
    current,
    pins,
    setPins,
    overlay,
    setOverlay,
    look,
    /** Something differs from the view that is open; or, with none open, something is pinned. */
    changed: current === null ? Object.keys(pins).length > 0 : !same(kept(now()), kept(current.data)),
    now,
    open: (saved: SavedView) => {
      opened.current = null;
      go(addressOf(saved));
    },
    close: () => go({ view: null }),
    create,
    rename,
    save,
    remove,
  };
}

export type Views = ReturnType<typeof useViews>;

/** The part of a view that the address says too. */
const addressOf = ({ id, data }: SavedView) => ({
  view: id,
  expand: data.expanded.join(' '),
  select: data.selection,
  mode: data.mode === 'table' ? 'table' : null,
});

/** What makes it another view: looking elsewhere or selecting something does not. */
const kept = ({ pins, expanded, vlans, vlan, mode }: ViewData) => ({
  pins,
  expanded: [...expanded].sort(),
  vlans,
  vlan,
  mode,
});
