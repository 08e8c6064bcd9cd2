import { type Committed, type Desired, Plan } from '@/server/core/change';
import { HostId } from '@/server/core/ids';

export { desired, network } from '@/server/core/testing/sample-network';

const LAB = HostId.parse('lab:demo');

export const committed = (version: number, state: Desired, changeId: string | null = null): Committed => ({
  version,
  desired: state,
  changeId,
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, version)).toISOString(),
});

export const plan = (hash: string): Plan =>
  Plan.parse({
    host: LAB,
    steps: [
      {
        n: 1,
        title: 'Create bridge virbr1',
        touches: ['bridge virbr1'],
        actions: [{ do: 'run', tool: 'ip', args: ['link', 'add', 'name', 'virbr1', 'type', 'bridge'] }],
        inverse: [{ do: 'run', tool: 'ip', args: ['link', 'delete', 'dev', 'virbr1'] }],
      },
    ],
    notes: ['Forwarding stays on.'],
    hash,
  });
