import type { ChangeItem, Thing } from './change';
import { lowersOf } from './compile/link';
import type { HostLink } from './kinds/link';
import type { Pending } from './topology';
import { addEdge, addNode, alterNode, type Draft, linkId, ORDER_GHOST } from './topology-draft';

/** Draws what a change would do to links of the host: ghosts and cables for what comes, marks on what goes. */
export function addPendingLinks(draft: Draft, changes: readonly ChangeItem[]): void {
  for (const change of changes) {
    const before = change.op === 'create' ? null : asLink(change.before);
    const after = change.op === 'delete' ? null : asLink(change.after);
    if (before?.adopted && after === null)
      // It is forgotten, and stays.
      alterNode(draft, linkId(draft.host, before.name), { pending: 'changed' });
    else if (before !== null && before.name !== after?.name) remove(draft, before);
    if (after !== null) ghost(draft, after, before);
  }
}

const asLink = (thing: Thing): HostLink | null =>
  thing.kind === 'network' || thing.kind === 'nic' ? null : thing;

function remove(draft: Draft, link: HostLink): void {
  const id = linkId(draft.host, link.name);
  alterNode(draft, id, { pending: 'removed' });
  for (const edge of draft.edges.values())
    if (edge.from === id || edge.to === id) draft.edges.set(edge.id, { ...edge, pending: 'removed' });
}

function ghost(draft: Draft, link: HostLink, before: HostLink | null): void {
  const id = linkId(draft.host, link.name);
  const addresses = (link.addresses ?? []).map((a) => `${a.address}/${a.prefix}`);
  const detail = [...(link.kind === 'vlan' ? [`VLAN ${link.id} on ${link.device}`] : []), ...addresses].join(
    ' · ',
  );
  if (draft.nodes.has(id)) alterNode(draft, id, { pending: 'changed' });
  else
    addNode(draft, {
      ...{
        id,
        kind: link.kind,
        band: link.kind === 'bridge' ? 'bridge' : link.kind === 'tap' ? 'port' : 'uplink',
        label: link.name,
        detail,
      },
      order: ORDER_GHOST,
      badges: ['Patchbay'],
      vlans: link.kind === 'vlan' ? [link.id] : [],
      pending: 'added',
      search: `${link.name} ${link.kind} ${detail}`.toLowerCase(),
    });
  if (link.kind === 'tap') {
    if (link.bridge !== undefined) plugged(draft, linkId(draft.host, link.bridge), id);
    return;
  }
  const cable = { bridge: 'uplink', bond: 'member', vlan: 'stacked' } as const;
  const old = before === null ? [] : lowersOf(before);
  for (const lower of lowersOf(link))
    connect(draft, linkId(draft.host, lower), { id, kind: cable[link.kind] });
  for (const lower of old.filter((l) => !lowersOf(link).includes(l))) {
    const from = linkId(draft.host, lower);
    for (const edge of draft.edges.values())
      if (edge.from === from && edge.to === id) draft.edges.set(edge.id, { ...edge, pending: 'removed' });
  }
}

/** A tap hangs on its bridge. */
function plugged(draft: Draft, from: string, to: string): void {
  const there = [...draft.edges.values()].some((e) => e.from === from && e.to === to);
  if (!there && draft.nodes.has(from)) addEdge(draft, { from, to, kind: 'port', pending: 'added' });
}

function connect(
  draft: Draft,
  from: string,
  { id, kind }: { readonly id: string; readonly kind: 'uplink' | 'member' | 'stacked' },
): void {
  const there = [...draft.edges.values()].some((e) => e.from === from && e.to === id);
  const pending: Pending = 'added';
  if (!there && draft.nodes.has(from)) addEdge(draft, { from, to: id, kind, pending });
}
