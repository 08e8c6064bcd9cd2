import { type Domain, items, type Link } from './observed';
import { type AddressBook, addressBook, plug, pluggedInto } from './topology-cables';
import {
  addNode,
  type Draft,
  guestId,
  linkId,
  namespaceId,
  networkId,
  ORDER_WITHOUT_LINK,
  searchText,
  shownAddresses,
} from './topology-draft';
import { addMachines } from './topology-machines';
import type { Pairing } from './topology-pairs';

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

function addDomain(draft: Draft, domain: Domain, book: AddressBook): void {
  const id = guestId(draft.host, domain.name);
  const running = domain.state === 'running' || domain.state === 'idle';
  const ports = domain.nics
    .map((nic) => (nic.target === null ? undefined : draft.linkOf.get(nic.target)))
    .filter((l) => l !== undefined);
  const addresses = domain.nics.flatMap((nic) => book(nic.mac));
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
