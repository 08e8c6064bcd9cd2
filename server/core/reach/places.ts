import { knownAddresses } from '../address-cache';
import { familyOf, toNumber } from '../ip';
import { items, type Link, type Namespace, type Observed, type OvsBridge } from '../observed';
import { fail, ok, type Result } from '../result';
import { pairVeths } from '../topology-pairs';

/* Where a trace can begin and end, and what is known of it. */

export type Address = { readonly address: string; readonly prefix: number | null };
/** A NIC of a guest, with its port on the host. */
export type Seat = {
  readonly guest: string;
  readonly port: string;
  readonly mac: string | null;
  readonly addresses: readonly Address[];
  /** What is inside, where it can be seen. */
  readonly inside: { readonly space: Namespace; readonly link: Link } | null;
  /** It holds no tap, so no process is behind it: null where that is not known, or it is none. */
  readonly opened: boolean | null;
};
export type Place =
  | { readonly is: 'guest'; readonly name: string; readonly seats: readonly Seat[] }
  | { readonly is: 'host'; readonly name: string; readonly address: string | null }
  /** Somewhere beyond the host. */
  | { readonly is: 'outside'; readonly name: string; readonly address: string | null };

/** What a trace asks often; made once for a reading. */
export type Scene = {
  readonly observed: Observed;
  readonly links: ReadonlyMap<string, Link>;
  readonly seats: readonly Seat[];
  /** By name of a port. */
  readonly seatOf: ReadonlyMap<string, Seat>;
  /** By name of one end of a cable between two devices of the host: the other. */
  readonly peers: ReadonlyMap<string, string>;
  readonly ovs: ReadonlyMap<string, OvsBridge>;
  /** By name of a port of Open vSwitch: its bridge. */
  readonly ovsOf: ReadonlyMap<string, OvsBridge>;
};

export function sceneOf(observed: Observed): Scene {
  const links = new Map(items(observed.links).map((l) => [l.name, l]));
  const { ofHost } = pairVeths({ observed, links: [...links.values()], linkOf: links });
  const peers = new Map<string, string>();
  const seats = new Map<string, Seat>();
  for (const [port, peer] of ofHost) {
    if (peer.in === 'host') peers.set(port, peer.name);
    else {
      const space = items(observed.namespaces).find((n) => n.name === peer.namespace);
      if (space === undefined) continue;
      const { mac } = peer.link;
      const addresses = peer.link.addresses.filter((a) => a.scope !== 'link');
      seats.set(port, {
        ...{ guest: peer.namespace, port, mac, addresses, opened: null },
        inside: { space, link: peer.link },
      });
    }
  }
  for (const seat of opaque(observed)) if (!seats.has(seat.port)) seats.set(seat.port, seat);
  const bridges = items(observed.ovsBridges);
  return {
    ...{ observed, links, peers, seats: [...seats.values()], seatOf: seats },
    ovs: new Map(bridges.map((b) => [b.name, b])),
    ovsOf: new Map(
      bridges.flatMap((b) => b.ports.flatMap((p) => p.interfaces.map((i) => [i.name, b] as const))),
    ),
  };
}

/** Guests whose inside cannot be seen: by who says that they have this port. */
function* opaque(observed: Observed): Iterable<Seat> {
  const opened = (port: string) =>
    observed.tapHolders.known ? observed.tapHolders.value[port] !== undefined : null;
  const seat = (guest: string, port: string, mac: string | null): Seat => ({
    ...{ guest, port, mac, inside: null, opened: opened(port) },
    addresses:
      mac === null
        ? []
        : knownAddresses(observed, [mac])
            .filter(({ proof }) => proof.is !== 'other')
            .map(({ address }) => ({ address, prefix: null })),
  });
  for (const { name, state, nics } of items(observed.domains))
    if (state === 'running')
      for (const { target, mac } of nics) if (target !== null) yield seat(name, target, mac);
  for (const { name, nics } of items(observed.machines))
    for (const { tap, mac, fixed } of nics) {
      const known = seat(name, tap, mac);
      const [address = '', prefix] = fixed?.split('/') ?? [];
      yield fixed === undefined ? known : { ...known, addresses: [{ address, prefix: Number(prefix) }] };
    }
  for (const { device, processes } of items(observed.tapHolders))
    for (const { guest, mac, command } of processes) yield seat(guest ?? command, device, mac ?? null);
  // A tap that nobody holds is still a place to ask about.
  for (const link of items(observed.links))
    if (link.kind === 'tun' && link.tap?.mode === 'tap') yield seat(link.name, link.name, null);
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/**
 * A guest, a port (tap, veth, port of Open vSwitch), a MAC, an address, `host` or `outside`. Failures NOT_FOUND, and
 * AMBIGUOUS where two guests have the address.
 */
export function placeOf(scene: Scene, text: string): Result<Place> {
  if (text === 'outside') return ok({ is: 'outside', name: text, address: null });
  if (text === 'host') return ok({ is: 'host', name: text, address: null });
  if (toNumber(text) !== null) return placeWith(scene, text);
  if (MAC.test(text)) {
    const found = scene.seats.filter((s) => s.mac?.toLowerCase() === text.toLowerCase());
    return found.length > 0
      ? ok({ is: 'guest', name: found[0]?.guest ?? text, seats: found })
      : fail('NOT_FOUND', `No NIC here has the MAC address ${text}.`);
  }
  const named = scene.seats.filter((s) => s.guest === text);
  if (named.length > 0) return ok({ is: 'guest', name: text, seats: named });
  const seat = scene.seatOf.get(text);
  if (seat !== undefined) return ok({ is: 'guest', name: seat.guest, seats: [seat] });
  const link = scene.links.get(text);
  if (link !== undefined) {
    const [first] = link.addresses.filter((a) => a.scope !== 'link');
    if (first !== undefined) return ok({ is: 'host', name: text, address: first.address });
    if (link.master !== null || scene.ovsOf.has(text)) {
      const bare: Seat = {
        ...{ guest: text, port: text, mac: null, addresses: [] },
        inside: null,
        opened: null,
      };
      return ok({ is: 'guest', name: text, seats: [bare] });
    }
    return fail(
      'NOT_FOUND',
      `Interface ${text} has no address and is in no bridge: nothing can be sent from or to it.`,
    );
  }
  const space = items(scene.observed.namespaces).find((n) => n.name === text);
  if (space !== undefined)
    return fail('NOT_FOUND', `Guest ${text} has no NIC whose other end can be seen from here.`);
  const off = items(scene.observed.domains).find((d) => d.name === text);
  if (off !== undefined)
    return fail('NOT_FOUND', `Guest ${text} is ${off.state}: it has no NIC on this host now.`);
  return fail(
    'NOT_FOUND',
    `There is no guest, interface or MAC address "${text}" here. Say a guest, a port, a MAC, an address, "host" or "outside".`,
  );
}

function placeWith(scene: Scene, address: string): Result<Place> {
  const value = toNumber(address);
  const has = (a: Address) => toNumber(a.address) === value;
  const seats = scene.seats.filter((s) => s.addresses.some(has));
  const guests = [...new Set(seats.map((s) => s.guest))];
  if (guests.length > 1)
    return fail('AMBIGUOUS', `${guests.join(' and ')} both have ${address}: name one of them.`);
  if (guests[0] !== undefined)
    return ok({
      ...{ is: 'guest', name: guests[0] },
      seats: seats.map((s) => ({ ...s, addresses: s.addresses.filter(has) })),
    });
  for (const link of scene.links.values())
    if (link.addresses.some(has)) return ok({ is: 'host', name: link.name, address });
  return ok({ is: 'outside', name: address, address });
}

/** Addresses of a seat of one family. */
export const ofFamily = (seat: Seat, family: 4 | 6): readonly Address[] =>
  seat.addresses.filter((a) => familyOf(a.address) === family);
