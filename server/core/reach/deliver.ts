import { toNumber } from '../ip';
import { type Fault, linkFaults, passBridge } from './bridge';
import { askHook } from './hooks';
import type { Packet } from './packet';
import type { Scene, Seat } from './places';
import {
  attachmentOf,
  type Crossing,
  crossings,
  passOvs,
  type Switch,
  switchNamed,
  switchOf,
  wayOut,
} from './segment';
import type { Way } from './way';

/* Inside a segment: from a port, through the switches of this host, to whoever has an address. */

/** Where in a segment somebody is: a port of a switch; of the host itself the switch's own, maybe in a VLAN. */
export type Spot = {
  readonly of: Switch;
  readonly port: string;
  /** The tag that the sender gives, or the one who takes it expects. */
  readonly tag: number | null;
};
export type Arrived =
  | { readonly at: 'seat'; readonly seat: Seat }
  /** The host, by this interface. */
  | { readonly at: 'host'; readonly iif: string }
  | { readonly at: 'outside'; readonly exit: Spot }
  | { readonly at: 'nowhere' };

/** Of an interface of the host that stands on a switch: the switch itself, or a VLAN of it. */
export function spotOfInterface(scene: Scene, name: string): Spot | null {
  const own = switchNamed(scene, name);
  if (own !== null) return { of: own, port: name, tag: null };
  const inOvs = switchOf(scene, name);
  if (inOvs?.is === 'ovs') return { of: inOvs, port: name, tag: null };
  const link = scene.links.get(name);
  const lower = link?.kind === 'vlan' ? (link.lower?.name ?? null) : null;
  const under = lower === null ? null : switchNamed(scene, lower);
  return under === null || link?.vlan == null ? null : { of: under, port: under.name, tag: link.vlan.id };
}

export function spotOfSeat(scene: Scene, seat: Seat): Spot | null {
  const attached = attachmentOf(scene, seat.port);
  return attached.to === 'switch' ? { of: attached.of, port: seat.port, tag: null } : null;
}

/** Whoever has the next hop's address, as far as it is in reach of this spot by cables alone. */
function ownerOf(scene: Scene, from: Spot, address: string): { spot: Spot; arrived: Arrived } | null {
  const value = toNumber(address);
  const reached = (spot: Spot) => crossings(scene, from, spot) !== null;
  const candidates: { spot: Spot; arrived: Arrived }[] = [];
  for (const link of scene.links.values()) {
    if (!link.addresses.some((a) => toNumber(a.address) === value)) continue;
    const spot = spotOfInterface(scene, link.name);
    if (spot !== null && spot.port !== from.port)
      candidates.push({ spot, arrived: { at: 'host', iif: link.name } });
  }
  for (const seat of scene.seats) {
    if (!seat.addresses.some((a) => toNumber(a.address) === value)) continue;
    const spot = spotOfSeat(scene, seat);
    if (spot !== null && seat.port !== from.port) candidates.push({ spot, arrived: { at: 'seat', seat } });
  }
  return candidates.find((c) => reached(c.spot)) ?? null;
}

/** To the next hop. Everything in the way is noted, and it goes on. */
export function deliver(
  scene: Scene,
  way: Way,
  given: { readonly packet: Packet; readonly from: Spot; readonly nextHop: string },
): Arrived {
  const { packet, from, nextHop } = given;
  const owner = ownerOf(scene, from, nextHop);
  if (owner !== null) {
    const path = crossings(scene, from, owner.spot) ?? [];
    cross(scene, way, packet, { path, tag: from.tag, wanted: owner.spot.tag, arrived: owner.arrived });
    return owner.arrived;
  }
  const misplaced = misplacedOwner(scene, nextHop);
  if (misplaced !== null) {
    way.blocked(misplaced, 'segment');
    return { at: 'nowhere' };
  }
  const out = wayOut(scene, from);
  const last = out?.at(-1);
  if (out !== null && last !== undefined) {
    const arrived: Arrived = { at: 'outside', exit: { of: last.of, port: last.out, tag: null } };
    cross(scene, way, packet, { path: out, tag: from.tag, wanted: null, arrived });
    return arrived;
  }
  way.blocked(
    {
      ...{ code: 'SEPARATE_SEGMENTS', object: from.of.name },
      sentence: `Nobody who can be reached by cable from ${from.port} has the address ${nextHop}.`,
      evidence: [{ command: `ip neigh show ${nextHop}`, output: 'no entry that is in this segment' }],
    },
    'segment',
  );
  return { at: 'nowhere' };
}

/** Somebody has the address, where nobody can be reached at it. */
function misplacedOwner(scene: Scene, address: string): Fault | null {
  const value = toNumber(address);
  const has = (of: readonly { readonly address: string }[]) => of.some((a) => toNumber(a.address) === value);
  for (const link of scene.links.values())
    if (has(link.addresses) && link.master !== null)
      return {
        ...{ code: 'IP_ON_BRIDGE_PORT', object: link.name },
        sentence: `The host has ${address} on ${link.name}, which is a port of ${link.master}: what is sent there passes the bridge. It belongs on ${link.master}.`,
        evidence: [{ command: `ip addr show master ${link.master}`, output: `${address} dev ${link.name}` }],
      };
  for (const seat of scene.seats)
    if (has(seat.addresses) && attachmentOf(scene, seat.port).to === 'nothing')
      return {
        ...{ code: 'TAP_NOT_IN_BRIDGE', object: seat.port },
        sentence: `${seat.port} of ${seat.guest} is in no bridge, and the host has no route to it.`,
        evidence: [{ command: `ip -d link show ${seat.port}`, output: 'no master' }],
      };
  return null;
}

type Path = {
  readonly path: readonly Crossing[];
  readonly tag: number | null;
  /** The tag that the one at the end expects. */
  readonly wanted: number | null;
  readonly arrived: Arrived;
};

const macOf = (scene: Scene, arrived: Arrived) =>
  arrived.at === 'seat'
    ? arrived.seat.mac
    : arrived.at === 'host'
      ? (scene.links.get(arrived.iif)?.mac ?? null)
      : null;

/** Through one switch after the other. */
export function cross(
  scene: Scene,
  way: Way,
  packet: Packet,
  { path, tag: first, wanted, arrived }: Path,
): void {
  let tag = first;
  for (const { of, into, out } of path) {
    for (const port of new Set([into, out])) checkLink(scene, way, port);
    if (of.name !== into && of.name !== out) checkLink(scene, way, of.name);
    const macs = { macFrom: packet.macFrom, macTo: macOf(scene, arrived) };
    const answer =
      of.is === 'linux'
        ? passBridge(scene, { bridge: of.link, into, out, tag, ...macs })
        : { ...passOvs({ bridge: of.bridge, into, out, tag }), vlan: null };
    for (const fault of answer.faults) way.blocked(fault, of.is === 'linux' ? 'bridge' : 'Open vSwitch');
    if (of.is === 'ovs' && of.bridge.failMode === 'secure')
      way.unknown({
        ...{ object: of.name, hook: 'Open vSwitch' },
        sentence: `${of.name} forwards by its flows alone (fail mode secure), which are not followed here.`,
        evidence: [{ command: `ovs-ofctl dump-flows ${of.name}`, output: 'not read' }],
      });
    if (of.is === 'linux') bridgeRules(scene, way, { ...packet, ...macs }, { of: of.name, into, out });
    const from = into === of.name ? 'the host' : into;
    const to = out === of.name ? 'the host' : out;
    if (answer.faults.length === 0)
      way.passes(
        {
          ...{ object: of.name, hook: of.is === 'linux' ? 'bridge' : 'Open vSwitch' },
          sentence: `${of.name} passes it from ${from} to ${to}${answer.vlan === null ? '' : ` in VLAN ${answer.vlan}`}.`,
        },
        { from: packet.from, to: packet.to, vlan: answer.tag },
      );
    tag = answer.tag;
    if (answer.faults.length > 0) tag = wanted;
  }
  const last = path.at(-1);
  if (last === undefined || tag === wanted || arrived.at === 'outside') return;
  const is = tag === null ? 'without a tag' : `tagged ${tag}`;
  const expects = wanted === null ? 'packets without one' : `VLAN ${wanted}`;
  way.blocked(
    {
      ...{ code: 'VLAN_MISMATCH', object: last.out },
      sentence: `It leaves ${last.of.name} at ${last.out} ${is}, and who is there takes ${expects}.`,
      evidence: [{ command: `bridge vlan show dev ${last.out}`, output: is }],
    },
    'bridge',
  );
}

export function checkLink(scene: Scene, way: Way, name: string): void {
  const link = scene.links.get(name);
  if (link === undefined) return;
  // A bridge has no carrier while none of its ports has: that is said of the ports.
  const faults = link.kind === 'bridge' && link.up ? [] : linkFaults(link);
  for (const fault of faults) way.blocked(fault, 'link');
}

/** Rules of the bridge family, and those of IP where the kernel hands bridged packets to them. */
function bridgeRules(
  scene: Scene,
  way: Way,
  packet: Packet,
  { of, into, out }: { of: string; into: string; out: string },
): void {
  const codes = { policy: 'BRIDGE_RULE_DROP', rule: 'BRIDGE_RULE_DROP' } as const;
  const asked = { layer: 'bridge', object: of, codes } as const;
  if (into !== of) askHook(scene, way, packet, { ...asked, hook: 'prerouting', at: { in: into } });
  if (into === of) askHook(scene, way, packet, { ...asked, hook: 'output', at: { out } });
  else if (out === of) askHook(scene, way, packet, { ...asked, hook: 'input', at: { in: into } });
  else askHook(scene, way, packet, { ...asked, hook: 'forward', at: { in: into, out } });
  if (out !== of) askHook(scene, way, packet, { ...asked, hook: 'postrouting', at: { out } });
  if (into === of || out === of) return;
  const { sysctls } = scene.observed;
  const name =
    packet.family === 4 ? 'net.bridge.bridge-nf-call-iptables' : 'net.bridge.bridge-nf-call-ip6tables';
  if (!sysctls.known || sysctls.value[name]?.value !== '1') return;
  askHook(scene, way, packet, {
    ...{ hook: 'forward', layer: 'ip', object: of },
    at: { in: of, out: of, ports: { in: into, out } },
    codes: { policy: 'BR_NETFILTER_DROP', rule: 'BR_NETFILTER_DROP' },
  });
}
