'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '../live/trpc';

/** What can be done with a change, and the failure of what was tried last. */
export function useChangeActions() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries(trpc.changes.pathFilter());
  const plan = useMutation(trpc.changes.plan.mutationOptions({ onSettled }));
  const apply = useMutation(trpc.changes.run.mutationOptions({ onSettled }));
  const discard = useMutation(trpc.changes.discard.mutationOptions({ onSettled }));
  const undo = useMutation(trpc.changes.undo.mutationOptions({ onSettled }));
  return { plan, apply, discard, undo };
}
