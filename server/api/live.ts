import type { Committed, Outcome, Transaction } from '@/server/core/change';
import type { HostId } from '@/server/core/ids';
import type { CheckProgress } from '@/server/core/nic-check/request';
import type { AgentFacts, Rates } from '@/server/core/observed';
import type { LabStatus } from '@/server/core/protocol';
import type { Topology, TopologyPatch } from '@/server/core/topology';

/** How the web process stands with an agent. */
export type LinkState =
  | { readonly is: 'connected' }
  | { readonly is: 'connecting' }
  | { readonly is: 'lost'; readonly why: string };

/** One host as lists show it. `agent`, `transaction` and `committed` are null until its agent was heard once. */
export type HostSummary = {
  readonly host: HostId;
  readonly link: LinkState;
  readonly agent: AgentFacts | null;
  readonly transaction: Transaction | null;
  readonly committed: Pick<Committed, 'version' | 'changeId' | 'at'> | null;
  /** Changes that were proposed and neither applied nor discarded, newest first; `baseVersion`: planned for. */
  readonly proposed: readonly {
    readonly id: string;
    readonly summary: string;
    readonly baseVersion: number;
  }[];
  /** What the machine agent says about the lab; null for the machine. */
  readonly lab: LabStatus['state'] | null;
};

/** What the browser is told: first the whole, then what changed. */
export type LiveEvent =
  | {
      readonly kind: 'whole';
      readonly topology: Topology;
      readonly hosts: readonly HostSummary[];
      /** This server's clock (ISO 8601): deadlines are told in it. */
      readonly now: string;
    }
  | { readonly kind: 'topology'; readonly patch: TopologyPatch }
  /** What flows now on a host, by interface: only where something does. As it stays until the next is told. */
  | { readonly kind: 'rates'; readonly host: HostId; readonly rates: Rates }
  | { readonly kind: 'hosts'; readonly hosts: readonly HostSummary[]; readonly now: string }
  /** The records changed: lists of networks and changes are read again. */
  | { readonly kind: 'records'; readonly host: HostId }
  /** A check that somebody asked for goes on. */
  | { readonly kind: 'check'; readonly progress: CheckProgress }
  | { readonly kind: 'outcome'; readonly host: HostId; readonly outcome: Outcome };
