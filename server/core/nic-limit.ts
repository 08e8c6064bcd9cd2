import { bandwidthProblems, type Floor, floorProblems } from './bandwidth-check';
import { refuse } from './check-parse';
import { ownBandwidth } from './compile/ports';
import { isNative, type Network } from './kinds/network';
import type { Bandwidth } from './kinds/port';
import { floorsIn } from './libvirt/floors';
import type { Observed } from './observed';
import { guestPorts, labelOf } from './port-guests';
import { ok, type Problem, type Result } from './result';

/* Limits of single NICs: what would fail of them, before anything runs. */

/** Paths are into whatever has the bandwidth. */
const inBandwidth = (problems: readonly Problem[]): readonly Problem[] =>
  problems.map((p) => ({ ...p, path: ['bandwidth', ...p.path] }));

/** Limits that no NIC can have; `network`: it is in one, which can guarantee it something. */
export const nicLimitProblems = (bandwidth: Bandwidth | undefined, network: boolean): readonly Problem[] =>
  inBandwidth(bandwidthProblems(bandwidth, { of: network ? 'NIC of a network' : 'NIC' }));

/** What NICs of a network are guaranteed, as problems of one of these NICs. */
export const nicFloorProblems = (
  floors: readonly Floor[],
  network: Pick<Network, 'name' | 'bandwidth'>,
): readonly Problem[] =>
  inBandwidth(floorProblems(floors, network).map((p) => ({ ...p, path: ['inbound', 'floor'] })));

type Place = {
  /** What it is plugged into; null: nothing of ours. */
  readonly network: Network | null;
  readonly port: string;
  readonly observed: Observed;
};

/** Of a NIC whose port says how it is limited. Failure INVALID. */
export function checkNicLimit(bandwidth: Bandwidth, place: Place): Result<null> {
  const problems = [...nicLimitProblems(bandwidth, place.network !== null), ...keepable(bandwidth, place)];
  return problems.length === 0 ? ok(null) : refuse(problems);
}

function keepable({ inbound }: Bandwidth, { network, port, observed }: Place): readonly Problem[] {
  const floor = inbound?.floor;
  if (floor === undefined || network === null) return [];
  if (!isNative(network))
    return [
      {
        ...{ path: ['bandwidth', 'inbound', 'floor'], code: 'FLOOR' },
        message: `A guaranteed rate (floor) is kept on a Linux bridge of the network's own, which ${network.name} does not have.`,
      },
    ];
  const others = floorsOf(observed, network).filter((f) => f.port !== port);
  return nicFloorProblems([...others, { nic: labelOf(observed, port), floor }], network);
}

/** What ports of a network say that they are guaranteed. */
export const floorsOf = (
  observed: Observed,
  { name, bridge }: Pick<Network, 'name' | 'bridge'>,
): readonly (Floor & { readonly port: string })[] =>
  bridge === undefined
    ? []
    : guestPorts({ observed }, { name: bridge.name, network: name }).flatMap((port) => {
        const floor = ownBandwidth(port.alias)?.inbound?.floor;
        return floor === undefined ? [] : [{ port: port.name, nic: labelOf(observed, port.name), floor }];
      });

/** By whoever keeps them: libvirt, or the bridge of a network of ours. */
export function keptFloors(network: Network, observed: Observed): readonly Floor[] {
  if (network.footing === 'libvirt') return floorsIn(network.name, observed);
  return isNative(network) ? floorsOf(observed, network) : [];
}
