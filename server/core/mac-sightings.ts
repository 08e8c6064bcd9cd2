import type { HostId } from './ids';
import { machinesOf } from './machines';
import { items, type Link, type Observed } from './observed';

/** How a MAC address shows on a host. */
export type Sighting = {
  readonly host: HostId;
  /**
   * `nic`: something has it. `heard`: somebody answers to it, or has a lease. `learned`: frames of it came by, from
   * anybody, a while ago.
   */
  readonly how: 'nic' | 'heard' | 'learned';
  /** In the middle of a sentence: `NIC eth0 of guest db in lab demo`. */
  readonly where: string;
  /** Of whom: the guest's name, or the one that a lease was given to. */
  readonly guest: string | null;
  /** IP address of a lease or a neighbour. */
  readonly address: string | null;
};
type More = { readonly guest?: string | null; readonly address?: string };

/** `this machine`, or `lab demo`, in the middle of a sentence. */
export const hostWords = (host: HostId): string =>
  host === 'machine' ? 'this machine' : host.replace(':', ' ');

/** MAC addresses in lower case, with the places where each is seen. */
export type Sightings = ReadonlyMap<string, readonly Sighting[]>;

/** Of several hosts. */
export function allSightings(hosts: readonly Observed[]): Sightings {
  const [first, ...rest] = hosts.map(macSightings);
  const all = new Map(first);
  for (const more of rest)
    for (const [mac, sightings] of more) all.set(mac, [...(all.get(mac) ?? []), ...sightings]);
  return all;
}

const known = new WeakMap<Observed, Sightings>();

/** Every MAC address that is seen on a host. */
export function macSightings(observed: Observed): Sightings {
  const before = known.get(observed);
  if (before !== undefined) return before;
  const seen = readSightings(observed);
  known.set(observed, seen);
  return seen;
}

function readSightings(observed: Observed): Sightings {
  const { host, role } = observed.agent;
  const on = `${host === 'machine' ? 'of' : 'in'} ${hostWords(host)}`;
  const seen = new Map<string, Sighting[]>();
  const put = (mac: string | null, how: Sighting['how'], where: string, more: More = {}) => {
    if (mac === null || !/[1-9a-f]/i.test(mac)) return;
    const key = mac.toLowerCase();
    const sighting: Sighting = { host, how, where: `${where} ${on}`, guest: null, address: null, ...more };
    const list = seen.get(key);
    if (list === undefined) seen.set(key, [sighting]);
    else list.push(sighting);
  };
  const isNic = (link: Link) => link.kind !== 'loopback';
  for (const link of items(observed.links).filter(isNic)) put(link.mac, 'nic', link.name);
  for (const ns of items(observed.namespaces)) {
    const whose = `${role === 'lab' && ns.name !== 'outside' ? 'guest' : 'namespace'} ${ns.name}`;
    for (const link of Object.values(ns.links).filter(isNic))
      put(link.mac, 'nic', `NIC ${link.name} of ${whose}`, { guest: ns.name });
  }
  for (const domain of items(observed.domains))
    for (const [i, { mac }] of domain.nics.entries())
      put(mac, 'nic', `NIC ${i + 1} of libvirt domain ${domain.name}`, { guest: domain.name });
  for (const { name, guest, nics } of machinesOf(observed))
    for (const { tap, mac } of nics) put(mac, 'nic', `the NIC of QEMU guest ${name} at ${tap}`, { guest });
  for (const bridge of items(observed.ovsBridges))
    for (const i of bridge.ports.flatMap((p) => p.interfaces))
      put(i.mac, 'nic', `${i.name} of Open vSwitch bridge ${bridge.name}`);
  for (const { mac, address, network, hostname } of items(observed.leases))
    put(mac, 'heard', `the lease of ${address} in network ${network}`, { guest: hostname, address });
  for (const { mac, address, device, state } of items(observed.neighbours))
    if (!state.includes('FAILED')) put(mac, 'heard', `neighbour ${address} at ${device}`, { address });
  for (const { mac, port, state } of items(observed.fdb))
    if (state !== 'permanent') put(mac, 'learned', `frames that came through ${port}`);
  return seen;
}

/** Whom an address is asked for. */
export type ForGuest = { readonly host: HostId; readonly guest: string };

/**
 * Where somebody else has an address that a guest shall have, or null. What the guest itself showed in an earlier life
 * is no objection: its NIC, a lease under its name, and who answers at that lease's address.
 */
export function foreignSighting(sightings: readonly Sighting[], { host, guest }: ForGuest): Sighting | null {
  const own = (s: Sighting) => s.host === host && s.guest === guest;
  const leased = new Set(sightings.filter((s) => s.address !== null && own(s)).map((s) => s.address));
  const foreign = sightings.filter(
    (s) => s.how !== 'learned' && !own(s) && !(s.host === host && leased.has(s.address)),
  );
  return foreign.find((s) => s.how === 'nic') ?? foreign[0] ?? null;
}

/** A fixed address that somebody has already, in one sentence. */
export const inUse = (mac: string, { how, where }: Sighting): string =>
  how === 'nic'
    ? `The MAC address ${mac} is in use: ${where} has it.`
    : `The MAC address ${mac} is in use: it is that of ${where}.`;
