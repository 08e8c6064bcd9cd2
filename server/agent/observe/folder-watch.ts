import { existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Stream } from '../exec';

/** Calls back when something in the folder changes; waits for the folder by watching the nearest one that exists. */
export function watchFolder(path: string, onChange: () => void): Stream {
  let watcher: FSWatcher | undefined;
  let stopped = false;
  let watched = '';

  const arm = () => {
    if (stopped) return;
    let nearest = path;
    while (!existsSync(nearest) && nearest !== dirname(nearest)) nearest = dirname(nearest);
    if (nearest === watched && watcher !== undefined) return;
    watcher?.close();
    watched = nearest;
    try {
      watcher = watch(nearest, { persistent: false }, (event) => {
        // `rename` is also what the folder's own removal looks like, and the birth of the one we wait for.
        if (event === 'rename' || watched !== path) {
          if (watched === path && !existsSync(path)) watched = '';
          arm();
        }
        if (watched === path || nearest === path) onChange();
      });
      watcher.on('error', () => {
        watcher = undefined;
        watched = '';
      });
    } catch {
      watcher = undefined;
      watched = '';
    }
  };
  arm();
  return {
    stop: () => {
      stopped = true;
      watcher?.close();
    },
  };
}
