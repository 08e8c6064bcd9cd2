'use client';
import type { NicCheckInput } from '@/server/core/nic-check/request';
import { toFailure } from '../live/trpc';
import { Button } from '../ui/Button';

type InSpiteProps = {
  /** Null: it went well, or is not done. */
  readonly error: unknown;
  readonly check: NicCheckInput | undefined;
  readonly onSure: (check: NicCheckInput) => void;
};

/** Asks before a limit is used up that virtual machines at work have a share of. */
export function InSpite({ error, check, onSure }: InSpiteProps) {
  if (error === null || check?.check !== 'limit' || toFailure(error).code !== 'SHARED_LIMIT') return null;
  return (
    <div>
      <Button look="danger" onClick={() => onSure({ ...check, sure: true })}>
        Prove the limit all the same
      </Button>
    </div>
  );
}
