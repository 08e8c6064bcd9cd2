import type { Stream } from './exec';

/** Runs something while at least one wants it: call to want it, call what comes back to want it no longer. */
export function whileWanted(begin: () => Stream): () => () => void {
  let wanting = 0;
  let running: Stream | null = null;
  return () => {
    wanting += 1;
    running ??= begin();
    let wants = true;
    return () => {
      if (!wants) return;
      wants = false;
      wanting -= 1;
      if (wanting > 0) return;
      running?.stop();
      running = null;
    };
  };
}
