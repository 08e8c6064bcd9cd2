'use client';
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import type { HostSummary, LiveEvent } from '@/server/api/live';
import type { Outcome } from '@/server/core/change';
import type { HostId } from '@/server/core/ids';
import type { CheckProgress } from '@/server/core/nic-check/request';
import type { Topology } from '@/server/core/topology';
import { patchTopology } from '@/server/core/topology-diff';
import { RateHistory } from './rateHistory';
import { toLogin, useTRPC, useTRPCClient } from './trpc';

type Ended = { readonly host: HostId; readonly outcome: Outcome };

/** What is known of all hosts right now. */
export type Live = {
  /** `waiting` before the first picture, `lost` while the stream is being opened again. */
  readonly stream: 'waiting' | 'open' | 'lost';
  readonly topology: Topology;
  readonly hosts: readonly HostSummary[];
  /** Milliseconds that this browser's clock is ahead of the server's. */
  readonly skew: number;
  /** The newest outcome since the page was opened, until somebody dismisses it. */
  readonly ended: Ended | null;
  /** What the check that somebody asked for last is at; by its id the asker knows whether it is theirs. */
  readonly checking: CheckProgress | null;
  /** What flowed since the page was opened, for some minutes. */
  readonly flowed: RateHistory;
  readonly dismiss: () => void;
};

type State = Omit<Live, 'dismiss' | 'flowed'>;
const START: State = {
  stream: 'waiting',
  topology: { nodes: {}, edges: {} },
  hosts: [],
  skew: 0,
  ended: null,
  checking: null,
};

const Context = createContext<Live>({ ...START, flowed: new RateHistory(), dismiss: () => {} });
export const useLive = (): Live => use(Context);

function next(state: State, event: LiveEvent): State {
  switch (event.kind) {
    case 'whole':
      return {
        ...state,
        stream: 'open',
        topology: event.topology,
        hosts: event.hosts,
        skew: Date.now() - Date.parse(event.now),
      };
    case 'topology':
      return { ...state, topology: patchTopology(state.topology, event.patch) };
    case 'hosts':
      return { ...state, hosts: event.hosts, skew: Date.now() - Date.parse(event.now) };
    case 'outcome':
      return { ...state, ended: event };
    case 'check':
      return { ...state, checking: event.progress };
    case 'records':
    case 'rates':
      return state;
  }
}

/** One event stream for the whole page; everything that shows live things reads it with `useLive`. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useTRPCClient();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [state, setState] = useState<State>(START);
  const [flowed] = useState(() => new RateHistory());
  useEffect(() => {
    const stream = client.topology.live.subscribe(undefined, {
      onData: (event) => {
        if (event.kind === 'rates') return flowed.add(event.host, event.rates);
        if (event.kind === 'whole') flowed.lost();
        setState((s) => next(s, event));
        // After a break, `whole` stands for all that was missed.
        if (event.kind === 'records' || event.kind === 'outcome' || event.kind === 'whole') {
          void queries.invalidateQueries(trpc.changes.pathFilter());
          void queries.invalidateQueries(trpc.networks.pathFilter());
        }
      },
      onConnectionStateChange: ({ state: connection }) => {
        if (connection === 'pending') return;
        setState((s) => (s.stream === 'open' ? { ...s, stream: 'lost' } : s));
        // An event stream does not tell why it was refused.
        void client.session.state.query().then(
          ({ loggedIn }) => !loggedIn && toLogin(),
          () => {}, // not even that is answered: the stream goes on trying
        );
      },
      onError: () => {
        setState((s) => ({ ...s, stream: s.stream === 'waiting' ? 'waiting' : 'lost' }));
      },
    });
    return () => stream.unsubscribe();
  }, [client, queries, trpc, flowed]);
  const live = useMemo(
    () => ({ ...state, flowed, dismiss: () => setState((s) => ({ ...s, ended: null })) }),
    [state, flowed],
  );
  return <Context value={live}>{children}</Context>;
}
