import { bandwidthProblems } from '../bandwidth-check';
import { refuse } from '../check-parse';
import type { IfName } from '../ids';
import type { ReadBandwidth } from '../libvirt/parse-bandwidth';
import { ok, type Result } from '../result';
import { libvirtOvsQos, libvirtTc } from './libvirt-qos';
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
  const place = {
    of: network ? 'network' : 'NIC of a network',
    by: to === 'tc' ? 'tc' : 'ovs',
  } as const;
  const problems = bandwidthProblems(bandwidth, place).map((p) => ({ ...p, path: ['bandwidth', ...p.path] }));
  if (to === 'ovs-qos' && network)
    problems.push({
      ...{ path: [], code: 'NOT_A_PORT' },
      message: 'libvirt limits the ports of Open vSwitch, not its bridges.',
    });
  if (problems.length > 0) return refuse(problems);
  const commands =
    to === 'tc'
      ? libvirtTc(dev, bandwidth, network ? 'bridge' : macvtap ? 'macvtap' : 'port')
      : libvirtOvsQos(dev, bandwidth, vm);
  return ok(commands.map((command) => `${commandText(command)}\n`).join(''));
}
