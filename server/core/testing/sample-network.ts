import { type Desired, NOTHING } from '../change';
import { Network, type NetworkInput } from '../kinds/network';

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
