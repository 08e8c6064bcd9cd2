'use client';
import { useMutation } from '@tanstack/react-query';
import type { HostId } from '@/server/core/ids';
import type { Network } from '@/server/core/kinds/network';
import { toFailure, useTRPC } from '../live/trpc';
import { useSay } from '../ui/Toast';

type Deletion = { readonly host: HostId; readonly network: Network; readonly baseVersion: number };

/** Drafts the removal of a network; it is reviewed like every change. */
export function useNetworkDelete(onDrafted: (changeId: string) => void) {
  const trpc = useTRPC();
  const say = useSay();
  const draft = useMutation(
    trpc.changes.draft.mutationOptions({
      onSuccess: (change) => onDrafted(change.id),
      onError: (error) => say.failed(toFailure(error).message),
    }),
  );
  return {
    busy: draft.isPending,
    propose: ({ host, network, baseVersion }: Deletion) =>
      draft.mutate({ host, baseVersion, items: [{ op: 'delete', before: network }] }),
  };
}
