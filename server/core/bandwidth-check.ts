import type { Bandwidth } from './kinds/port';
import type { Problem } from './result';
import {
  type Limit,
  limitOf,
  MOST_SECONDS,
  MOST_TC_BURST,
  policerBurst,
  WAYS,
  type Way,
} from './token-bucket';

/* What limits cannot be, in the same words wherever they are given: the form, the API, libvirt's XML, NICs, `render`. */

export type LimitPlace = {
  /** What is limited: only the NICs of a network may have a floor. */
  readonly of: 'network' | 'NIC of a network' | 'NIC';
  /** Who counts; absent: tc. */
  readonly by?: 'tc' | 'ovs';
};

/** Of a rate of Open vSwitch's policer, kilobytes per second, and of its bucket: it counts kilobits in 32 bits. */
const MOST_OVS = 536_870_911;
/** The most of a rate (kilobytes per second), and of a burst (kilobytes). */
const MOST = {
  tc: { rate: 4_294_967_295, burst: MOST_TC_BURST },
  ovs: { rate: MOST_OVS, burst: MOST_OVS },
} as const;

/** Paths are into the bandwidth: the field that is wrong. Every message stands on its own. */
export function bandwidthProblems(
  bandwidth: Bandwidth | undefined,
  { of, by = 'tc' }: LimitPlace,
): readonly Problem[] {
  return WAYS.flatMap((way) => {
    const limit = limitOf(bandwidth, way);
    if (limit === undefined) return [];
    return [...floorFault(limit, of), ...averageFault(limit, way), ...numberFaults(limit, way, MOST[by])].map(
      (p) => ({ ...p, path: [way, ...p.path] }),
    );
  });
}

const problem = (field: keyof Limit, code: string, message: string): Problem => ({
  ...{ path: [field], code, message },
});

function* floorFault({ floor }: Limit, of: LimitPlace['of']): Iterable<Problem> {
  if (floor === undefined || of === 'NIC of a network') return;
  yield problem(
    'floor',
    'FLOOR',
    of === 'network'
      ? 'A guaranteed rate (floor) belongs to the NIC of a guest, not to a network.'
      : 'A guaranteed rate (floor) is kept by a network: this NIC is not in one.',
  );
}

function* averageFault({ average, peak, burst, floor }: Limit, way: Way): Iterable<Problem> {
  if (average !== undefined) return;
  if ((peak ?? burst) !== undefined)
    yield problem(
      'average',
      'AVERAGE_NEEDED',
      `The ${way} limit needs an average: a peak or a burst alone limits nothing.`,
    );
  else if (floor === undefined)
    yield problem('average', 'AVERAGE_NEEDED', `The ${way} limit needs an average.`);
}

function* numberFaults(
  { average, peak, burst }: Limit,
  way: Way,
  most: (typeof MOST)['tc' | 'ovs'],
): Iterable<Problem> {
  const of = `The ${way} limit`;
  if (average !== undefined && peak !== undefined && peak < average)
    yield problem(
      'peak',
      'PEAK_BELOW_AVERAGE',
      `${of} has a peak of ${peak} kB/s, below its average of ${average} kB/s.`,
    );
  for (const [field, rate] of [['average', average] as const, ['peak', peak] as const])
    if (rate !== undefined && rate > most.rate)
      yield problem(
        field,
        'TOO_MUCH',
        `${of} has ${field === 'peak' ? 'a' : 'an'} ${field} of ${rate} kB/s: at most ${most.rate} kB/s can be counted.`,
      );
  if (burst === undefined) return;
  const longest = average === undefined ? most.burst : Math.floor((average * 1000 * MOST_SECONDS) / 1024);
  if (burst > most.burst)
    yield problem(
      'burst',
      'TOO_MUCH',
      `${of} has a burst of ${burst} KiB: at most ${most.burst} KiB can be counted.`,
    );
  else if (burst > longest)
    yield problem(
      'burst',
      'TOO_LONG',
      `${of} has a burst of ${burst} KiB: the kernel counts at most ${Math.floor(MOST_SECONDS)} s of the average, which are ${longest} KiB.`,
    );
}

/** A NIC, and the rate that it is guaranteed. */
export type Floor = { readonly nic: string; readonly floor: number };

/** Up to what the floors of a network can be kept: as libvirt has it, its peak, or else its average. */
export const roomForFloors = ({ inbound }: Bandwidth = {}): number | null =>
  inbound?.average === undefined ? null : (inbound.peak ?? inbound.average);

/** What the NICs of a network are guaranteed together, against what it lets through. */
export function floorProblems(
  floors: readonly Floor[],
  { name, bandwidth }: { readonly name: string; readonly bandwidth?: Bandwidth | undefined },
): readonly Problem[] {
  const sum = floors.reduce((all, { floor }) => all + floor, 0);
  if (sum === 0) return [];
  const room = roomForFloors(bandwidth);
  if (room === null)
    return [
      problem(
        'floor',
        'NO_BANDWIDTH',
        `Network ${name} has no inbound average: without one it cannot keep a guaranteed rate (floor).`,
      ),
    ];
  if (sum <= room) return [];
  const of = bandwidth?.inbound?.peak === undefined ? 'average' : 'peak';
  return [
    problem(
      'floor',
      'FLOORS_TOO_HIGH',
      `The guaranteed rates (floors) in network ${name} are ${sum} kB/s together (${floors.map((f) => f.nic).join(', ')}), above its inbound ${of} of ${room} kB/s.`,
    ),
  ];
}

/** HTB is woken so late on a busy host; what the bucket does not hold by then is lost. */
const LATE = 100e-6;
const FRAME = 1600;
/** Guests hand over so much at once (segmentation offload); a policer never lets through what is larger than its bucket. */
const AT_ONCE = 65_536;

/** What is possible, and not what people expect. */
export function bandwidthWarnings(
  bandwidth: Bandwidth | undefined,
  by: LimitPlace['by'] = 'tc',
): readonly string[] {
  return WAYS.flatMap((way) => {
    const { average, peak, burst } = limitOf(bandwidth, way) ?? {};
    if (average === undefined) return [];
    return way === 'outbound'
      ? outboundWarnings({ average, peak, burst })
      : inboundWarnings({ average, peak, burst }, by);
  });
}

type Numbers = {
  readonly average: number;
  readonly peak: number | undefined;
  readonly burst: number | undefined;
};

function outboundWarnings({ average, peak, burst }: Numbers): readonly string[] {
  const bucket = policerBurst(average, burst) * 1024;
  return [
    ...(peak === undefined
      ? []
      : ['An outbound peak has no effect: what exceeds the average and the burst is dropped.']),
    ...(bucket < AT_ONCE
      ? [
          'The outbound burst is less than 64 KiB, which guests send at once: TCP stays far below the average, give it 64 KiB or more.',
        ]
      : []),
  ];
}

function inboundWarnings({ average, peak, burst }: Numbers, by: LimitPlace['by']): readonly string[] {
  const shaped = peak !== undefined && peak > average;
  const needed = Math.ceil((average * 1000 * LATE) / 1024);
  return [
    // On Open vSwitch a burst goes as fast as it can, whatever the peak.
    ...(by === 'tc' && burst !== undefined && !shaped
      ? ['An inbound burst has no effect without a peak above the average.']
      : []),
    ...(by === 'tc' && burst === undefined && shaped
      ? ['An inbound peak has no effect without a burst, which is what may be sent at the peak.']
      : []),
    ...((burst === undefined ? FRAME : burst * 1024) < average * 1000 * LATE
      ? [
          `The inbound burst is small for this rate: the kernel may stay below the average, give it ${needed} KiB or more.`,
        ]
      : []),
  ];
}
