'use client';
import { useMutation } from '@tanstack/react-query';
import type { AdoptTarget } from '@/server/core/adopt';
import type { HostId } from '@/server/core/ids';
import { toFailure, useTRPC } from '../live/trpc';

type Adoption = AdoptTarget & { readonly host: HostId };

/** Drafts the design of something that is there already; it is reviewed like every change. */
export function useAdopt(onDrafted: (changeId: string) => void) {
  const trpc = useTRPC();
  const draft = useMutation(
    trpc.changes.adopt.mutationOptions({ onSuccess: (change) => onDrafted(change.id) }),
  );
  return {
    busy: draft.isPending,
    /** Why what was asked for last cannot be managed, or null. */
    failure: draft.error ? toFailure(draft.error) : null,
    propose: (what: Adoption) => draft.mutate(what),
  };
}
