import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useLive } from '../live/Live';
import { useTRPC } from '../live/trpc';
import type { Change } from '../live/types';
import { Badge } from '../ui/Badge';
import { stateOf } from './states';

type ChangeHead = {
  /** Undefined until it is read. */
  readonly change: Change | undefined;
  readonly title: string;
  /** Its state, in a word. */
  readonly mark: ReactNode;
};

/** What stands above a change, wherever it is shown. */
export function useChangeHead(id: string): ChangeHead {
  const trpc = useTRPC();
  const { hosts } = useLive();
  const { data: change } = useQuery(trpc.changes.get.queryOptions({ id }));
  const state =
    change &&
    stateOf(
      change,
      hosts.find((h) => h.host === change.host),
    );
  return {
    change,
    title: change?.summary ?? 'Change',
    mark: state && <Badge tone={state.tone}>{state.word}</Badge>,
  };
}
