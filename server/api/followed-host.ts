import type { ChangeItem, Committed, Outcome, Transaction } from '@/server/core/change';
import type { HostId } from '@/server/core/ids';
import type { CheckProgress } from '@/server/core/nic-check/request';
import type { Observed, ObservedPatch, Rates } from '@/server/core/observed';
import { patchObserved } from '@/server/core/observed-diff';
import type { AgentEvent, LabStatus } from '@/server/core/protocol';
import type { HostView } from '@/server/core/topology';
import { same } from '@/server/core/topology-diff';
import { describeDrift, verify } from '@/server/core/verify';
import type { AgentLink } from '@/server/link/link';
import {
  listPending,
  reconcileHost,
  recordCommitted,
  recordElsewhere,
  recordOutcome,
  recordTransaction,
  type Store,
} from '@/server/store';
import type { HostSummary, LinkState } from './live';
import type { Log } from './log';

export type HostNews =
  | { readonly kind: 'facts' }
  | { readonly kind: 'rates'; readonly rates: Rates }
  | { readonly kind: 'state' }
  | { readonly kind: 'labs'; readonly labs: readonly LabStatus[] }
  | { readonly kind: 'records' }
  | { readonly kind: 'check'; readonly progress: CheckProgress }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };

/** How a host differs from what was committed. */
export type Drift = {
  /** One sentence; empty when it does not differ. */
  readonly summary: string;
  /** What the steps that would put it right touch: `network demo`, `bridge virbr1`. */
  readonly touched: readonly string[];
};

type Parts = {
  readonly host: HostId;
  readonly link: AgentLink;
  readonly store: Store;
  readonly log: Log;
  readonly tell: (news: HostNews) => void;
};

/** The database may be away for a moment: the records are brought in line again after this many milliseconds. */
const TRY_AGAIN = 2000;

/** One agent that is followed: its newest facts, and its truth written into the records. */
export class FollowedHost {
  readonly host: HostId;
  readonly link: AgentLink;
  readonly #parts: Parts;
  #observed: Observed | null = null;
  #rates: Rates = {};
  #pending: readonly ChangeItem[] = [];
  #proposed: HostSummary['proposed'] = [];
  #state: LinkState = { is: 'connecting' };
  #transaction: Transaction | null = null;
  #committed: Committed | null = null;
  /** Writes into the records happen in the order of the events. */
  #writing: Promise<void> = Promise.resolve();
  #again: NodeJS.Timeout | null = null;
  #againAt = 0;
  #stopped = false;

  constructor(parts: Parts) {
    this.host = parts.host;
    this.link = parts.link;
    this.#parts = parts;
    this.link.watch(
      { rates: true },
      {
        onSnapshot: (s) => {
          this.#observed = s.observed;
          this.#rates = {};
          this.#transaction = s.transaction;
          this.#committed = s.committed;
          this.#state = { is: 'connected' };
          this.#parts.tell({ kind: 'state' });
          this.#reconcile();
          if (s.observed.agent.role === 'machine') void this.askLabs();
        },
        onEvent: (event) => this.#take(event),
        onDown: (why) => {
          // What was seen last stays drawn; the state says that it may be old.
          this.#state = { is: 'lost', why: why.message };
          this.#parts.tell({ kind: 'state' });
        },
      },
    );
  }

  get socket(): string {
    return this.link.socket;
  }

  /** Null until the agent was heard once. */
  get view(): HostView | null {
    if (this.#observed === null) return null;
    const kept = this.#committed?.desired;
    return {
      ...{ observed: this.#observed, rates: this.#rates, pending: this.#pending },
      ...(kept === undefined ? {} : { kept }),
      moving: this.#transaction !== null && this.#transaction.state !== 'idle',
    };
  }

  /** Steps that would bring the host back to what was committed; null while a change is under way or nothing is known. */
  drift(): Drift | null {
    if (this.#observed === null || this.#committed === null || this.#transaction?.state !== 'idle')
      return null;
    const committed = this.#committed;
    const verdict = verify({ observed: this.#observed, committed, desired: committed.desired });
    return { summary: describeDrift(verdict), touched: verdict.left.flatMap((s) => s.touches) };
  }

  summary(): Omit<HostSummary, 'lab'> {
    const c = this.#committed;
    return {
      host: this.host,
      link: this.#state,
      agent: this.#observed?.agent ?? null,
      transaction: this.#transaction,
      proposed: this.#proposed,
      committed: c && { version: c.version, changeId: c.changeId, at: c.at },
    };
  }

  #take(event: AgentEvent): void {
    const { tell, store } = this.#parts;
    switch (event.event) {
      case 'observed':
        this.#patch(event.patch);
        return;
      case 'rates':
        // Where nothing moves, every second says the same: nothing to draw.
        if (same(this.#rates, event.rates)) return;
        this.#rates = event.rates;
        tell({ kind: 'rates', rates: event.rates });
        return;
      case 'labs':
        tell({ kind: 'labs', labs: event.labs });
        return;
      case 'check':
        tell({ kind: 'check', progress: event.progress });
        return;
      case 'transaction': {
        const { transaction, committed } = event;
        const grown = committed.version !== this.#committed?.version || committed.at !== this.#committed.at;
        this.#transaction = transaction;
        this.#committed = committed;
        tell({ kind: 'state' });
        this.#write(async () => {
          if (grown) await recordCommitted(store, this.host, committed);
          await this.#recordTransaction(transaction);
        });
        return;
      }
      case 'outcome': {
        const { outcome } = event;
        this.#write(async () => {
          await recordOutcome(store, this.host, outcome);
          tell({ kind: 'outcome', outcome });
        });
        return;
      }
    }
  }

  #patch(patch: ObservedPatch): void {
    if (this.#observed === null) return;
    const next = patchObserved(this.#observed, patch);
    if (next.ok) {
      this.#observed = next.value;
      this.#parts.tell({ kind: patch.agent ? 'state' : 'facts' });
      return;
    }
    this.#parts.log.warn({ host: this.host, failure: next.error }, 'patch does not fit, reading the whole');
    void this.link.request('observe', {}).then((whole) => {
      if (!whole.ok) return;
      this.#observed = whole.value;
      this.#parts.tell({ kind: 'state' });
    });
  }

  /** Everything the agent knows goes into the records: what happened while nobody was connected, too. */
  #reconcile(): void {
    this.#write(async () => {
      const status = await this.link.request('status', {});
      if (!status.ok) throw new Error(status.error.message);
      const done = await reconcileHost(this.#parts.store, this.host, status.value);
      if (!done.ok) this.#parts.log.error({ host: this.host, failure: done.error }, 'records not in line');
      else if (done.value.askAgainIn !== null) this.#reconcileIn(done.value.askAgainIn);
      await this.#recordTransaction(status.value.transaction);
    });
  }

  /** Where the agent is; a change that was begun from elsewhere is asked for whole, and kept from then on. */
  async #recordTransaction(transaction: Transaction): Promise<void> {
    const { store } = this.#parts;
    const known = await recordTransaction(store, this.host, transaction);
    if (known.ok || known.error.code !== 'NOT_FOUND') return;
    const opened = await this.link.request('opened', {});
    if (!opened.ok || opened.value === null) return;
    const kept = await recordElsewhere(store, this.host, opened.value);
    if (kept.ok) await recordTransaction(store, this.host, transaction);
  }

  /** A change was sent and not answered: the agent is asked what became of it, until it is known. */
  settle(): void {
    this.#reconcile();
  }

  #reconcileIn(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#again !== null && this.#againAt <= at) return;
    if (this.#again !== null) clearTimeout(this.#again);
    this.#againAt = at;
    this.#again = setTimeout(() => {
      this.#again = null;
      // A link that is down reconciles when it is up again.
      if (!this.#stopped && this.#state.is === 'connected') this.#reconcile();
    }, milliseconds);
  }

  #write(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(async () => {
      if (this.#stopped) return;
      try {
        await work();
        await this.readPending();
        this.#parts.tell({ kind: 'records' });
      } catch (error) {
        this.#parts.log.warn({ host: this.host, err: error }, 'records not in line yet, trying again');
        this.#reconcileIn(TRY_AGAIN);
      }
    });
  }

  /**
   * Reads from the records what is drawn as ghosts: the change under way, or else the one planned last for the host as
   * it is now.
   */
  async readPending(): Promise<void> {
    const open = await listPending(this.#parts.store, this.host);
    const underWay = open.find((c) => c.state === 'applying' || c.state === 'awaiting');
    const proposed = open.filter((c) => c.state === 'planned' || c.state === 'draft');
    const version = this.#committed?.version ?? 0;
    const shown = underWay ?? proposed.findLast((c) => c.state === 'planned' && c.baseVersion === version);
    this.#pending = shown?.items ?? [];
    this.#proposed = proposed.map(({ id, summary, baseVersion }) => ({ id, summary, baseVersion })).reverse();
    this.#parts.tell({ kind: 'state' });
  }

  async askLabs(): Promise<void> {
    const labs = await this.link.request('lab.list', {});
    if (labs.ok) this.#parts.tell({ kind: 'labs', labs: labs.value });
    else this.#parts.log.warn({ failure: labs.error }, 'labs not listed');
  }

  stop(): void {
    this.#stopped = true;
    if (this.#again) clearTimeout(this.#again);
    this.link.close();
  }
}
