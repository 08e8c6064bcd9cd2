import type { Viewport } from './TopologyCanvas';

/**
 * What is seen of the graph, for those who ask. It changes with every frame of a drag, and only the overview is
 * drawn again for it.
 */
export type ViewportFeed = {
  readonly get: () => Viewport | null;
  readonly set: (viewport: Viewport) => void;
  readonly subscribe: (listener: () => void) => () => void;
};

export function viewportFeed(): ViewportFeed {
  let now: Viewport | null = null;
  const listeners = new Set<() => void>();
  return {
    get: () => now,
    set: (viewport) => {
      now = viewport;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
