import type { AgentFacts, Observed, Section } from '@/server/core/observed';
import { observeBridgePorts } from './bridge-ports';
import { observeDnsmasq } from './dnsmasq';
import { observeFdb } from './fdb';
import { observeLeases } from './leases';
import { observeDomains, observeLibvirtNetworks } from './libvirt';
import { observeLinks } from './links';
import { observeNamespaces } from './namespaces';
import { observeNeighbours } from './neighbours';
import { observeNft } from './nft';
import { observeOffloads } from './offloads';
import { observeOvs } from './ovs';
import { observeQdiscs } from './qdiscs';
import { observeRoutes } from './routes';
import { observeRules } from './rules';
import { observeSysctls } from './sysctls';
import { observeTapHolders } from './tap-holders';
import { observeVlans } from './vlans';

export { type AgentIdentity, agentFacts } from './agent-facts';

type Links = () => Promise<Observed['links']>;
type SectionReader<S extends Section> = (agent: AgentFacts, links: Links) => Promise<Observed[S]>;

/** A reader for every section; `links` gives the interfaces to those who go by them. */
const readers: { readonly [S in Section]: SectionReader<S> } = {
  links: (_, links) => links(),
  routes: observeRoutes,
  rules: observeRules,
  neighbours: observeNeighbours,
  bridgePorts: observeBridgePorts,
  vlans: observeVlans,
  fdb: observeFdb,
  qdiscs: observeQdiscs,
  nft: observeNft,
  tapHolders: async () => observeTapHolders(),
  namespaces: () => observeNamespaces(),
  dnsmasq: (agent) => observeDnsmasq(agent.runDir),
  leases: (agent) => observeLeases(agent.runDir, agent.role),
  sysctls: async (_, links) => observeSysctls(await links()),
  offloads: async (_, links) => observeOffloads(await links()),
  ovsBridges: observeOvs,
  libvirtNetworks: observeLibvirtNetworks,
  domains: observeDomains,
};

/** One section, fresh. `links` is asked for by sections that go by the interfaces; read once when not given. */
export function observeSection<S extends Section>(
  section: S,
  agent: AgentFacts,
  links: Links = observeLinks,
): Promise<Observed[S]> {
  return readers[section](agent, links);
}

/** One whole reading of this host, fresh, all tools at once. Never fails: what cannot be read is unknown, with why. */
export async function observe(agent: AgentFacts): Promise<Observed> {
  const reading = observeLinks();
  const links = () => reading;
  const read = <S extends Section>(section: S) => observeSection(section, agent, links);
  const [routes, rules, neighbours, bridgePorts, vlans, fdb, qdiscs, nft, namespaces] = await Promise.all([
    read('routes'),
    read('rules'),
    read('neighbours'),
    read('bridgePorts'),
    read('vlans'),
    read('fdb'),
    read('qdiscs'),
    read('nft'),
    read('namespaces'),
  ]);
  const [dnsmasq, leases, ovsBridges, libvirtNetworks, domains, offloads, sysctls, tapHolders] =
    await Promise.all([
      read('dnsmasq'),
      read('leases'),
      read('ovsBridges'),
      read('libvirtNetworks'),
      read('domains'),
      read('offloads'),
      read('sysctls'),
      read('tapHolders'),
    ]);
  return {
    agent,
    at: new Date().toISOString(),
    links: await links(),
    routes,
    rules,
    neighbours,
    bridgePorts,
    vlans,
    fdb,
    qdiscs,
    nft,
    tapHolders,
    namespaces,
    dnsmasq,
    leases,
    sysctls,
    offloads,
    ovsBridges,
    libvirtNetworks,
    domains,
  };
}
