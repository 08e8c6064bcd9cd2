import { blockOf, contains } from '../ip';
import type { Fault } from './bridge';
import { checkLink, deliver, type Spot, spotOfInterface, spotOfSeat } from './deliver';
import { asTracked, type Connection, subnetWith, throughHost } from './host';
import type { Packet } from './packet';
import type { Place, Scene, Seat } from './places';
import { isPrivate } from './private';
import { lookUp } from './route';
import { attachmentOf } from './segment';
import type { Way } from './way';

/** Where a packet begins: a NIC, the host, or a place beyond one of its interfaces. */
export type Start =
  | { readonly at: 'seat'; readonly seat: Seat }
  | { readonly at: 'host' }
  | { readonly at: 'outside'; readonly exit: Exit | null };
type Exit = { readonly spot: Spot } | { readonly device: string };
export type End =
  | { readonly at: 'there' }
  | { readonly at: 'outside'; readonly exit: Exit | null }
  | { readonly at: 'stuck' };

/** One way of a packet. */
export class Leg {
  readonly scene: Scene;
  readonly way: Way;
  readonly connection: Connection | null;

  constructor(scene: Scene, way: Way, connection: Connection | null) {
    this.scene = scene;
    this.way = way;
    this.connection = connection;
  }

  run(start: Start, packet: Packet, to: Place): { readonly end: End; readonly packet: Packet } {
    if (start.at === 'seat') return this.fromSeat(start.seat, packet, to);
    if (start.at === 'host') return this.onward(packet, null, to, 0);
    const exit = start.exit ?? this.usualExit(packet.family);
    if (exit === null) {
      this.way.unknown({
        object: 'outside',
        hook: 'route',
        sentence: 'The host has no default route: where the outside is, is not known.',
      });
      return { end: { at: 'stuck' }, packet };
    }
    if ('device' in exit) {
      checkLink(this.scene, this.way, exit.device);
      return this.onward(packet, exit.device, to, 0);
    }
    return this.inSegment(exit.spot, packet, { nextHop: packet.to, to, turns: 0 });
  }

  usualExit(family: 4 | 6): Exit | null {
    const { routes } = this.scene.observed;
    const found = routes.known
      ? Object.values(routes.value).find(
          (r) => r.destination === 'default' && r.family === family && r.device !== null,
        )
      : undefined;
    return found?.device == null ? null : { device: found.device };
  }

  fromSeat(seat: Seat, packet: Packet, to: Place): { readonly end: End; readonly packet: Packet } {
    const { way, scene } = this;
    const nextHop = this.nextHopOf(seat, packet);
    checkLink(scene, way, seat.port);
    const attached = attachmentOf(scene, seat.port);
    if (attached.to === 'host') return this.onward(packet, seat.port, to, 0);
    if (attached.to === 'macvtap') {
      const onWire = scene.links.get(attached.device)?.addresses.some((a) => a.address === nextHop) ?? false;
      if (onWire)
        way.blocked(
          {
            ...{ code: 'MACVTAP_HOST_ISOLATION', object: seat.port },
            sentence: `${seat.guest} shares ${attached.device} with the host by macvtap: by design, the two do not see each other's packets.`,
            evidence: [
              {
                command: `ip -d link show ${seat.port}`,
                output: `macvtap mode ${attached.mode} on ${attached.device}`,
              },
            ],
          },
          'macvtap',
        );
      else
        way.unknown({
          object: seat.port,
          hook: 'macvtap',
          sentence: `What is sent by ${seat.port} leaves by ${attached.device}: what happens to it there is not known.`,
        });
      return { end: { at: 'stuck' }, packet };
    }
    const spot = spotOfSeat(scene, seat);
    if (spot === null) {
      way.blocked(
        {
          ...{ code: 'TAP_NOT_IN_BRIDGE', object: seat.port },
          sentence: `${seat.port} of ${seat.guest} is in no bridge, and the host has no route to it.`,
          evidence: [{ command: `ip -d link show ${seat.port}`, output: 'no master' }],
        },
        'link',
      );
      return { end: { at: 'stuck' }, packet };
    }
    return this.inSegment(spot, packet, { nextHop, to, turns: 0 });
  }

  /** By the routes inside, or else as it is usual: who is in the host's subnet there is near. */
  nextHopOf(seat: Seat, packet: Packet): string {
    const { way, scene } = this;
    if (seat.inside !== null) {
      const { space, link } = seat.inside;
      if (!link.up)
        way.blocked(
          {
            ...{ code: 'LINK_SET_DOWN', object: seat.guest },
            sentence: `${link.name} inside ${seat.guest} is set down.`,
            evidence: [{ command: `ip -n ${space.name} link show ${link.name}`, output: 'DOWN' }],
          },
          'guest',
        );
      const found = lookUp(
        space.routes,
        packet,
        (r) => r.device === null || space.links[r.device]?.up !== false,
      );
      const evidence = [
        {
          command: `ip -n ${space.name} route get ${packet.to}`,
          output:
            found === null
              ? 'Network is unreachable'
              : `${found.destination}${found.gateway === null ? '' : ` via ${found.gateway}`} dev ${found.device}`,
        },
      ];
      if (found === null || found.type !== 'unicast') {
        if (found?.type !== 'local') way.blocked({ ...this.noWayBack(seat, packet), evidence }, 'guest');
        return packet.to;
      }
      way.passes({
        ...{ object: seat.guest, hook: 'guest', evidence },
        sentence: `${seat.guest} sends it ${found.gateway === null ? 'straight' : `to ${found.gateway}`} by ${found.device}.`,
      });
      return found.gateway ?? packet.to;
    }
    const subnet = subnetWith(scene, packet.from);
    const block = subnet === null ? null : blockOf(subnet.own, subnet.prefix);
    const near = block === null || contains(block, packet.to) || subnet === null;
    way.passes({
      ...{ object: seat.guest, hook: 'guest' },
      sentence: `${seat.guest} sends it${near ? '' : ` to ${subnet?.own}`}; its inside cannot be seen from here, so its routes and firewall are taken to be the usual ones.`,
    });
    return near ? packet.to : (subnet?.own ?? packet.to);
  }

  /** Beyond the host nobody knows private addresses: they should have been translated. */
  noWayBack(seat: Seat, packet: Packet): Omit<Fault, 'evidence'> {
    const exit = this.usualExit(packet.family);
    const beyond = exit !== null && 'device' in exit && exit.device === seat.port;
    if (this.way.leg === 'there' || !beyond || !isPrivate(packet.to))
      return {
        code: 'NO_ROUTE',
        object: seat.guest,
        sentence: `${seat.guest} has no route to ${packet.to}.`,
      };
    return {
      ...{ code: 'NAT_MISSING_OR_STALE', object: seat.port },
      sentence: `What leaves by ${seat.port} still has the private address ${packet.to}, which nothing translates (no masquerade), and ${seat.guest} has no route to it.`,
    };
  }

  inSegment(
    from: Spot,
    packet: Packet,
    { nextHop, to, turns }: { readonly nextHop: string; readonly to: Place; readonly turns: number },
  ): { readonly end: End; readonly packet: Packet } {
    const { way, scene } = this;
    const arrived = deliver(scene, way, { packet, from, nextHop });
    if (arrived.at === 'nowhere') return { end: { at: 'stuck' }, packet };
    if (arrived.at === 'outside') {
      way.ends(
        {
          object: arrived.exit.port,
          hook: 'uplink',
          sentence: `It leaves this host by ${arrived.exit.port}.`,
        },
        'leaves',
      );
      return { end: { at: 'outside', exit: { spot: arrived.exit } }, packet };
    }
    if (arrived.at === 'host') return this.onward(packet, arrived.iif, to, turns);
    return this.atSeat(arrived.seat, packet);
  }

  atSeat(seat: Seat, packet: Packet): { readonly end: End; readonly packet: Packet } {
    const { way } = this;
    const { inside } = seat;
    if (inside !== null && !inside.link.up)
      way.blocked(
        {
          ...{ code: 'LINK_SET_DOWN', object: seat.guest },
          sentence: `${inside.link.name} inside ${seat.guest} is set down.`,
          evidence: [{ command: `ip -n ${inside.space.name} link show ${inside.link.name}`, output: 'DOWN' }],
        },
        'guest',
      );
    if (!seat.addresses.some((a) => a.address === packet.to)) {
      way.unknown({
        object: seat.guest,
        hook: 'guest',
        sentence: `${seat.guest} would have to pass it on to ${packet.to}: that is not followed into guests.`,
      });
      return { end: { at: 'stuck' }, packet };
    }
    way.ends({ object: seat.guest, hook: 'guest', sentence: `It arrives at ${seat.guest}.` }, 'delivered');
    return { end: { at: 'there' }, packet };
  }

  onward(
    given: Packet,
    iif: string | null,
    to: Place,
    turns: number,
  ): { readonly end: End; readonly packet: Packet } {
    const { way, scene } = this;
    const next = throughHost(scene, way, { packet: asTracked(given, this.connection), iif });
    const { packet } = next;
    if (next.to === 'stuck') return { end: { at: 'stuck' }, packet };
    if (next.to === 'host') {
      way.ends(
        { object: scene.observed.agent.hostname, hook: 'input', sentence: 'It arrives at the host.' },
        'delivered',
      );
      return { end: { at: 'there' }, packet };
    }
    const spot = spotOfInterface(scene, next.device);
    if (spot !== null && turns < 4)
      return this.inSegment(spot, packet, { nextHop: next.nextHop, to, turns: turns + 1 });
    checkLink(scene, way, next.device);
    const seat = scene.seatOf.get(next.device);
    if (seat?.addresses.some((a) => a.address === packet.to)) return this.atSeat(seat, packet);
    way.ends(
      { object: next.device, hook: 'uplink', sentence: `It leaves this host by ${next.device}.` },
      'leaves',
    );
    return { end: { at: 'outside', exit: { device: next.device } }, packet };
  }
}
