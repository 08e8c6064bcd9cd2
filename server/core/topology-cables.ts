import { parsePortMark } from './compile/ports';
import { items, type Link } from './observed';
import { addEdge, alterNode, type Draft, limitOf, linkId, rateOf } from './topology-draft';

/** Where somebody is expected: what is known from other networks is left out. */
type At = { readonly network: string | null; readonly bridge: string | null };

/** Addresses known for a MAC from leases and neighbours, for guests that cannot be looked into. */
export type AddressBook = (mac: string | null, at?: At) => readonly string[];

type Entry = At & { readonly address: string };

export function addressBook(draft: Draft): AddressBook {
  const book = new Map<string, Entry[]>();
  const put = (mac: string | null, entry: Entry) => {
    if (mac === null || entry.address.toLowerCase().startsWith('fe80')) return;
    const list = book.get(mac.toLowerCase());
    if (list === undefined) book.set(mac.toLowerCase(), [entry]);
    else list.push(entry);
  };
  for (const { mac, address, network } of items(draft.observed.leases))
    put(mac, { address, network, bridge: null });
  for (const { mac, address, device, state } of items(draft.observed.neighbours))
    if (!state.includes('FAILED')) put(mac, { address, network: null, bridge: device });
  const fits = ({ network, bridge }: Entry, at: At | undefined) =>
    at === undefined || (network === null ? bridge === at.bridge : network === at.network);
  return (mac, at) => {
    const entries = mac === null ? [] : (book.get(mac.toLowerCase()) ?? []);
    return [...new Set(entries.filter((e) => fits(e, at)).map((e) => e.address))];
  };
}

/** The mark of a port outlives its plug: one that hangs nowhere is in no network. */
export const pluggedInto = (links: readonly Link[]): ReturnType<typeof parsePortMark> =>
  links.map((l) => parsePortMark(l.alias)).find((mark) => mark !== null) ?? null;

/** The cable between a port of the host and the NIC of a guest, and the guest's place below its first port. */
export function plug(draft: Draft, guest: string, port: Link, alive: boolean): void {
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
    limit: limitOf(draft, port.name),
  });
  if (!upward && (guestNode.anchor === null || port.index <= guestNode.order))
    alterNode(draft, guest, { anchor: portNode.anchor ?? guestNode.anchor });
}
