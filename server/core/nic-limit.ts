import { refuse } from './check-parse';
import { ownBandwidth } from './compile/ports';
import { limitProblems } from './compile/render-qos';
import { isNative, type Network } from './kinds/network';
import type { Bandwidth } from './kinds/port';
import type { Observed } from './observed';
import { guestPorts, labelOf } from './port-guests';
import { ok, type Problem, type Result } from './result';

/* Limits of single NICs: what would fail of them, before anything runs. */

/** A NIC, and what it is guaranteed, in kilobytes per second. */
export type Floor = { readonly nic: string; readonly floor: number };

const problem = (code: string, message: string): Problem => ({
  ...{ path: ['bandwidth', 'inbound', 'floor'], code, message },
});

/** `network`: the name of one that has no rate of its own to guarantee a share of. */
export const floorWithout = (network: string | null): Problem =>
  network === null
    ? problem('FLOOR', 'A guaranteed rate (floor) is kept by a network: this NIC is not in one.')
    : problem(
        'NO_BANDWIDTH',
        `Network ${network} has no inbound average: without one it cannot keep a guaranteed rate (floor).`,
      );

/** What the NICs of a network are guaranteed together, against what it lets through. */
export function floorProblems(
  floors: readonly Floor[],
  { name, bandwidth }: Pick<Network, 'name' | 'bandwidth'>,
): readonly Problem[] {
  const { average, peak } = bandwidth?.inbound ?? {};
  if (floors.length === 0) return [];
  if (average === undefined) return [floorWithout(name)];
  const sum = floors.reduce((all, { floor }) => all + floor, 0);
  if (sum <= (peak ?? average)) return [];
  return [
    problem(
      'FLOORS_TOO_HIGH',
      `The guaranteed rates (floors) in network ${name} are ${sum} kB/s together (${floors.map((f) => f.nic).join(', ')}), above its inbound ${peak === undefined ? 'average' : 'peak'} of ${peak ?? average} kB/s.`,
    ),
  ];
}

type Place = {
  /** What it is plugged into; null: nothing of ours. */
  readonly network: Network | null;
  readonly port: string;
  readonly observed: Observed;
};

/** Of a NIC whose port says how it is limited. Failure INVALID. */
export function checkNicLimit(bandwidth: Bandwidth, place: Place): Result<null> {
  const problems = [...limitProblems(bandwidth, 'tc', false), ...nicFloorProblems(bandwidth, place)];
  return problems.length === 0 ? ok(null) : refuse(problems);
}

function nicFloorProblems({ inbound }: Bandwidth, { network, port, observed }: Place): readonly Problem[] {
  const floor = inbound?.floor;
  if (floor === undefined) return [];
  if (network === null) return [floorWithout(null)];
  if (!isNative(network))
    return [
      problem(
        'FLOOR',
        `A guaranteed rate (floor) is kept on a Linux bridge of the network's own, which ${network.name} does not have.`,
      ),
    ];
  const others = floorsOf(observed, network).filter((f) => f.port !== port);
  return floorProblems([...others, { nic: labelOf(observed, port), floor }], network);
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
