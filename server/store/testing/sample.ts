import { type Committed, type Desired, NOTHING, Plan } from '@/server/core/change';
import { HostId } from '@/server/core/ids';
import { Network, type NetworkInput } from '@/server/core/kinds/network';

const LAB = HostId.parse('lab:demo');

/** A NAT network 192.168.N.0/24 on bridge `virbrN`, with `changes` on top. */
export const network = (n: number, changes: Partial<NetworkInput> = {}): Network =>
  Network.parse({
    kind: 'network',
    name: `net${n}`,
    forward: { mode: 'nat' },
    bridge: { name: `virbr${n}`, stp: true },
    subnets: [
      {
        address: `192.168.${n}.1`,
        prefix: 24,
        dhcp: {
          ranges: [{ start: `192.168.${n}.100`, end: `192.168.${n}.200` }],
          hosts: [{ mac: '52:54:00:00:00:01', ip: `192.168.${n}.10`, name: 'web' }],
        },
      },
    ],
    ...changes,
  });

export const desired = (...networks: Network[]): Desired => ({ ...NOTHING, networks });

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
