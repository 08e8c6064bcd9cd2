import { useQuery } from '@tanstack/react-query';
import { IfName } from '@/server/core/ids';
import { bridgeOf as bridgeOfNetwork, hasOwnBridge, type Network } from '@/server/core/kinds/network';
import type { GuestNic, Topology, TopologyNode } from '@/server/core/topology';
import { useLive } from '../live/Live';
import { useTRPC } from '../live/trpc';
import type { HostNetworks } from '../live/types';
import { byName } from '../ui/byName';
import { bridgeOf, bridgesOf } from './bridges';

/** Where a lab's guest can be plugged in: a network, one of its portgroups, or a bare bridge. */
export type Socket = {
  /** Names it in a list of choices. */
  readonly key: string;
  readonly label: string;
  /** Null: the guest gets a device out of the network's pool. */
  readonly bridge: string | null;
  readonly network: string | null;
  /** What the agent is told. */
  readonly into: {
    readonly bridge: IfName | null;
    readonly network?: Network['name'];
    readonly portgroup?: string;
  };
};

const networkKey = (network: string, portgroup: string | null) => `network:${network}:${portgroup ?? ''}`;
const bridgeKey = (bridge: string) => `bridge:${bridge}`;

/** Namespaces cannot be given PCI functions. */
const takesGuests = ({ forward }: Network): boolean => forward.mode !== 'hostdev';

function socketsOfNetwork(network: Network): readonly Socket[] {
  const { name, portgroups = [] } = network;
  const bridge = bridgeOfNetwork(network);
  const where = bridge ?? 'a device of its pool';
  const common = { bridge, network: name };
  return [
    {
      ...common,
      key: networkKey(name, null),
      label: `${name} (${where})`,
      into: { bridge: null, network: name },
    },
    ...portgroups.map((group) => ({
      ...common,
      key: networkKey(name, group.name),
      label: `${name}, portgroup ${group.name} (${where})`,
      into: { bridge: null, network: name, portgroup: group.name },
    })),
  ];
}

/** All of a host, networks with their portgroups first. A bridge that a change makes has no network until it is kept. */
function socketsOf(topology: Topology, host: string, networks: readonly Network[]): readonly Socket[] {
  const bridges = bridgesOf(topology, host);
  const drawn = new Set(bridges.map((b) => b.bridge));
  const usable = networks.filter((n) => {
    const bridge = bridgeOfNetwork(n);
    return takesGuests(n) && (bridge === null || drawn.has(bridge));
  });
  const owned = new Set(usable.filter(hasOwnBridge).map((n) => n.bridge.name));
  return [
    ...usable.toSorted((a, b) => byName(a.name, b.name)).flatMap(socketsOfNetwork),
    ...bridges
      .filter((b) => ![...owned].some((o) => o === b.bridge))
      .map((b) => ({
        key: bridgeKey(b.bridge),
        label: b.label,
        bridge: b.bridge,
        network: null,
        into: { bridge: IfName.parse(b.bridge) },
      })),
  ];
}

/** Where guests of a host can be plugged in, as it is now. */
export function useSockets(host: string): readonly Socket[] {
  const trpc = useTRPC();
  const { topology } = useLive();
  const lists = useQuery(trpc.networks.list.queryOptions());
  const record = lists.data?.find((l: HostNetworks) => l.host === host);
  return socketsOf(topology, host, record?.networks ?? []);
}

/** Where a NIC hangs, and as what it was plugged in there, as far as its port says so. */
export type Plugged = Pick<GuestNic, 'bridge' | 'plugged'>;

/** A NIC of a guest, or the one that a namespace has. */
export const pluggedAt = (topology: Topology, guest: TopologyNode, nic: GuestNic | undefined): Plugged =>
  nic ?? { bridge: bridgeOf(topology, guest), plugged: guest.plugged ?? null };

/** The socket that a NIC is in; undefined when it is unplugged, or in something that is not listed. */
export function socketNow({ plugged, bridge }: Plugged, sockets: readonly Socket[]): Socket | undefined {
  if (plugged !== null) return sockets.find((s) => s.key === networkKey(plugged.network, plugged.portgroup));
  const at = sockets.filter((s) => s.bridge === bridge && bridge !== null);
  // A port that carries no mark is in the network whose own the bridge is.
  return at.find((s) => s.network === null) ?? at[0];
}
