import { parsePortMark } from './compile/ports';
import { machinesOf } from './machines';
import { type Domain, items, type Link } from './observed';
import {
  addEdge,
  addNode,
  alterNode,
  type Draft,
  guestId,
  linkId,
  namespaceId,
  networkId,
  ORDER_WITHOUT_LINK,
  rateOf,
  searchText,
  shownAddresses,
} from './topology-draft';
import type { Pairing } from './topology-pairs';

/** Addresses known for a MAC from leases and neighbours, for guests that cannot be looked into. */
type AddressBook = ReadonlyMap<string, readonly string[]>;

function addressBook(draft: Draft): AddressBook {
  const book = new Map<string, string[]>();
  const put = (mac: string | null, address: string) => {
    if (mac === null || address.toLowerCase().startsWith('fe80')) return;
    const list = book.get(mac.toLowerCase());
    if (list === undefined) book.set(mac.toLowerCase(), [address]);
    else if (!list.includes(address)) list.push(address);
  };
  for (const lease of items(draft.observed.leases)) put(lease.mac, lease.address);
  for (const n of items(draft.observed.neighbours)) if (!n.state.includes('FAILED')) put(n.mac, n.address);
  return book;
}

/** Namespaces, libvirt domains and machine processes, each with its cables. */
export function addGuests(draft: Draft, pairing: Pairing): void {
  const book = addressBook(draft);
  addNamespaces(draft, pairing);
  for (const domain of items(draft.observed.domains)) addDomain(draft, domain, book);
  addMachines(draft, book);
}

function addNamespaces(draft: Draft, pairing: Pairing): void {
  const lab = draft.observed.agent.role === 'lab';
  const ports = new Map<string, { host: Link; inside: Link }[]>();
  for (const link of draft.links) {
    const peer = pairing.ofHost.get(link.name);
    if (peer?.in !== 'namespace') continue;
    const list = ports.get(peer.namespace);
    if (list) list.push({ host: link, inside: peer.link });
    else ports.set(peer.namespace, [{ host: link, inside: peer.link }]);
  }
  for (const ns of items(draft.observed.namespaces)) {
    const outside = lab && ns.name === 'outside';
    const links = Object.values(ns.links).filter((l) => l.kind !== 'loopback');
    const cables = ports.get(ns.name) ?? [];
    const addresses = links.flatMap(shownAddresses);
    const live = links.some((l) => l.up && l.carrier);
    const plugged = pluggedInto([...cables.map((c) => c.host), ...links]);
    const id = lab && !outside ? guestId(draft.host, ns.name) : namespaceId(draft.host, ns.name);
    addNode(draft, {
      id,
      kind: lab && !outside ? 'guest' : 'namespace',
      band: outside ? 'outside' : 'guest',
      label: ns.name,
      detail: addresses.length > 0 ? addresses.join(' · ') : links.length === 0 ? 'no NIC' : 'no address',
      state: live || links.length === 0 ? 'up' : 'down',
      order: Math.min(ORDER_WITHOUT_LINK, ...cables.map((c) => c.host.index)),
      badges: live || links.length === 0 ? [] : ['no carrier'],
      ...(plugged === null ? {} : { plugged }),
      search: links.map((l) => searchText(l, ns.name)).join(' ') || ns.name.toLowerCase(),
    });
    for (const { host, inside } of cables) plug(draft, id, host, inside.up && inside.carrier);
  }
}

/** The mark of a port outlives its plug: one that hangs nowhere is in no network. */
const pluggedInto = (links: readonly Link[]): ReturnType<typeof parsePortMark> =>
  links.map((l) => parsePortMark(l.alias)).find((mark) => mark !== null) ?? null;

/** The cable between a port of the host and the NIC of a guest, and the guest's place below its first port. */
function plug(draft: Draft, guest: string, port: Link, alive: boolean): void {
  const portId = linkId(draft.host, port.name);
  const portNode = draft.nodes.get(portId);
  const guestNode = draft.nodes.get(guest);
  if (!portNode || !guestNode) return;
  const upward = portNode.band === 'uplink';
  addEdge(draft, {
    from: upward ? guest : portId,
    to: upward ? portId : guest,
    kind: upward ? 'uplink' : 'nic',
    vlans: portNode.vlans,
    carrier: alive && port.up && port.carrier,
    rate: rateOf(draft, port.name),
  });
  if (!upward && (guestNode.anchor === null || port.index <= guestNode.order))
    alterNode(draft, guest, { anchor: portNode.anchor ?? guestNode.anchor });
}

function addDomain(draft: Draft, domain: Domain, book: AddressBook): void {
  const id = guestId(draft.host, domain.name);
  const running = domain.state === 'running' || domain.state === 'idle';
  const ports = domain.nics
    .map((nic) => (nic.target === null ? undefined : draft.linkOf.get(nic.target)))
    .filter((l) => l !== undefined);
  const addresses = domain.nics.flatMap((nic) => book.get(nic.mac?.toLowerCase() ?? '') ?? []);
  addNode(draft, {
    id,
    kind: 'guest',
    band: 'guest',
    label: domain.name,
    detail: running ? addresses.join(' · ') || 'no address seen' : domain.state,
    state: running ? 'up' : 'down',
    order: Math.min(ORDER_WITHOUT_LINK, ...ports.map((p) => p.index)),
    anchor: domainHome(draft, domain),
    badges: running ? ['libvirt'] : ['libvirt', domain.state],
    search: [domain.name, domain.uuid, ...domain.nics.map((n) => n.mac ?? ''), ...addresses]
      .join(' ')
      .toLowerCase(),
  });
  for (const port of ports) plug(draft, id, port, running);
}

/** The bridge of the first network it names, for domains that are shut off and so have no port. */
function domainHome(draft: Draft, domain: Domain): string | null {
  for (const nic of domain.nics) {
    if (nic.source === null) continue;
    const bridge =
      nic.type === 'network'
        ? draft.nodes.get(networkId(draft.host, nic.source))?.anchor
        : linkId(draft.host, nic.source);
    if (bridge && draft.nodes.has(bridge)) return bridge;
  }
  return null;
}

function addMachines(draft: Draft, book: AddressBook): void {
  const machines = machinesOf(draft.observed).flatMap(({ nics, ...machine }) => {
    const ports = nics.flatMap(({ tap }) => draft.linkOf.get(tap) ?? []);
    return ports.length === 0 ? [] : [{ ...machine, ports, macs: nics.flatMap(({ mac }) => mac ?? []) }];
  });
  const learned = learnedMacs(draft, machines.length);
  for (const { pid, command, guest, name, macs, ports } of machines) {
    const id = guestId(draft.host, name);
    const told = macs.flatMap((mac) => book.get(mac) ?? []);
    const addresses = told.length > 0 ? told : neighboursBehind(learned, ports, book);
    addNode(draft, {
      id,
      kind: 'guest',
      band: 'guest',
      label: guest ?? `${command.replace(/-system-.*$/, '')} ${pid}`,
      detail: addresses.join(' · ') || 'no address seen',
      order: Math.min(...ports.map((p) => p.index)),
      badges: guest === null ? [] : ['QEMU'],
      search: [guest ?? '', command, pid, ...macs, ...addresses].join(' ').toLowerCase(),
    });
    for (const port of ports) plug(draft, id, port, true);
  }
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

/** A process does not tell its MACs; the bridge has learned them behind its port. */
function neighboursBehind(
  learned: ReadonlyMap<string, readonly string[]>,
  ports: readonly Link[],
  book: AddressBook,
): readonly string[] {
  const found = new Set<string>();
  for (const port of ports)
    for (const mac of learned.get(port.name) ?? [])
      for (const address of book.get(mac.toLowerCase()) ?? []) found.add(address);
  return [...found];
}
