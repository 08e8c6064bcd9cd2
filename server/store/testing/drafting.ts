import { HostId } from '@/server/core/ids';
import type { Result } from '@/server/core/result';
import { type Change, createDraft, type Draft, type Store, setApplying, setPlanned } from '../index';
import { network, plan } from './sample';

let count = 0;

/** A host of its own for each test. */
export const newHost = (): HostId => {
  count += 1;
  return HostId.parse(`lab:t${count}`);
};

/** The value, or the failure thrown. */
export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** A draft by anna that makes the Nth sample network. */
export const creating = (host: HostId, n: number, more: Partial<Draft> = {}): Draft => ({
  host,
  items: [{ op: 'create', after: network(n) }],
  baseVersion: 0,
  summary: `Create net${n}`,
  author: 'anna',
  ...more,
});

/** Makes changes that are drafted, planned, and sent to the agent. */
export const drafting =
  (store: Store) =>
  async (draft: Draft): Promise<Change> => {
    const { id } = value(await createDraft(store, draft));
    value(await setPlanned(store, id, plan('h1')));
    return value(await setApplying(store, id, 'h1'));
  };
