import { NOTHING } from './change';
import { MACHINE } from './ids';
import { macConflicts } from './mac-conflicts';
import { type Observed, sections } from './observed';
import { type HostView, MAC_CONFLICT, type Topology } from './topology';
import { addEdge, addNode, alterNode, type Draft, hostNodeId, startDraft } from './topology-draft';
import { addGuests } from './topology-guests';
import { addLinks } from './topology-links';
import { badgeManaged } from './topology-managed';
import { addNetworks, addPending } from './topology-networks';
import { addOvs } from './topology-ovs';
import { pairVeths } from './topology-pairs';
import { addPendingLinks } from './topology-pending-links';

/**
 * Everything that can be drawn of these hosts, with what is proposed for them. Pure: the same facts give the same
 * nodes with the same ids.
 */
export function toTopology(hosts: readonly HostView[]): Topology {
  const drafts = hosts.map(draw);
  badgeConflicts(drafts);
  const nodes: Topology['nodes'] = Object.fromEntries(drafts.flatMap((d) => [...d.nodes]));
  joinTunnels(drafts);
  return { nodes, edges: Object.fromEntries(drafts.flatMap((d) => [...d.edges])) };
}

function draw(view: HostView): Draft {
  const { observed, pending, kept = NOTHING } = view;
  const draft = startDraft(view);
  addHost(draft, observed);
  const pairing = pairVeths(draft);
  addLinks(draft, pairing);
  addOvs(draft);
  addNetworks(draft, kept);
  addGuests(draft, pairing);
  badgeManaged(draft, kept);
  addPending(draft, pending);
  addPendingLinks(draft, pending);
  return draft;
}

/** Sections whose absence leaves a hole in the picture, in words. */
const NAMES: Readonly<Record<string, string>> = {
  links: 'links',
  bridgePorts: 'bridge ports',
  vlans: 'VLANs',
  tapHolders: 'tap holders',
  namespaces: 'namespaces',
  leases: 'leases',
  nft: 'firewall',
  routes: 'routes',
  ovsBridges: 'Open vSwitch',
  libvirtNetworks: 'libvirt networks',
  domains: 'libvirt domains',
};

function addHost(draft: Draft, observed: Observed): void {
  const { agent } = observed;
  const unknown: string[] = [];
  for (const key of Object.keys(sections) as (keyof typeof sections)[]) {
    const fact = observed[key];
    if (!fact.known && NAMES[key] !== undefined) unknown.push(`unknown: ${NAMES[key]} (${fact.why})`);
  }
  const lab = agent.role === 'lab';
  addNode(draft, {
    id: hostNodeId(draft.host),
    kind: 'host',
    band: 'outside',
    parent: null,
    label: lab ? draft.host.replace(/^lab:/, '') : agent.hostname,
    detail: lab ? 'Lab' : draft.host === MACHINE ? `This machine · Linux ${agent.kernel}` : agent.kernel,
    state: observed.links.known ? 'up' : 'unknown',
    order: draft.host === MACHINE ? 0 : 1,
    badges: [...(agent.writable.yes ? [] : ['read-only']), ...unknown],
    search: `${draft.host} ${agent.hostname}`.toLowerCase(),
  });
}

/** What has a NIC whose MAC address another one has too, on this host or another. */
function badgeConflicts(drafts: readonly Draft[]): void {
  for (const [id, conflicts] of macConflicts(drafts.map((d) => d.observed)))
    for (const draft of drafts) {
      const node = draft.nodes.get(id);
      if (node) alterNode(draft, id, { badges: [MAC_CONFLICT, ...node.badges], conflicts });
    }
}

/** Two tunnel ends that name each other, on different hosts, are one cable. */
function joinTunnels(drafts: readonly Draft[]): void {
  const ends = drafts.flatMap((draft) =>
    draft.links.filter((l) => l.tunnel?.local && l.tunnel.remote).map((link) => ({ draft, link })),
  );
  const byKey = new Map<string, (typeof ends)[number]>();
  for (const end of ends) {
    const { local, remote, id } = end.link.tunnel ?? { local: null, remote: null, id: null };
    const twin = byKey.get(`${end.link.kind} ${id} ${remote} ${local}`);
    byKey.set(`${end.link.kind} ${id} ${local} ${remote}`, end);
    if (twin === undefined || twin.draft.host === end.draft.host) continue;
    addEdge(end.draft, {
      from: `${twin.draft.host}/link/${twin.link.name}`,
      to: `${end.draft.host}/link/${end.link.name}`,
      kind: 'tunnel',
      carrier: twin.link.up && end.link.up && twin.link.carrier && end.link.carrier,
      mtu: Math.min(twin.link.mtu, end.link.mtu),
    });
  }
}
