import { z } from 'zod';
import { blockOf, blockText, overlap } from '../ip';
import { macConflicts } from '../mac-conflicts';
import { items, type Link, type Observed } from '../observed';
import { linkEvidence, vlanEvidence } from './bridge';
import { type Scene, sceneOf } from './places';
import { Evidence, TraceCode } from './report';
import { perDevice } from './route';
import { attachmentOf, portsOf, switchNamed } from './segment';

/* What is wrong on a host without anybody asking: each with the command that shows it. */

export const Finding = z.object({
  code: TraceCode,
  object: z.string(),
  sentence: z.string(),
  evidence: z.array(Evidence),
});
export type Finding = z.infer<typeof Finding>;

/** Sorted by code and object. What is not known is no finding. */
export function findings(observed: Observed): readonly Finding[] {
  const scene = sceneOf(observed);
  return [
    ...lonelyTaps(scene),
    ...addressesOnPorts(scene),
    ...unfilteredVlans(scene),
    ...stoppedPorts(scene),
    ...brokenOvsPorts(scene),
    ...narrowTunnels(scene),
    ...overlappingSubnets(scene),
    ...deadDhcp(observed),
    ...untranslated(scene),
    ...[...macConflicts([observed])].map(
      ([node, [sentence = '']]): Finding => ({
        ...{ code: 'DUPLICATE_MAC', object: node.slice(node.indexOf('/') + 1), sentence },
        evidence: [{ command: 'ip -d link show', output: 'two NICs with one address' }],
      }),
    ),
  ].sort((a, b) => `${a.code} ${a.object}`.localeCompare(`${b.code} ${b.object}`, 'en'));
}

/** Somebody sends and receives by it, and nobody is there. */
function* lonelyTaps(scene: Scene): Iterable<Finding> {
  const holders = scene.observed.tapHolders;
  for (const link of scene.links.values()) {
    if (link.tap?.mode !== 'tap' || !holders.known || holders.value[link.name] === undefined) continue;
    if (attachmentOf(scene, link.name).to !== 'nothing') continue;
    const guest = scene.seatOf.get(link.name)?.guest ?? link.name;
    yield {
      ...{ code: 'TAP_NOT_IN_BRIDGE', object: link.name },
      sentence: `${link.name} of ${guest} is in no bridge, and the host has neither an address nor a route there.`,
      evidence: [linkEvidence(link)],
    };
  }
}

function* addressesOnPorts(scene: Scene): Iterable<Finding> {
  for (const link of scene.links.values()) {
    const [address] = link.addresses.filter((a) => a.scope !== 'link');
    if (address === undefined || link.master === null || switchNamed(scene, link.master) === null) continue;
    yield {
      ...{ code: 'IP_ON_BRIDGE_PORT', object: link.name },
      sentence: `${link.name} is a port of ${link.master} and has the address ${address.address}: what is sent there passes the bridge. It belongs on ${link.master}.`,
      evidence: [
        { command: `ip addr show master ${link.master}`, output: `${address.address} dev ${link.name}` },
      ],
    };
  }
}

/** VLANs that somebody entered at ports, of a bridge that looks at none. */
function* unfilteredVlans(scene: Scene): Iterable<Finding> {
  const { vlans } = scene.observed;
  if (!vlans.known) return;
  for (const link of scene.links.values()) {
    const { master } = link;
    const bridge = master === null ? undefined : scene.links.get(master);
    if (bridge?.bridge?.vlanFiltering !== false) continue;
    const entered = (vlans.value[link.name]?.vlans ?? []).filter((v) => v.from !== 1 || v.to !== 1);
    if (entered.length === 0) continue;
    yield {
      ...{ code: 'VLAN_FILTERING_OFF', object: bridge.name },
      sentence: `VLANs are set at ${link.name}, a port of ${bridge.name}, which does not look at VLANs: they have no effect.`,
      evidence: [
        vlanEvidence(link.name, entered),
        { command: `ip -d link show ${bridge.name}`, output: 'vlan_filtering 0' },
      ],
    };
  }
}

function* stoppedPorts(scene: Scene): Iterable<Finding> {
  for (const { port, bridge, state } of items(scene.observed.bridgePorts)) {
    const link = scene.links.get(port);
    if (state === 'forwarding' || state === 'unknown' || link?.carrier !== true) continue;
    if (scene.links.get(bridge)?.up !== true) continue;
    yield {
      ...{ code: 'STP_NOT_FORWARDING', object: port },
      sentence: `Port ${port} of ${bridge} does not forward: it is ${state}.`,
      evidence: [{ command: `bridge -d link show dev ${port}`, output: `state ${state}` }],
    };
  }
}

function* brokenOvsPorts({ ovs }: Scene): Iterable<Finding> {
  for (const bridge of ovs.values())
    for (const { name, error } of bridge.ports.flatMap((p) => p.interfaces))
      if (error)
        yield {
          ...{ code: 'OVS_PORT_ERROR', object: name },
          sentence: `Open vSwitch could not open port ${name} of ${bridge.name}: ${error}.`,
          evidence: [{ command: `ovs-vsctl list Interface ${name}`, output: `error: ${error}` }],
        };
}

const TUNNELS = ['vxlan', 'gretap', 'geneve', 'ip6gretap'];

/** What guests send whole does not fit through the tunnel beside them. */
function* narrowTunnels(scene: Scene): Iterable<Finding> {
  for (const tunnel of scene.links.values()) {
    if (!TUNNELS.includes(tunnel.kind) || tunnel.master === null) continue;
    const of = switchNamed(scene, tunnel.master);
    if (of === null) continue;
    const wide = portsOf(scene, of)
      .map((p) => scene.links.get(p))
      .find((l): l is Link => l !== undefined && !TUNNELS.includes(l.kind) && l.mtu > tunnel.mtu);
    if (wide === undefined) continue;
    yield {
      ...{ code: 'TUNNEL_MTU', object: tunnel.name },
      sentence: `${tunnel.name} takes ${tunnel.mtu} bytes at most, and ${wide.name} beside it in ${of.name} sends ${wide.mtu}: large packets are lost on the way.`,
      evidence: [tunnel, wide].map((l) => ({ command: `ip link show ${l.name}`, output: `mtu ${l.mtu}` })),
    };
  }
}

function* overlappingSubnets(scene: Scene): Iterable<Finding> {
  const nets = [...scene.links.values()].flatMap((link) =>
    link.addresses.flatMap((a) => {
      const whole = a.family === 4 ? 32 : 128;
      const block = a.scope === 'global' && a.prefix < whole ? blockOf(a.address, a.prefix) : null;
      return block === null ? [] : [{ device: link.name, block }];
    }),
  );
  for (const [i, a] of nets.entries())
    for (const b of nets.slice(i + 1))
      if (a.device !== b.device && overlap(a.block, b.block))
        yield {
          ...{ code: 'OVERLAPPING_SUBNET', object: b.device },
          sentence: `${a.device} (${blockText(a.block)}) and ${b.device} (${blockText(b.block)}) have addresses in common: what is for one may be sent to the other.`,
          evidence: [a, b].map((n) => ({ command: `ip addr show ${n.device}`, output: blockText(n.block) })),
        };
}

function* deadDhcp(observed: Observed): Iterable<Finding> {
  for (const { network, pid, conf } of items(observed.dnsmasq))
    if (pid === null && conf !== null && /^dhcp-range=/m.test(conf))
      yield {
        ...{ code: 'DHCP_SERVER_DOWN', object: network },
        sentence: `dnsmasq of network ${network} does not run: its guests get no leases.`,
        evidence: [{ command: 'pgrep -a dnsmasq', output: 'none of this network' }],
      };
}

/** Rules translate what leaves a subnet, and the host does not forward it. */
function* untranslated({ observed, links }: Scene): Iterable<Finding> {
  const masquerades = items(observed.nft).some((t) =>
    t.chains.some(
      (c) =>
        c.hook === 'postrouting' &&
        c.rules.some((r) => JSON.stringify(r.expression).toLowerCase().includes('masquerade')),
    ),
  );
  const [first] = [...links.values()];
  if (!masquerades || first === undefined) return;
  if (perDevice(observed, first.name, () => 'net.ipv4.ip_forward') !== '0') return;
  yield {
    ...{ code: 'FORWARDING_OFF', object: observed.agent.hostname },
    sentence:
      'Rules translate addresses of what leaves (masquerade), and the host forwards no IPv4: nothing leaves.',
    evidence: [{ command: 'sysctl net.ipv4.ip_forward', output: '0' }],
  };
}
