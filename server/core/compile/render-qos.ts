import { refuse } from '../check-parse';
import type { IfName } from '../ids';
import type { Bandwidth } from '../kinds/port';
import type { ReadBandwidth } from '../libvirt/parse-bandwidth';
import { ok, type Problem, type Result } from '../result';
import { libvirtOvsQos, libvirtTc, MOST_OVS, MOST_TC_BURST } from './libvirt-qos';
import { commandText } from './render';

/** What limits can be shown as. */
export const QOS_RENDERINGS = ['tc', 'ovs-qos'] as const;
export type QosRendering = (typeof QOS_RENDERINGS)[number];

export type QosPlace = {
  readonly dev: IfName;
  /** The bridge of a network, and not a port. */
  readonly network: boolean;
  /** The guest's UUID. */
  readonly vm?: string;
};

/** The commands that libvirt runs for these limits, one a line. Refused with INVALID when they make no sense, or cannot be. */
export function renderQos(
  { bandwidth, macvtap }: ReadBandwidth,
  to: QosRendering,
  { dev, network, vm }: QosPlace,
): Result<string> {
  const problems = [...limitProblems(bandwidth, to, network)];
  if (to === 'ovs-qos' && network)
    problems.push(problem([], 'NOT_A_PORT', 'libvirt limits the ports of Open vSwitch, not its bridges.'));
  if (problems.length > 0) return refuse(problems);
  const commands =
    to === 'tc'
      ? libvirtTc(dev, bandwidth, network ? 'bridge' : macvtap ? 'macvtap' : 'port')
      : libvirtOvsQos(dev, bandwidth, vm);
  return ok(commands.map((command) => `${commandText(command)}\n`).join(''));
}

const problem = (path: Problem['path'], code: string, message: string): Problem => ({ path, code, message });

/** By what counts it: the most of a rate (kilobytes per second), and of a burst (kilobytes). */
const MOST: { readonly [to in QosRendering]: { readonly rate: number; readonly burst: number } } = {
  tc: { rate: 4_294_967_295, burst: MOST_TC_BURST },
  'ovs-qos': { rate: MOST_OVS, burst: MOST_OVS },
};

export function* limitProblems(bandwidth: Bandwidth, to: QosRendering, network: boolean): Iterable<Problem> {
  const most = MOST[to];
  for (const way of ['inbound', 'outbound'] as const) {
    const limit: NonNullable<Bandwidth['inbound']> | undefined = bandwidth[way];
    if (limit === undefined) continue;
    const { average, peak, burst, floor } = limit;
    const at = ['bandwidth', way];
    const of = `The ${way} limit`;
    if (floor !== undefined && network)
      yield problem(
        at,
        'FLOOR',
        'A guaranteed rate (floor) belongs to the NIC of a guest, not to a network.',
      );
    else if (average === undefined && floor === undefined)
      yield problem(at, 'AVERAGE_NEEDED', `${of} needs an average.`);
    else if (average === undefined && (peak ?? burst) !== undefined)
      yield problem(at, 'AVERAGE_NEEDED', `${of} has a peak or a burst, which need an average.`);
    if (average !== undefined && peak !== undefined && peak < average)
      yield problem(
        [...at, 'peak'],
        'PEAK_BELOW_AVERAGE',
        `${of} has a peak of ${peak} kB/s, below its average of ${average} kB/s.`,
      );
    if (burst !== undefined && burst > most.burst)
      yield problem(
        [...at, 'burst'],
        'TOO_MUCH',
        `${of} has a burst of ${burst} KiB: at most ${most.burst} KiB can be counted.`,
      );
    for (const rate of [average, peak])
      if (rate !== undefined && rate > most.rate)
        yield problem(
          at,
          'TOO_MUCH',
          `${of} has a rate of ${rate} kB/s: at most ${most.rate} kB/s can be counted.`,
        );
  }
}
