import { answerTo, type Check, type PoolFacts } from './facts';
import { counted, type FilledSeat, inUse, type SeenPool, seatWords } from './seats';

/** Is every tap of every worker there, and plugged in? */
export function checkTaps({ bridge, seats, size }: SeenPool): Check {
  const faults = seats.flatMap((seat): readonly string[] => {
    const { tap, link, port } = seat;
    if (port === undefined)
      return [
        link === undefined
          ? `${seatWords(seat)} is not there: jobs of this worker have no such NIC.`
          : `${seatWords(seat)} is not plugged into ${bridge.name}.`,
      ];
    const error = port.interfaces.find((i) => i.error !== null)?.error;
    if (error != null) return [`Open vSwitch cannot use ${tap}: ${error}.`];
    return [];
  });
  const answer = answerTo({ id: 'taps', title: 'Every worker has its taps', command: 'ovs-vsctl show' });
  if (faults.length > 0) return answer('fault', faults);
  const taps = counted(seats.length, 'tap');
  return answer('ok', [
    `${taps} for ${counted(size.workers, 'worker')}, ${counted(size.nics, 'NIC')} for each job.`,
  ]);
}

/**
 * Has every NIC of a job the VLAN that openQA gave it? Where the jobs cannot be read, NICs of one job are in one VLAN,
 * unless one is in that of other workers' NICs: then the job has several networks.
 */
export function checkTags(pool: SeenPool, { jobs }: Pick<PoolFacts, 'jobs'>): Check {
  const { bridge, seats } = pool;
  const answer = answerTo({
    ...{ id: 'tags', title: 'NICs of a job are in its VLAN' },
    command: 'ovs-vsctl --columns=name,tag,vlan_mode list Port',
  });
  const used = seats.filter((s) => s.port !== undefined && inUse(s));
  if (used.length === 0)
    return answer('unknown', [`No job runs: no tap of ${bridge.name} has a VLAN or is open.`]);
  const faults = used.flatMap((seat) => {
    const job = jobs.known ? jobs.value.find((j) => j.worker === seat.worker) : undefined;
    return job === undefined ? withoutJob(seat, seats) : asJobSays(seat, job);
  });
  return faults.length > 0 ? answer('fault', faults) : answer('ok', vlansOf(used));
}

const NO_TAG = 'has no VLAN although a job has it open: os-autoinst-openvswitch did not set it';

function asJobSays(
  seat: FilledSeat,
  job: { readonly name: string | null; readonly vlans: readonly number[] },
): readonly string[] {
  const tag = seat.port?.tag ?? null;
  const want = job.vlans[seat.nic - 1] ?? job.vlans.at(-1);
  if (want === undefined || tag === want) return [];
  const of = job.name === null ? `the job of worker ${seat.worker}` : `job ${job.name}`;
  if (tag === null)
    return seat.holder === null ? [] : [`${seatWords(seat)} ${NO_TAG} (${of} is in VLAN ${want}).`];
  return [`${seatWords(seat)} is in VLAN ${tag}, and ${of} in VLAN ${want} (NICVLAN).`];
}

function withoutJob(seat: FilledSeat, seats: readonly FilledSeat[]): readonly string[] {
  const tag = seat.port?.tag ?? null;
  if (tag === null) return [`${seatWords(seat)} ${NO_TAG}.`];
  const others = seats.filter((s) => s.tap !== seat.tap && s.port?.tag != null);
  const siblings = others.filter((s) => s.worker === seat.worker);
  const shared = others.some((s) => s.port?.tag === tag);
  const [sibling] = siblings;
  // Of two that differ, the one that shares its VLAN with nobody is where it should not be.
  if (sibling === undefined || shared || siblings.some((s) => s.port?.tag === tag)) return [];
  return [
    `${seatWords(seat)} is in VLAN ${tag}, where no other tap is; ${sibling.tap} of the same worker is in VLAN ${sibling.port?.tag}.`,
  ];
}

/** "VLAN 5: tap0, tap1." */
function vlansOf(used: readonly FilledSeat[]): readonly string[] {
  const tags = [...new Set(used.flatMap((s) => s.port?.tag ?? []))].toSorted((a, b) => a - b);
  return tags.map((tag) => {
    const here = used.filter((s) => s.port?.tag === tag);
    const tunnel = here.every((s) => s.port?.vlanMode === 'dot1q-tunnel');
    return `VLAN ${tag}${tunnel ? ' (dot1q-tunnel: guests may have VLANs inside)' : ''}: ${here.map((s) => s.tap).join(', ')}.`;
  });
}
