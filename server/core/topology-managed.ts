import { adoptable } from './adopt-candidates';
import type { Desired } from './change';
import { isOurLink, isThat } from './compile/link';
import { bearsMark } from './libvirt/mark';
import { items } from './observed';
import { NOT_MANAGED } from './topology';
import { alterNode, type Draft, linkId, networkId } from './topology-draft';

/** Says who manages what: what is ours by its mark or by the records, and what could be and is not. */
export function badgeManaged(draft: Draft, kept: Desired): void {
  for (const link of draft.links)
    if (isOurLink(link) || kept.links.some((k) => k.adopted && isThat(k, link)))
      badge(draft, linkId(draft.host, link.name), 'Patchbay');
  for (const network of items(draft.observed.libvirtNetworks)) {
    const ours = kept.networks.some((n) => n.footing === 'libvirt' && n.name === network.name);
    if (!ours && !bearsMark(network.config)) continue;
    badge(draft, networkId(draft.host, network.name), 'Patchbay');
    if (network.bridge !== null) badge(draft, linkId(draft.host, network.bridge), 'Patchbay');
  }
  for (const { is, name } of adoptable(draft.observed, kept)) {
    const id = is === 'network' ? networkId(draft.host, name) : linkId(draft.host, name);
    const bridge = is === 'network' ? bridgeOf(draft, name) : null;
    for (const node of [id, ...(bridge === null ? [] : [linkId(draft.host, bridge)])])
      badge(draft, node, NOT_MANAGED);
  }
}

const bridgeOf = (draft: Draft, network: string): string | null =>
  items(draft.observed.libvirtNetworks).find((n) => n.name === network)?.bridge ?? null;

function badge(draft: Draft, id: string, text: string): void {
  const node = draft.nodes.get(id);
  if (node && !node.badges.includes(text)) alterNode(draft, id, { badges: [text, ...node.badges] });
}
