import { type Machine, machinesOf } from './machines';
import { items, type Link } from './observed';
import { plugOf } from './plugs';
import type { GuestNic } from './topology';
import { type AddressBook, plug, pluggedInto } from './topology-cables';
import { addNode, type Draft, guestId, linkId, ORDER_WITHOUT_LINK } from './topology-draft';

/** Virtual machines that libvirt does not manage, each with its cables. */
export function addMachines(draft: Draft, book: AddressBook): void {
  const machines = machinesOf(draft.observed).flatMap((machine) => {
    const ports = machine.nics.flatMap(({ tap }) => draft.linkOf.get(tap) ?? []);
    return ports.length === 0 && machine.own === undefined ? [] : [{ machine, ports }];
  });
  const learned = learnedMacs(draft, machines.length);
  for (const { machine, ports } of machines)
    if (machine.own) addOwn(draft, { machine, ports, book });
    else addStray(draft, { machine, ports, addresses: addressesOf(machine, ports, { learned, book }) });
}

type Found = { readonly machine: Machine; readonly ports: readonly Link[] };

/** One that the host's agent started: more is known of it than of a mere process. */
function addOwn(draft: Draft, { machine, ports, book }: Found & { readonly book: AddressBook }): void {
  const { name, pid } = machine;
  const nics = machine.nics.map((nic) => nicOf(draft, nic, book));
  const addresses = nics.flatMap((nic) => nic.addresses);
  const id = guestId(draft.host, name);
  const runs = pid !== null;
  const plugged = nics.find((nic) => nic.plugged !== null)?.plugged;
  addNode(draft, {
    id,
    kind: 'guest',
    band: 'guest',
    label: name,
    detail: runs ? addresses.join(' · ') || (nics.length === 0 ? 'no NIC' : 'no address seen') : 'has ended',
    state: runs ? 'up' : 'down',
    order: Math.min(ORDER_WITHOUT_LINK, ...ports.map((p) => p.index)),
    badges: runs ? ['QEMU'] : ['QEMU', 'ended'],
    ...(plugged ? { plugged } : {}),
    nics,
    search: [name, 'qemu', pid, ...nics.flatMap(({ mac, tap }) => [mac, tap]), ...addresses]
      .join(' ')
      .toLowerCase(),
  });
  for (const port of ports)
    plug(draft, id, port, runs && nics.find((nic) => nic.tap === port.name)?.cable === 'in');
}

function nicOf(
  draft: Draft,
  { tap, mac, name = tap, cable = 'in', fixed }: Machine['nics'][number],
  book: AddressBook,
) {
  const link = draft.linkOf.get(tap);
  const bridge = link === undefined ? null : (plugOf(draft.observed, tap)?.bridge ?? null);
  const plugged = link === undefined ? null : pluggedInto([link]);
  const at = bridge === null ? undefined : draft.nodes.get(linkId(draft.host, bridge));
  const network = plugged?.network ?? at?.network?.name ?? null;
  // A macvtap stands on its device.
  const where = bridge ?? (link?.kind === 'macvtap' ? (link.lower?.name ?? null) : null);
  const own = fixed === undefined ? [] : [fixed.split('/')[0] ?? fixed];
  const met = where === null || cable === 'out' ? [] : book(mac, { network, bridge: where });
  const addresses = [...new Set([...own, ...met])];
  return { name, mac: mac ?? '', tap, cable, bridge, plugged, addresses } satisfies GuestNic;
}

function addStray(
  draft: Draft,
  { machine, ports, addresses }: Found & { readonly addresses: readonly string[] },
): void {
  const { pid, command, guest, name, nics } = machine;
  const id = guestId(draft.host, name);
  addNode(draft, {
    id,
    kind: 'guest',
    band: 'guest',
    label: guest ?? `${command.replace(/-system-.*$/, '')} ${pid}`,
    detail: addresses.join(' · ') || 'no address seen',
    order: Math.min(...ports.map((p) => p.index)),
    badges: guest === null ? [] : ['QEMU'],
    search: [guest ?? '', command, pid, ...nics.flatMap(({ mac }) => mac ?? []), ...addresses]
      .join(' ')
      .toLowerCase(),
  });
  for (const port of ports) plug(draft, id, port, true);
}

type Sources = { readonly learned: ReadonlyMap<string, readonly string[]>; readonly book: AddressBook };

/** Of the MACs it was told to have; otherwise the bridge has learned some behind its ports. */
function addressesOf(
  { nics }: Machine,
  ports: readonly Link[],
  { learned, book }: Sources,
): readonly string[] {
  const told = nics.flatMap(({ mac }) => book(mac));
  if (told.length > 0) return told;
  return [...new Set(ports.flatMap((port) => learned.get(port.name) ?? []).flatMap((mac) => book(mac)))];
}

/** MACs that bridges have learned, by port; not looked for when nobody asks. */
function learnedMacs(draft: Draft, askers: number): ReadonlyMap<string, readonly string[]> {
  const learned = new Map<string, string[]>();
  if (askers === 0) return learned;
  for (const entry of items(draft.observed.fdb)) {
    if (draft.linkOf.get(entry.port)?.mac === entry.mac) continue;
    const list = learned.get(entry.port);
    if (list) list.push(entry.mac);
    else learned.set(entry.port, [entry.mac]);
  }
  return learned;
}
