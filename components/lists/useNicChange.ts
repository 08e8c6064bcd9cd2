'use client';
import { useMutation } from '@tanstack/react-query';
import type { ChangeItem } from '@/server/core/change';
import type { HostId } from '@/server/core/ids';
import { toFailure, useTRPC } from '../live/trpc';

type NicChange = { readonly host: HostId; readonly item: ChangeItem; readonly baseVersion: number };

/** Drafts what shall become of a NIC; it is reviewed like every change. */
export function useNicChange(onDrafted: (changeId: string) => void) {
  const trpc = useTRPC();
  const draft = useMutation(
    trpc.changes.draft.mutationOptions({ onSuccess: (change) => onDrafted(change.id) }),
  );
  return {
    busy: draft.isPending,
    /** Why what was asked for last cannot be, or null. */
    failure: draft.error ? toFailure(draft.error) : null,
    propose: ({ host, item, baseVersion }: NicChange) => draft.mutate({ host, baseVersion, items: [item] }),
  };
}
