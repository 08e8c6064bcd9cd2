import { blockOf, contains, familyOf } from '../ip';
import { items } from '../observed';
import { askHook } from './hooks';
import { answerTo, type Packet } from './packet';
import type { Scene } from './places';
import { forwards, perDevice, reversePathFilter, route, routeEvidence } from './route';
import type { Way } from './way';

/* The host as a router: what comes in by one interface goes to itself or out by another. */

/** What connection tracking remembers of the first packet, for its answers. */
export type Connection = {
  /** As it was sent, and as it went on. */
  readonly sent: Packet;
  readonly went: Packet;
};
export type Onward =
  | { readonly to: 'host'; readonly packet: Packet }
  | { readonly to: 'device'; readonly device: string; readonly nextHop: string; readonly packet: Packet }
  | { readonly to: 'stuck'; readonly packet: Packet };

const same = (a: Packet, b: Packet) => a.from === b.from && a.to === b.to;

/** An answer is turned back to whom the first packet was from, before it is routed. */
export function asTracked(packet: Packet, connection: Connection | null): Packet {
  if (connection === null || !same(packet, answerTo(connection.went))) return packet;
  const back = answerTo(connection.sent);
  return { ...packet, to: back.to, from: back.from, dport: back.dport, sport: back.sport };
}

/** In by `iif`; null: the host itself sends. */
export function throughHost(
  scene: Scene,
  way: Way,
  given: { readonly packet: Packet; readonly iif: string | null },
): Onward {
  const { observed } = scene;
  const { iif } = given;
  let { packet } = given;
  const object = observed.agent.hostname;
  const note = (hook: string, sentence: string) => ({ object, hook, sentence });
  if (iif !== null) {
    const pre = askHook(scene, way, packet, {
      ...{ hook: 'prerouting', layer: 'ip', at: { in: iif }, object },
      codes: { policy: 'NAT_DROP', rule: 'NAT_DROP' },
    });
    const nat = pre?.nat;
    if (nat?.does === 'dnat' && nat.address !== null && familyOf(nat.address) === packet.family) {
      const to: Packet = { ...packet, to: nat.address, dport: nat.port ?? packet.dport };
      way.passes(
        note(
          'prerouting',
          `Its destination becomes ${to.to}${nat.port === null ? '' : `, port ${nat.port}`} (destination NAT).`,
        ),
        { from: to.from, to: to.to, vlan: null },
      );
      packet = to;
    }
    if (packet.family === 4) checkSource(scene, way, packet, iif);
  }
  const asked = { family: packet.family, from: iif === null ? null : packet.from, to: packet.to, iif };
  const routed = route(observed, asked);
  const evidence = [routeEvidence(asked, routed)];
  if (routed.to === 'unknown') {
    way.unknown({ ...note('route', `Where ${packet.to} is sent is not known: ${routed.why}.`), evidence });
    return { to: 'stuck', packet };
  }
  if (routed.to === 'nowhere') {
    const why = routed.type === null ? 'has no route to' : `has a route of type ${routed.type} to`;
    way.blocked({ code: 'NO_ROUTE', object, sentence: `The host ${why} ${packet.to}.`, evidence }, 'route');
    return { to: 'stuck', packet };
  }
  if (routed.to === 'local') {
    if (iif !== null)
      askHook(scene, way, packet, {
        ...{ hook: 'input', layer: 'ip', at: { in: iif }, object },
        codes: { policy: 'INPUT_DROP', rule: 'INPUT_DROP' },
      });
    return { to: 'host', packet };
  }
  const { device, gateway } = routed;
  way.passes({
    ...note('route', `It goes out by ${device}${gateway === null ? '' : `, to ${gateway}`}.`),
    evidence,
  });
  if (iif === null) {
    askHook(scene, way, packet, {
      ...{ hook: 'output', layer: 'ip', at: { out: device }, object },
      codes: { policy: 'OUTPUT_DROP', rule: 'OUTPUT_DROP' },
    });
  } else {
    checkForwarding(scene, way, packet, iif);
    askHook(scene, way, packet, {
      ...{ hook: 'forward', layer: 'ip', at: { in: iif, out: device }, object },
      codes: { policy: 'FORWARD_POLICY_DROP', rule: 'FORWARD_RULE_DROP' },
    });
  }
  const post = askHook(scene, way, packet, {
    ...{ hook: 'postrouting', layer: 'ip', at: { out: device }, object },
    codes: { policy: 'NAT_DROP', rule: 'NAT_DROP' },
  });
  const from = sourceAfter(scene, post?.nat ?? null, device, packet);
  if (from !== packet.from) {
    way.passes(note('postrouting', `Its source becomes ${from} (source NAT).`), {
      from,
      to: packet.to,
      vlan: null,
    });
    packet = { ...packet, from };
  }
  return { to: 'device', device, nextHop: gateway ?? packet.to, packet };
}

function sourceAfter(
  scene: Scene,
  nat: { readonly does: string; readonly address: string | null } | null,
  device: string,
  packet: Packet,
): string {
  if (nat?.does === 'snat' && nat.address !== null) return nat.address;
  if (nat?.does !== 'masquerade') return packet.from;
  const own = scene.links
    .get(device)
    ?.addresses.find((a) => a.family === packet.family && a.scope === 'global');
  return own?.address ?? packet.from;
}

/** ip-sysctl: 1 asks that answers go out by the same interface, 2 that there is any way back. */
function checkSource({ observed }: Scene, way: Way, packet: Packet, iif: string): void {
  const mode = reversePathFilter(observed, iif);
  if (mode === null || mode === 0) return;
  const asked = { family: packet.family, from: null, to: packet.from, iif: null } as const;
  const back = route(observed, asked);
  if (back.to === 'unknown') return;
  const fine = mode === 2 ? back.to !== 'nowhere' : back.to === 'device' && back.device === iif;
  if (fine) return;
  const where =
    back.to === 'device'
      ? `answers to ${packet.from} would go out by ${back.device}`
      : back.to === 'local'
        ? `${packet.from} is its own address`
        : `it has no route to ${packet.from}`;
  way.blocked(
    {
      ...{ code: 'RP_FILTER', object: iif },
      sentence: `The host drops what comes from ${packet.from} by ${iif} (reverse path filter): ${where}.`,
      evidence: [
        { command: `sysctl net.ipv4.conf.${iif}.rp_filter net.ipv4.conf.all.rp_filter`, output: `${mode}` },
        routeEvidence(asked, back),
      ],
    },
    'route',
  );
}

function checkForwarding({ observed }: Scene, way: Way, { family }: Packet, iif: string): void {
  const on = forwards(observed, iif, family);
  const name = family === 4 ? `net.ipv4.conf.${iif}.forwarding` : 'net.ipv6.conf.all.forwarding';
  if (on === null)
    way.unknown({
      object: iif,
      hook: 'forward',
      sentence: `Whether the host forwards IPv${family} is not known.`,
    });
  if (on !== false) return;
  way.blocked(
    {
      ...{ code: 'FORWARDING_OFF', object: iif },
      sentence: `The host does not forward IPv${family} that comes in by ${iif}.`,
      evidence: [
        { command: `sysctl ${name}`, output: perDevice(observed, iif, (d) => name.replace(iif, d)) ?? '0' },
      ],
    },
    'forward',
  );
}

/** The interface of the host whose subnet has this address. */
export function subnetWith(
  scene: Scene,
  address: string,
): { readonly device: string; readonly prefix: number; readonly own: string } | null {
  for (const { name, addresses } of items(scene.observed.links))
    for (const { address: own, prefix, family } of addresses) {
      const block = family === familyOf(address) ? blockOf(own, prefix) : null;
      if (block !== null && contains(block, address)) return { device: name, prefix, own };
    }
  return null;
}
