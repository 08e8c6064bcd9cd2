import { items, type Link, type Namespace } from './observed';
import type { Draft } from './topology-draft';

/** Where the other end of a host's veth is. */
type Peer =
  | { readonly in: 'namespace'; readonly namespace: string; readonly link: Link }
  | { readonly in: 'host'; readonly name: string; readonly index: number };

export type Pairing = {
  /** By name of the host's end. No entry: its other end cannot be seen. */
  readonly ofHost: ReadonlyMap<string, Peer>;
};

/**
 * Finds both ends of every veth. The kernel names the other end by (namespace id, index). Where a namespace has no
 * id we take the one whose link points back at us with the same pair of indices, if there is just one.
 */
export function pairVeths(draft: Pick<Draft, 'observed' | 'links' | 'linkOf'>): Pairing {
  const ofHost = new Map<string, Peer>();
  const byIndex = new Map(draft.links.map((l) => [l.index, l]));
  const namespaces = items(draft.observed.namespaces);
  const byNsid = new Map(namespaces.filter((n) => n.nsid !== null).map((n) => [n.nsid, n]));
  const backward = pointingOut(namespaces);
  for (const link of draft.links) {
    if (link.kind !== 'veth') continue;
    const { index, name, netnsId } = link.lower ?? { index: null, name: null, netnsId: null };
    if (netnsId === null && (name !== null || index !== null)) {
      const peer = name === null ? byIndex.get(index ?? -1) : draft.linkOf.get(name);
      if (peer?.kind === 'veth' && peer.index !== link.index)
        ofHost.set(link.name, { in: 'host', name: peer.name, index: peer.index });
      continue;
    }
    if (index === null) continue;
    const named = byNsid.get(netnsId);
    const inside = named && Object.values(named.links).find((l) => l.index === index);
    if (named && inside) {
      ofHost.set(link.name, { in: 'namespace', namespace: named.name, link: inside });
      continue;
    }
    const candidates = backward.get(`${index}>${link.index}`) ?? [];
    const only = candidates.length === 1 ? candidates[0] : undefined;
    if (only) ofHost.set(link.name, { in: 'namespace', namespace: only.namespace, link: only.link });
  }
  return { ofHost };
}

function pointingOut(namespaces: readonly Namespace[]) {
  const found = new Map<string, { namespace: string; link: Link }[]>();
  for (const ns of namespaces) {
    for (const link of Object.values(ns.links)) {
      if (link.kind !== 'veth' || link.lower?.index == null) continue;
      const key = `${link.index}>${link.lower.index}`;
      const list = found.get(key);
      if (list) list.push({ namespace: ns.name, link });
      else found.set(key, [{ namespace: ns.name, link }]);
    }
  }
  return found;
}
