import type { Outcome } from '@/server/core/change';
import { type HostId, labHostId, MACHINE } from '@/server/core/ids';
import { allSightings, type Sightings } from '@/server/core/mac-sightings';
import type { Observed, Rates } from '@/server/core/observed';
import type { LabStatus } from '@/server/core/protocol';
import { fail, ok, type Result } from '@/server/core/result';
import { EMPTY_TOPOLOGY, type HostView, type Topology } from '@/server/core/topology';
import { toTopology } from '@/server/core/topology-build';
import { diffTopology, isEmptyPatch } from '@/server/core/topology-diff';
import { type AgentLink, connectAgent } from '@/server/link/link';
import { forgetGoneLabs, type Store } from '@/server/store';
import { FollowedHost, type HostNews } from './followed-host';
import type { HostSummary, LiveEvent } from './live';
import type { Log } from './log';

/** Milliseconds in which events of one burst are drawn together: far below what eyes notice. */
const BURST = 8;

const flowing = (rates: Rates): Rates =>
  Object.fromEntries(
    Object.entries(rates).filter(([, { rx, tx, sent, received }]) => rx > 0 || tx > 0 || sent || received),
  );

/**
 * Follows the machine's agent, and through it every lab's, for as long as the process lives. Holds the newest facts
 * of all hosts, keeps the records in step with the agents, and tells browsers what changed.
 */
export class Hosts {
  readonly #store: Store;
  readonly #log: Log;
  readonly #machine: FollowedHost;
  readonly #labs = new Map<HostId, FollowedHost>();
  #labStatus: readonly LabStatus[] = [];
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  #drawn: Topology = EMPTY_TOPOLOGY;
  #timer: NodeJS.Timeout | null = null;
  #hostsChanged = false;
  /** Labs that there were when records of others were last removed. */
  #remembered: string | null = null;
  #forgetting: Promise<void> = Promise.resolve();

  constructor(store: Store, socket: string, log: Log) {
    this.#store = store;
    this.#log = log;
    this.#machine = this.#follow(MACHINE, socket);
  }

  #follow(host: HostId, socket: string): FollowedHost {
    return new FollowedHost({
      host,
      link: connectAgent(socket),
      store: this.#store,
      log: this.#log,
      tell: (news) => this.#hear(host, news),
    });
  }

  #hear(host: HostId, news: HostNews): void {
    switch (news.kind) {
      case 'facts':
        this.#drawSoon();
        return;
      case 'rates':
        this.#tell({ kind: 'rates', host, rates: flowing(news.rates) });
        this.#drawSoon();
        return;
      case 'state':
        this.#hostsChanged = true;
        this.#drawSoon();
        return;
      case 'labs':
        this.#followLabs(news.labs);
        return;
      case 'check':
        this.#tell({ kind: 'check', progress: news.progress });
        return;
      case 'records':
        this.#tell({ kind: 'records', host });
        return;
      case 'outcome':
        this.#tell({ kind: 'outcome', host, outcome: news.outcome });
        return;
    }
  }

  #followLabs(labs: readonly LabStatus[]): void {
    this.#labStatus = labs;
    this.#hostsChanged = true;
    const there = new Map(labs.map((lab) => [labHostId(lab.name), lab]));
    for (const [host, followed] of this.#labs)
      if (there.get(host)?.socket !== followed.socket) {
        followed.stop();
        this.#labs.delete(host);
      }
    for (const [host, lab] of there)
      if (!this.#labs.has(host)) this.#labs.set(host, this.#follow(host, lab.socket));
    this.#drawSoon();
    this.#forgetting = this.#forgetting.then(() => this.#forgetGone([...there.keys()]));
  }

  /** Records of labs that somebody removed without us. */
  async #forgetGone(there: readonly HostId[]): Promise<void> {
    const names = [...there].sort().join(' ');
    if (names === this.#remembered) return;
    try {
      for (const host of await forgetGoneLabs(this.#store, there)) this.#tell({ kind: 'records', host });
      this.#remembered = names;
    } catch (error) {
      this.#log.warn({ err: error }, 'records of labs that are gone are still there');
    }
  }

  #all(): readonly FollowedHost[] {
    const labs = [...this.#labs.values()].sort((a, b) => (a.host < b.host ? -1 : 1));
    return [this.#machine, ...labs];
  }

  #draw(): Topology {
    const views = this.#all().flatMap((h): readonly HostView[] => (h.view ? [h.view] : []));
    return toTopology(views);
  }

  #drawSoon(): void {
    if (this.#listeners.size === 0 || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#tellChanges();
    }, BURST);
  }

  #tellChanges(): void {
    if (this.#hostsChanged) {
      this.#hostsChanged = false;
      this.#tell({ kind: 'hosts', hosts: this.summaries(), now: new Date().toISOString() });
    }
    const next = this.#draw();
    const patch = diffTopology(this.#drawn, next);
    this.#drawn = next;
    if (!isEmptyPatch(patch)) this.#tell({ kind: 'topology', patch });
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  summaries(): readonly HostSummary[] {
    return this.#all().map((h) => ({
      ...h.summary(),
      lab: this.#labStatus.find((lab) => labHostId(lab.name) === h.host)?.state ?? null,
    }));
  }

  /** Calls `listener` with the whole at once and then with everything that changes, until the answer is called. */
  listen(listener: (event: LiveEvent) => void): () => void {
    // Others must hear what is pending before a newcomer's whole becomes the base of the next patch.
    if (this.#timer) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
    if (this.#listeners.size > 0) this.#tellChanges();
    else this.#drawn = this.#draw();
    this.#listeners.add(listener);
    listener({
      kind: 'whole',
      topology: this.#drawn,
      hosts: this.summaries(),
      now: new Date().toISOString(),
    });
    for (const { host, view } of this.#all())
      if (view) listener({ kind: 'rates', host, rates: flowing(view.rates) });
    return () => this.#listeners.delete(listener);
  }

  /** HOST_UNKNOWN when there is no such lab. */
  find(host: HostId): Result<FollowedHost> {
    const found = host === MACHINE ? this.#machine : this.#labs.get(host);
    return found ? ok(found) : fail('HOST_UNKNOWN', `There is no host ${host}.`);
  }

  /** The newest facts of a host, or why there are none. */
  facts(host: HostId): Result<Observed> {
    const found = this.find(host);
    if (!found.ok) return found;
    const view = found.value.view;
    return view ? ok(view.observed) : fail('NO_FACTS', 'The agent of this host has not answered yet.');
  }

  /** Where MAC addresses were seen, on any host. */
  sightings(): Sightings {
    return allSightings(this.#all().flatMap((h) => (h.view ? [h.view.observed] : [])));
  }

  /** The machine's agent: it owns the labs. */
  get machine(): AgentLink {
    return this.#machine.link;
  }

  /** A lab was made, reset or removed by us: what it is now is asked for, not waited for. */
  async refreshLabs(): Promise<void> {
    await this.#machine.askLabs();
  }

  /** The records say something new about a host (a draft, an undo): ghosts are drawn again. */
  async recordsChanged(host: HostId): Promise<void> {
    const found = this.find(host);
    if (found.ok) await found.value.readPending();
    this.#tell({ kind: 'records', host });
  }

  announce(host: HostId, outcome: Outcome): void {
    this.#tell({ kind: 'outcome', host, outcome });
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#listeners.clear();
    for (const h of this.#all()) h.stop();
  }
}
