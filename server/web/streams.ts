import type { ServerResponse } from 'node:http';
import { listSessions, type Store } from '@/server/store';

/** Event streams that are open, by the session that opened them: when it ends, they end. */
export class OpenStreams {
  readonly #open = new Map<ServerResponse, string>();

  get size(): number {
    return this.#open.size;
  }

  add(sessionId: string, res: ServerResponse): void {
    this.#open.set(res, sessionId);
    res.once('close', () => this.#open.delete(res));
  }

  /** Ends the streams whose session is no longer in the records. */
  async endOfGone(store: Store): Promise<void> {
    const there = new Set((await listSessions(store)).map((s) => s.id));
    for (const [res, id] of this.#open) if (!there.has(id)) res.destroy();
  }
}
