import type { Desired } from '@/server/core/change';
import { compileOvsPorts } from '@/server/core/compile/ovs';
import type { Observed } from '@/server/core/observed';
import { forgetQos, unlimited } from '@/server/core/ovs-qos';
import { plugOvsLimits } from '@/server/core/plan-limits-ovs';
import { transact } from '@/server/core/plan-ovs-columns';
import { ovsPlugCommands } from '@/server/core/plan-ovs-ports';
import { ovsAt } from '@/server/core/plan-ovs-situation';
import { ok, type Result } from '@/server/core/result';
import { runAction } from './apply';
import { run } from './exec';
import { ovsAnswers } from './observe/ovs';

export type OvsPlug = {
  /** Namespace of the guest; null where it is a virtual machine, which has its own say. */
  readonly space: string | null;
  readonly port: string;
  readonly bridge: string;
  readonly network?: string | undefined;
  readonly portgroup?: string | undefined;
};

type Goal = { readonly own: boolean; readonly bridge: string; readonly network: string };

/** What is wanted of the ports of the network that is named, or of that which made the bridge. */
export const goalFor = <T extends Goal>(
  goals: readonly T[],
  { network, bridge }: Pick<OvsPlug, 'network' | 'bridge'>,
): T | undefined =>
  goals.find((g) => (network === undefined ? g.own && g.bridge === bridge : g.network === network));

/** Takes a port out of whatever bridge of Open vSwitch it is in; one whose device is gone would stay there for ever. */
export async function leaveOvs(port: string): Promise<Result<null>> {
  if (!ovsAnswers()) return ok(null);
  const ask = ['ovs-vsctl', '--timeout=9', '--if-exists'];
  const columns = ['--', '--if-exists', 'get', 'Interface', port, 'ingress_policing_rate'];
  const had = await run([...ask, 'get', 'Port', port, 'qos', ...columns]);
  if (!had.ok) return had;
  if (had.value.stdout.trim() === '') return ok(null);
  const limited = had.value.stdout.split(/\s+/).join(' ').trim() !== '[] 0';
  if (limited) {
    // Its device would keep what the kernel was told.
    const freed = await runAction(transact(unlimited(port)), '');
    if (!freed.ok) return freed;
  }
  const left = await run([...ask, 'del-port', port]);
  if (!left.ok || !limited) return left.ok ? ok(null) : left;
  return runAction(forgetQos(port), '');
}

export const isInOvs = async (port: string): Promise<boolean> =>
  ovsAnswers() && (await run(['ovs-vsctl', '--timeout=9', 'port-to-br', port])).ok;

/** Plugs a port in that is in no bridge, as its network wants it from the first packet on. */
export async function plugIntoOvs(
  plug: OvsPlug,
  observed: Observed,
  { desired, runDir }: { readonly desired: Desired; readonly runDir: string },
): Promise<Result<null>> {
  const { space, port, bridge, portgroup = '' } = plug;
  const goal = goalFor([...compileOvsPorts(desired), ...compileOvsPorts(desired, 'libvirt')], plug);
  const add = ['add-port', bridge, port];
  const settings =
    goal === undefined
      ? []
      : [
          ...ovsPlugCommands(goal, port, portgroup),
          ...plugOvsLimits({ observed }, goal, { port, portgroup }),
        ];
  const plugged = await runAction(transact([add, ...settings]), runDir);
  if (!plugged.ok) return plugged;
  if (space === null) return ok(null);
  const mtu = goal?.mtu ?? (observed.links.known ? observed.links.value[bridge]?.mtu : undefined) ?? 1500;
  const inside = ['ip', '-n', space, 'link', 'set', 'dev', 'eth0', 'mtu', String(mtu)];
  const sized = await run(inside);
  if (!sized.ok) return sized;
  // A switch in a process takes packets as they are: without checksum, where that is left to the device.
  const inProcess = ovsAt(observed, bridge)?.datapath === 'netdev';
  const offload = ['ethtool', '-K', 'eth0', 'tx', inProcess ? 'off' : 'on'];
  const set = await run(['ip', 'netns', 'exec', space, ...offload]);
  return set.ok ? ok(null) : set;
}
