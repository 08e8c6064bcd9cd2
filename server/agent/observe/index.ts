import type { AgentFacts, Observed, Section } from '@/server/core/observed';
import { observeDnsmasq } from './dnsmasq';
import { fdbReader, observeFdb } from './fdb';
import { observeLeases } from './leases';
import { observeDomains, observeLibvirtNetworks } from './libvirt';
import { observeLimits } from './limits';
import { observeLinksAndPorts } from './links';
import { observeListeners } from './listeners';
import { observeMachines } from './machines';
import { observeNamespaces } from './namespaces';
import { neighboursReader, observeNeighbours } from './neighbours';
import { observeNft } from './nft';
import { observeOffloads } from './offloads';
import { observeOvs } from './ovs';
import { observeQdiscs } from './qdiscs';
import { factOf, type Reader, readTogether, readWith } from './reading';
import { observeRoutes, routesReader } from './routes';
import { observeRules, rulesReader } from './rules';
import { observeSysctls } from './sysctls';
import { observeTapHolders } from './tap-holders';
import { observeVlans, vlansReader } from './vlans';

export { agentFacts } from './agent-facts';

/** What a reading depends on, besides the network namespace it is made in. */
type Where = Pick<AgentFacts, 'runDir' | 'role'>;
type Links = () => Promise<Observed['links']>;
type SectionReader<S extends Section> = (agent: Where, links: Links) => Promise<Observed[S]>;

/** A reader for every section; `links` gives the interfaces to those who go by them. */
const readers: { readonly [S in Section]: SectionReader<S> } = {
  links: (_, links) => links(),
  routes: observeRoutes,
  rules: () => observeRules(),
  neighbours: observeNeighbours,
  bridgePorts: async () => (await observeLinksAndPorts()).bridgePorts,
  vlans: observeVlans,
  fdb: observeFdb,
  qdiscs: observeQdiscs,
  limits: () => observeLimits(observeQdiscs),
  nft: observeNft,
  tapHolders: async (_, links) => observeTapHolders(await links()),
  namespaces: () => observeNamespaces(),
  dnsmasq: (agent) => observeDnsmasq(agent.runDir),
  leases: (agent) => observeLeases(agent.runDir, agent.role),
  sysctls: async (_, links) => observeSysctls(await links()),
  offloads: async (_, links) => observeOffloads(await links()),
  ovsBridges: async () => (await observeOvs()).ovsBridges,
  ovsLeftovers: async () => (await observeOvs()).ovsLeftovers,
  libvirtNetworks: observeLibvirtNetworks,
  domains: observeDomains,
  listeners: () => observeListeners(),
  machines: async (agent) => observeMachines(agent),
};

/** One section, fresh. `links` is asked for by sections that go by the interfaces; read once when not given. */
export function observeSection<S extends Section>(
  section: S,
  agent: Where,
  links: Links = async () => (await observeLinksAndPorts()).links,
): Promise<Observed[S]> {
  return readers[section](agent, links);
}

/** One whole reading of this host, fresh. */
export const observe = async (agent: AgentFacts): Promise<Observed> => ({
  agent,
  ...(await observeSections(agent)),
});

/** From the qdiscs that were read already; a second try reads them again. */
function limitsOf(qdiscs: Promise<Observed['qdiscs']>): Promise<Observed['limits']> {
  let first: Promise<Observed['qdiscs']> | null = qdiscs;
  return observeLimits(() => {
    const read = first ?? observeQdiscs();
    first = null;
    return read;
  });
}

/**
 * All sections, all tools at once. Never fails: what cannot be read is unknown, with why.
 * What one process can read together is read together: a thousand taps are read in less time than it takes to start
 * a process for each section.
 */
export async function observeSections(agent: Where): Promise<Omit<Observed, 'agent'>> {
  const ip = readTogether(
    ['ip', '-j', '-d', '-batch', '-'],
    ['addr show', 'route show table all', 'rule show', 'neigh show'],
  );
  const bridge = readTogether(['bridge', '-j', '-compressvlans', '-batch', '-'], ['vlan show', 'fdb show']);
  /** A fact from what was read together, or else by its own command, which also says why it cannot be read. */
  const from = async <T>(all: Promise<readonly string[] | null>, line: number, reader: Reader<T>) =>
    factOf(reader, (await all)?.[line]) ?? readWith(reader);

  const both = ip.then((lines) => observeLinksAndPorts(lines?.[0]));
  const links = both.then((facts) => facts.links);
  const read = <S extends Section>(section: S) => observeSection(section, agent, () => links);
  const qdiscs = read('qdiscs');
  const ovs = observeOvs();
  const facts = {
    qdiscs,
    limits: limitsOf(qdiscs),
    rules: observeRules(from(ip, 2, rulesReader)),
    nft: read('nft'),
    namespaces: read('namespaces'),
    libvirtNetworks: read('libvirtNetworks'),
    domains: read('domains'),
    links,
    routes: from(ip, 1, routesReader),
    neighbours: from(ip, 3, neighboursReader),
    vlans: from(bridge, 0, vlansReader),
    fdb: from(bridge, 1, fdbReader),
    dnsmasq: read('dnsmasq'),
    leases: read('leases'),
    offloads: read('offloads'),
    sysctls: read('sysctls'),
    tapHolders: read('tapHolders'),
    listeners: read('listeners'),
    machines: read('machines'),
  };
  return {
    links: await facts.links,
    routes: await facts.routes,
    rules: await facts.rules,
    neighbours: await facts.neighbours,
    bridgePorts: (await both).bridgePorts,
    vlans: await facts.vlans,
    fdb: await facts.fdb,
    qdiscs: await facts.qdiscs,
    limits: await facts.limits,
    nft: await facts.nft,
    tapHolders: await facts.tapHolders,
    namespaces: await facts.namespaces,
    dnsmasq: await facts.dnsmasq,
    leases: await facts.leases,
    sysctls: await facts.sysctls,
    offloads: await facts.offloads,
    ...(await ovs),
    libvirtNetworks: await facts.libvirtNetworks,
    domains: await facts.domains,
    listeners: await facts.listeners,
    machines: await facts.machines,
    at: new Date().toISOString(),
  };
}
