import type { Desired } from '@/server/core/change';
import { compilePorts, portMark } from '@/server/core/compile/ports';
import type { PortsGoal } from '@/server/core/compile/realisation';
import { IfName } from '@/server/core/ids';
import { bridgeOf, type Network } from '@/server/core/kinds/network';
import { items, type Observed } from '@/server/core/observed';
import { plugLimits } from '@/server/core/plan-limits';
import { ovsAt } from '@/server/core/plan-ovs-situation';
import { plugActions } from '@/server/core/plan-ports';
import { fail, ok, type Result } from '@/server/core/result';
import { runActions } from './apply';
import { run } from './exec';
import type { Cable, Guest, Seat, Seated, Socket } from './guests-book';
import { libvirtCannotPlug } from './guests-libvirt';
import { goalFor, leaveOvs, plugIntoOvs } from './guests-ovs';
import { isPool, MACVLAN_MODES, pickDevice, type Taken } from './guests-pool';

export type PlugOptions = {
  readonly observe: () => Promise<Observed>;
  /** What is in force on this host, confirmed or not. */
  readonly desired: () => Desired;
  readonly runDir: string;
};

/** What a NIC is in once it is plugged in there. Failures say what is missing. */
export async function seatFor(
  socket: Socket,
  { observe, desired }: PlugOptions,
  others: readonly Seated[],
): Promise<Result<Seat>> {
  const bare: Seat = { bridge: null };
  const observed = await observe();
  if (socket.network === undefined) {
    if (socket.portgroup !== undefined)
      return fail('NO_NETWORK', 'A portgroup is one of a network: say which network, too.');
    if (socket.bridge === null) return ok(bare);
    const there = bridgeThere(observed, socket.bridge);
    return there.ok ? ok({ ...bare, bridge: socket.bridge }) : there;
  }
  if (socket.bridge !== null)
    return fail('BRIDGE_AND_NETWORK', 'A guest is plugged into a network or into a bridge, not into both.');
  const network = desired().networks.find((n) => n.name === socket.network);
  if (network === undefined)
    return fail('NO_SUCH_NETWORK', `There is no network ${socket.network} on this host.`);
  const unknown = unknownPortgroup(network, socket.portgroup);
  if (unknown !== null) return unknown;
  const plugged: Seat = {
    ...bare,
    network: network.name,
    ...(socket.portgroup === undefined ? {} : { portgroup: socket.portgroup }),
  };
  const bridge = bridgeOf(network);
  if (bridge !== null) {
    const there = bridgeThere(observed, bridge);
    if (!there.ok) return there;
    const onSwitch = ovsAt(observed, bridge) !== undefined;
    const wrong = libvirtCannotPlug(network, socket.portgroup, onSwitch);
    return wrong ?? ok({ ...plugged, bridge });
  }
  const { forward } = network;
  if (!isPool(forward))
    return fail(
      'NO_LAB_GUESTS',
      `Network ${network.name} passes PCI functions through to virtual machines of libvirt: guests of labs cannot have them.`,
    );
  const present = items(observed.links).map((l) => l.name);
  const device = pickDevice({ name: network.name, forward }, present, takenBy(others));
  return device.ok ? ok({ ...plugged, device: IfName.parse(device.value), mode: forward.mode }) : device;
}

const takenBy = (guests: readonly Seated[]): readonly Taken[] =>
  guests.flatMap(({ name, device, mode }) =>
    device === undefined || mode === undefined ? [] : [{ guest: name, device, mode }],
  );

function unknownPortgroup({ name, portgroups = [] }: Network, wanted: string | undefined) {
  if (wanted === undefined || portgroups.some((g) => g.name === wanted)) return null;
  const known = portgroups.map((g) => g.name).join(', ');
  return fail(
    'NO_SUCH_PORTGROUP',
    `Network ${name} has no portgroup ${wanted}${known === '' ? '; it has none at all' : `; it has ${known}`}.`,
  );
}

function bridgeThere(observed: Observed, bridge: string): Result<null> {
  const { links } = observed;
  if (links.known && links.value[bridge]?.kind === 'bridge') return ok(null);
  if (ovsAt(observed, bridge) !== undefined) return ok(null);
  return fail('NO_SUCH_BRIDGE', `There is no bridge ${bridge} in this lab.`);
}

async function runAll(commands: readonly (readonly string[])[]): Promise<Result<null>> {
  for (const command of commands) {
    const ran = await run(command);
    if (!ran.ok) return ran;
  }
  return ok(null);
}

/** Gives the guest the NIC that it needs for where it is plugged in, set as its network wants it; it is left down. */
export async function plugNic(guest: Guest, options: PlugOptions): Promise<Result<null>> {
  return guest.device === undefined
    ? plugNamespace(guest, options)
    : plugDevice(guest, guest.device, options);
}

async function plugNamespace(guest: Guest, options: PlugOptions): Promise<Result<null>> {
  const made = await makeCable(guest);
  return made.ok ? plugPort({ ...guest, space: guest.name }, options) : made;
}

/** Plugs the host's end of a NIC in, set as its network wants it, and up. */
export async function plugPort(cable: Cable, options: PlugOptions): Promise<Result<null>> {
  const seated = await seatPort(cable, options);
  return seated.ok ? portUp(cable) : seated;
}

export const portUp = ({ port }: Pick<Cable, 'port'>) => runAll([['ip', 'link', 'set', 'dev', port, 'up']]);

/** Plugs the host's end of a NIC in, set as its network wants it, and leaves it down. */
export async function seatPort(cable: Cable, options: PlugOptions): Promise<Result<null>> {
  const { space, port, bridge, network, portgroup, bandwidth } = cable;
  const left = await leaveOvs(port);
  if (!left.ok) return left;
  const before = await options.observe();
  const inside = (...words: readonly string[]) =>
    space === null ? [] : [['ip', '-n', space, 'link', 'set', 'dev', 'eth0', ...words]];
  const outside = (...words: readonly string[]) => ['ip', 'link', 'set', 'dev', port, ...words];
  // Down while it is set: no packet of the guest shall be in a VLAN that is not its own.
  const down = await runAll([
    outside('down'),
    ...inside('down'),
    outside('alias', portMark(network ?? null, portgroup ?? null, bandwidth)),
    ...(bridge === null || ovsAt(before, bridge) ? [outside('nomaster')] : []),
  ]);
  if (down.ok && bridge !== null && ovsAt(before, bridge) !== undefined) {
    return plugIntoOvs({ ...cable, bridge }, before, {
      desired: options.desired(),
      runDir: options.runDir,
    });
  }
  if (!down.ok || bridge === null) return down;
  const goal = goalAt(cable, options);
  const has = before.links.known ? before.links.value[bridge]?.mtu : undefined;
  const mtu = String(goal?.mtu ?? has ?? 1500);
  const plugged = await runAll([outside('mtu', mtu), ...inside('mtu', mtu), outside('master', bridge)]);
  if (!plugged.ok) return plugged;
  const seen = await options.observe();
  const settings = goal === undefined ? [] : plugActions(seen, goal, port);
  return runActions([...settings, ...plugLimits(seen, port, goal)], options.runDir);
}

/** What its network wants of a port; undefined where it is in none. */
function goalAt({ network, bridge }: Socket, { desired }: PlugOptions): PortsGoal | undefined {
  const goals = [...compilePorts(desired()), ...compilePorts(desired(), 'libvirt')];
  return bridge === null ? undefined : goalFor(goals, { network, bridge });
}

/** Limits a port that is plugged in otherwise than before: as its NIC says, or else its portgroup. */
export async function limitPort(cable: Cable, options: PlugOptions): Promise<Result<null>> {
  const { port, network, portgroup, bandwidth } = cable;
  const mark = portMark(network ?? null, portgroup ?? null, bandwidth);
  const marked = await runAll([['ip', 'link', 'set', 'dev', port, 'alias', mark]]);
  if (!marked.ok) return marked;
  const seen = await options.observe();
  return runActions(plugLimits(seen, port, goalAt(cable, options)), options.runDir);
}

/** A cable from the host to the guest, if there is none: also in place of a device out of a pool. */
async function makeCable({ name, port, mac }: Guest): Promise<Result<null>> {
  const there = await run(['ip', 'link', 'show', 'dev', port]);
  if (there.ok) return ok(null);
  await run(['ip', '-n', name, 'link', 'del', 'dev', 'eth0']);
  // As libvirt does: a bridge takes the lowest MAC of its ports, and must not take a guest's.
  const cable = ['ip', 'link', 'add', port, 'address', `fe${mac.slice(2)}`, 'type', 'veth'];
  return runAll([[...cable, 'peer', 'name', 'eth0', 'address', mac, 'netns', name]]);
}

async function plugDevice(guest: Guest, device: IfName, { desired }: PlugOptions): Promise<Result<null>> {
  const { name, port, mac, network, portgroup, mode = 'bridge' } = guest;
  const mtu = desired().networks.find((n) => n.name === network)?.mtu;
  await run(['ip', '-n', name, 'link', 'del', 'dev', 'eth0']);
  await run(['ip', 'link', 'del', 'dev', port]);
  const made = await runAll([
    ['ip', 'link', 'set', 'dev', device, 'up'],
    // Its MAC afterwards: in passthrough mode the device's own becomes the guest's.
    ['ip', 'link', 'add', 'link', device, 'name', port, 'type', 'macvlan', 'mode', MACVLAN_MODES[mode]],
    ['ip', 'link', 'set', 'dev', port, 'address', mac],
    ...(mtu === undefined ? [] : [['ip', 'link', 'set', 'dev', port, 'mtu', String(mtu)]]),
    ['ip', 'link', 'set', 'dev', port, 'alias', portMark(network ?? null, portgroup ?? null)],
    ['ip', 'link', 'set', 'dev', port, 'netns', name, 'name', 'eth0'],
  ]);
  if (!made.ok) await run(['ip', 'link', 'del', 'dev', port]);
  return made;
}
