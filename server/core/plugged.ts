import { items, type Observed } from './observed';
import { pairVeths } from './topology-pairs';

/** Names of the guests whose NICs end in ports of the host, by the port's name; no entry: nobody knows whose it is. */
function guestsOfPorts(observed: Observed): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const links = items(observed.links);
  const { ofHost } = pairVeths({ observed, links, linkOf: new Map(links.map((l) => [l.name, l])) });
  for (const [port, peer] of ofHost) if (peer.in === 'namespace') found.set(port, peer.namespace);
  for (const domain of items(observed.domains))
    for (const { target } of domain.nics) if (target !== null) found.set(target, domain.name);
  for (const { name, nics } of items(observed.machines)) for (const { tap } of nics) found.set(tap, name);
  return found;
}

/** Most that one sentence names. */
const MOST = 5;

/** "web (vnet0), db (vnet1), tap7": guests with their ports; a port by itself where its guest is not known. */
export function pluggedWords(observed: Observed, ports: readonly string[]): string {
  const guests = guestsOfPorts(observed);
  const inOrder = ports.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const named = inOrder.slice(0, MOST).map((port) => {
    const guest = guests.get(port);
    return guest === undefined ? port : `${guest} (${port})`;
  });
  return [...named, ...(ports.length > MOST ? [`${ports.length - MOST} more`] : [])].join(', ');
}
