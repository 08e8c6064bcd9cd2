import type { Link, OvsBridge } from '../observed';
import type { Fault } from './bridge';
import type { Scene } from './places';

/* Which switch a port is in, and how switches of one host are cabled to each other. */

export type Switch =
  | { readonly is: 'linux'; readonly name: string; readonly link: Link }
  | { readonly is: 'ovs'; readonly name: string; readonly bridge: OvsBridge };
export type Attachment =
  | { readonly to: 'switch'; readonly of: Switch }
  /** A device that shares the wire of another. */
  | { readonly to: 'macvtap'; readonly device: string; readonly mode: string }
  /** No bridge: the host itself has an address there, or routes. */
  | { readonly to: 'host' }
  | { readonly to: 'nothing' };

export function switchNamed(scene: Scene, name: string): Switch | null {
  const ovs = scene.ovs.get(name);
  if (ovs !== undefined) return { is: 'ovs', name, bridge: ovs };
  const link = scene.links.get(name);
  return link?.kind === 'bridge' ? { is: 'linux', name, link } : null;
}

export function switchOf(scene: Scene, port: string): Switch | null {
  const ovs = scene.ovsOf.get(port);
  if (ovs !== undefined) return { is: 'ovs', name: ovs.name, bridge: ovs };
  const { master } = scene.links.get(port) ?? { master: null };
  return master === null ? null : switchNamed(scene, master);
}

export function attachmentOf(scene: Scene, port: string): Attachment {
  const of = switchOf(scene, port);
  if (of !== null) return { to: 'switch', of };
  const link = scene.links.get(port);
  if (link?.kind === 'macvtap' || link?.kind === 'macvlan')
    return { to: 'macvtap', device: link.lower?.name ?? '', mode: link.macvlanMode ?? '' };
  const routed = link?.addresses.some((a) => a.scope !== 'link') ?? false;
  const named = scene.observed.routes.known
    ? Object.values(scene.observed.routes.value).some(
        (r) => r.device === port && r.type === 'unicast' && r.destination !== 'fe80::/64',
      )
    : false;
  return routed || named ? { to: 'host' } : { to: 'nothing' };
}

/** Ports of a switch; its own is not among them. */
export function portsOf(scene: Scene, of: Switch): readonly string[] {
  if (of.is === 'ovs')
    return of.bridge.ports.flatMap((p) => p.interfaces.map((i) => i.name)).filter((p) => p !== of.name);
  return [...scene.links.values()].filter((l) => l.master === of.name).map((l) => l.name);
}

/** The switch at the other end of a port that is cabled to one, and the port there. */
function beyond(
  scene: Scene,
  of: Switch,
  port: string,
): { readonly next: Switch; readonly into: string } | null {
  const patch =
    of.is === 'ovs'
      ? of.bridge.ports.flatMap((p) => p.interfaces).find((i) => i.name === port && i.type === 'patch')
          ?.options.peer
      : undefined;
  const into = patch ?? scene.peers.get(port);
  const next = into === undefined ? null : switchOf(scene, into);
  return into === undefined || next === null || next.name === of.name ? null : { next, into };
}

export type Crossing = { readonly of: Switch; readonly into: string; readonly out: string };

/** How a packet gets from a port of one switch to a port of another; null: there is no cable between them. */
export function crossings(
  scene: Scene,
  from: { readonly of: Switch; readonly port: string },
  to: { readonly of: Switch; readonly port: string },
): readonly Crossing[] | null {
  type Trail = { readonly of: Switch; readonly into: string; readonly before: readonly Crossing[] };
  const seen = new Set([from.of.name]);
  const queue: Trail[] = [{ of: from.of, into: from.port, before: [] }];
  for (let trail = queue.shift(); trail !== undefined; trail = queue.shift()) {
    const { of, into, before } = trail;
    if (of.name === to.of.name) return [...before, { of, into, out: to.port }];
    for (const port of portsOf(scene, of)) {
      const there = beyond(scene, of, port);
      if (there === null || seen.has(there.next.name)) continue;
      seen.add(there.next.name);
      queue.push({ of: there.next, into: there.into, before: [...before, { of, into, out: port }] });
    }
  }
  return null;
}

const WAYS_OUT = ['device', 'bond', 'vlan', 'vxlan', 'gretap', 'geneve', 'team'];

/** A port that leads out of the host, and the crossings to it. */
export function wayOut(
  scene: Scene,
  from: { readonly of: Switch; readonly port: string },
): readonly Crossing[] | null {
  const all = [from.of, ...reachable(scene, from.of)];
  for (const of of all)
    for (const port of portsOf(scene, of))
      if (port !== from.port && WAYS_OUT.includes(scene.links.get(port)?.kind ?? ''))
        return crossings(scene, from, { of, port });
  return null;
}

function reachable(scene: Scene, from: Switch): readonly Switch[] {
  const found = new Map<string, Switch>();
  const queue = [from];
  for (let of = queue.pop(); of !== undefined; of = queue.pop())
    for (const port of portsOf(scene, of)) {
      const there = beyond(scene, of, port);
      if (there === null || found.has(there.next.name) || there.next.name === from.name) continue;
      found.set(there.next.name, there.next);
      queue.push(there.next);
    }
  return [...found.values()];
}

type OvsPort = OvsBridge['ports'][number];
type OvsPass = {
  readonly bridge: OvsBridge;
  readonly into: string;
  readonly out: string;
  readonly tag: number | null;
};

const modeOf = ({ vlanMode, tag }: OvsPort) => vlanMode ?? (tag === null ? 'trunk' : 'access');
const carries = (p: OvsPort, vlan: number): boolean => {
  if (modeOf(p) === 'access') return p.tag === vlan;
  return (
    p.trunks.length === 0 || p.trunks.includes(vlan) || (p.tag === vlan && modeOf(p).startsWith('native'))
  );
};
const wordsOf = (p: OvsPort) =>
  modeOf(p) === 'access'
    ? `access, tag ${p.tag}`
    : `${modeOf(p)}, tag ${p.tag ?? 'none'}, trunks ${p.trunks.join(' ') || 'all'}`;

/** What Open vSwitch does with VLANs by itself (ovs-vswitchd.conf.db(5)); 0 is no VLAN. */
export function passOvs({ bridge, into, out, tag }: OvsPass): {
  readonly faults: readonly Fault[];
  readonly tag: number | null;
} {
  const port = (name: string) =>
    bridge.ports.find((p) => p.name === name || p.interfaces.some((i) => i.name === name));
  const [from, to] = [port(into), port(out)];
  const faults: Fault[] = [];
  for (const name of [into, out]) {
    const face = port(name)?.interfaces.find((i) => i.name === name);
    if (face?.error)
      faults.push({
        ...{ code: 'OVS_PORT_ERROR', object: name },
        sentence: `Open vSwitch could not open port ${name} of ${bridge.name}: ${face.error}.`,
        evidence: [{ command: `ovs-vsctl list Interface ${name}`, output: `error: ${face.error}` }],
      });
  }
  if (from === undefined || to === undefined) return { faults, tag };
  const evidence = [from, to].map((p) => ({ command: `ovs-vsctl list Port ${p.name}`, output: wordsOf(p) }));
  if (from.protected && to.protected && from !== to)
    faults.push({
      ...{ code: 'PORTS_ISOLATED', object: out },
      sentence: `Ports ${into} and ${out} of ${bridge.name} are both protected: protected ports do not reach each other.`,
      evidence,
    });
  const mode = modeOf(from);
  const vlan =
    mode === 'access' ? (from.tag ?? 0) : (tag ?? (mode.startsWith('native') ? (from.tag ?? 0) : 0));
  const say = (object: string, sentence: string): Fault => ({
    code: 'OVS_TAG_OR_MODE',
    object,
    sentence,
    evidence,
  });
  if (mode === 'access' && tag !== null && tag !== from.tag)
    faults.push(
      say(into, `${into} is an access port of VLAN ${from.tag}: it takes no packets that are tagged ${tag}.`),
    );
  else if (vlan !== 0 && !carries(from, vlan))
    faults.push(say(into, `${into} is not in VLAN ${vlan}, which the packet is tagged with.`));
  const toMode = modeOf(to);
  const fits = toMode === 'access' ? (to.tag ?? 0) === vlan : vlan === 0 || carries(to, vlan);
  if (!fits)
    faults.push(
      say(
        out,
        toMode === 'access'
          ? `${into} is in ${vlan === 0 ? 'no VLAN' : `VLAN ${vlan}`}, ${out} in ${to.tag === null ? 'none' : `VLAN ${to.tag}`}: they are separate segments.`
          : `${out} does not carry VLAN ${vlan}, which ${into} is in.`,
      ),
    );
  const bare = vlan === 0 || toMode === 'access' || (toMode === 'native-untagged' && to.tag === vlan);
  return { faults, tag: bare ? null : vlan };
}
