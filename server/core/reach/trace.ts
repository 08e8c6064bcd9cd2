import { blockOf, contains, familyOf } from '../ip';
import type { Observed } from '../observed';
import { ok, type Result } from '../result';
import { fixesFor } from './fixes';
import { subnetWith } from './host';
import { type End, Leg, type Start } from './leg';
import { answerTo, type Packet } from './packet';
import { ofFamily, type Place, placeOf, type Scene, type Seat, sceneOf } from './places';
import { isPrivate } from './private';
import type { TraceReport } from './report';
import { Way } from './way';

/*
 * Why can A not reach B: a packet is led through the facts of one host, and its answer back. Every blocker is noted and
 * stepped over, so that all are found; what cannot be known is said, and never taken for "unreachable".
 */

export type Asked = {
  readonly from: string;
  readonly to: string;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly port: number | null;
};

/** Failures NOT_FOUND, AMBIGUOUS and SAME_PLACE. */
export function trace(observed: Observed, asked: Asked): Result<TraceReport> {
  const scene = sceneOf(observed);
  const from = placeOf(scene, asked.from);
  if (!from.ok) return from;
  const to = placeOf(scene, asked.to);
  if (!to.ok) return to;
  const way = new Way();
  const packet = packetOf(scene, { from: from.value, to: to.value, asked });
  if (typeof packet === 'string') {
    way.unknown({ object: asked.from, hook: 'address', sentence: packet });
    return ok(reportOf(asked, way, 'stuck', to.value));
  }
  const sent = { ...packet, state: 'new' as const };
  way.at(sent, null);
  const begin: Start =
    from.value.is === 'guest'
      ? { at: 'seat', seat: seatFor(from.value.seats, sent.from) }
      : from.value.is === 'host'
        ? { at: 'host' }
        : { at: 'outside', exit: null };
  const there = new Leg(scene, way, null).run(begin, sent, to.value);
  if (there.end.at === 'stuck') return ok(reportOf(asked, way, 'stuck', to.value));
  way.leg = 'back';
  const back = answerTo(there.packet);
  way.at(back, null);
  if (there.end.at === 'outside' && to.value.is === 'outside' && to.value.address === null) {
    answersFromOutside(scene, way, there.packet, sent);
    if (there.packet.from === sent.from) return ok(reportOf(asked, way, 'outside', to.value));
  }
  const start: Start =
    there.end.at === 'outside'
      ? there.end
      : to.value.is === 'guest'
        ? { at: 'seat', seat: seatFor(to.value.seats, there.packet.to) }
        : { at: 'host' };
  new Leg(scene, way, { sent, went: there.packet }).run(start, back, from.value);
  return ok(reportOf(asked, way, there.end.at === 'outside' ? 'outside' : 'there', to.value));
}

const seatFor = (seats: readonly Seat[], address: string): Seat => {
  const found = seats.find((s) => s.addresses.some((a) => a.address === address)) ?? seats[0];
  if (found === undefined) throw new Error('a guest without a NIC was found by nobody');
  return found;
};

/** The first packet, or a sentence that says what is not known. */
function packetOf(
  scene: Scene,
  { from, to, asked }: { readonly from: Place; readonly to: Place; readonly asked: Asked },
): Packet | string {
  const addresses = (place: Place, family: 4 | 6): readonly string[] => {
    if (place.is === 'guest') return place.seats.flatMap((s) => ofFamily(s, family).map((a) => a.address));
    if (place.address !== null) return familyOf(place.address) === family ? [place.address] : [];
    return place.is === 'outside' ? [family === 4 ? '198.51.100.1' : '2001:db8:ffff::1'] : [''];
  };
  for (const family of [4, 6] as const) {
    const [a, b] = [addresses(from, family), addresses(to, family)];
    if (a.length === 0 || b.length === 0) continue;
    const pair = nearest(scene, a, b, family);
    return {
      ...{ family, from: pair.from, to: pair.to, protocol: asked.protocol, state: 'new' },
      ...{ sport: asked.protocol === 'icmp' ? null : 40_000, dport: asked.port },
      ...{ macFrom: macOf(from, pair.from), macTo: null },
    };
  }
  const without = [from, to].find((p) => addresses(p, 4).length + addresses(p, 6).length === 0);
  return without === undefined
    ? `${from.name} and ${to.name} have no addresses of the same family.`
    : `No address of ${without.name} is known: it has no lease here, and the host has not heard from it.`;
}

/** Of several addresses those in one subnet; the host takes the one that it has there. */
function nearest(scene: Scene, from: readonly string[], to: readonly string[], family: 4 | 6) {
  const own = (other: string) =>
    subnetWith(scene, other)?.own ??
    [...scene.links.values()]
      .flatMap((l) => l.addresses)
      .find((x) => x.family === family && x.scope === 'global')?.address ??
    other;
  for (const a of from)
    for (const b of to) {
      const subnet = a === '' || b === '' ? null : subnetWith(scene, a);
      const block = subnet === null ? null : blockOf(subnet.own, subnet.prefix);
      if (block !== null && contains(block, b)) return { from: a, to: b };
    }
  const [a = '', b = ''] = [from[0], to[0]];
  return { from: a === '' ? own(b) : a, to: b === '' ? own(a) : b };
}

const macOf = (place: Place, address: string) =>
  place.is === 'guest'
    ? (place.seats.find((s) => s.addresses.some((a) => a.address === address))?.mac ?? null)
    : null;

/** Nobody outside has a way back to private addresses, unless somebody gave it one. */
function answersFromOutside(scene: Scene, way: Way, went: Packet, sent: Packet): void {
  if (went.from !== sent.from) return;
  const own = [...scene.links.values()].some((l) => l.addresses.some((a) => a.address === went.from));
  if (own) return;
  way.unknown({
    ...{ object: 'outside', hook: 'return' },
    sentence: isPrivate(went.from)
      ? `It leaves with the private address ${went.from}, which nothing translates (no masquerade): answers come back only if the network outside has a route to it by this host.`
      : `Answers to ${went.from} come back only if the network outside sends them to this host.`,
  });
}

function reportOf(asked: Asked, way: Way, end: End['at'], to: Place): TraceReport {
  const { blockers, hops, unknowns } = way;
  const there = blockers.filter((b) => b.leg === 'there');
  const rejected =
    hops.some((h) => h.leg === 'there' && h.verdict === 'rejected') &&
    !hops.some((h) => h.leg === 'there' && h.verdict === 'dropped');
  const verdict =
    there.length > 0
      ? rejected
        ? 'REJECTED'
        : 'DROPPED'
      : blockers.length > 0
        ? 'FORWARD_OK_RETURN_FAILS'
        : unknowns.length > 0 || end === 'stuck'
          ? 'UNKNOWN'
          : end === 'outside'
            ? 'EXITS_SCOPE'
            : 'DELIVERED';
  const sentence =
    blockers[0] !== undefined
      ? `${asked.from} cannot reach ${asked.to}: ${lower(blockers[0].sentence)}${blockers.length > 1 ? ` ${blockers.length - 1} more in the way.` : ''}`
      : verdict === 'UNKNOWN'
        ? `Whether ${asked.from} reaches ${asked.to} is not known: ${lower(unknowns[0] ?? 'the way cannot be followed.')}`
        : verdict === 'EXITS_SCOPE'
          ? `Nothing on this host keeps ${asked.from} from ${to.name}, or the answer from coming back.`
          : `${asked.from} reaches ${asked.to}, and the answer comes back.`;
  return {
    ...{ version: 1, from: asked.from, to: asked.to, verdict, sentence },
    ...{ blockers, hops, unknowns, fixes: fixesFor(blockers) },
  };
}

const lower = (text: string) =>
  /^[A-Z][a-z]/.test(text) ? text.slice(0, 1).toLowerCase() + text.slice(1) : text;
