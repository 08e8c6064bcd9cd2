import { type FactGroup, group, type InspectedFact } from './inspect-facts';
import type { Observed, sections } from './observed';

/** Sections of the facts in people's words. */
const NAMES: Readonly<Record<keyof typeof sections, string>> = {
  links: 'Links and addresses',
  routes: 'Routes',
  rules: 'Routing rules',
  neighbours: 'Neighbours',
  bridgePorts: 'Bridge ports',
  vlans: 'VLANs',
  fdb: 'Forwarding database',
  qdiscs: 'Queues',
  limits: 'Limits',
  nft: 'Firewall',
  tapHolders: 'Tap holders',
  namespaces: 'Namespaces',
  dnsmasq: 'dnsmasq',
  leases: 'Leases',
  sysctls: 'Kernel settings',
  offloads: 'Offloads',
  ovsBridges: 'Open vSwitch',
  ovsLeftovers: 'Open vSwitch leftovers',
  libvirtNetworks: 'libvirt networks',
  domains: 'libvirt domains',
  machines: 'Virtual machines of its own',
  listeners: 'Listening programs',
};

/** What the host is, what was read from it, and what could not be. */
export function hostGroups(observed: Observed): readonly FactGroup[] {
  const { agent } = observed;
  const said = (label: string, value: string): InspectedFact => ({
    label,
    value,
    command: 'its agent says so',
  });
  const keys = Object.keys(NAMES) as (keyof typeof sections)[];
  return [
    {
      title: 'Host',
      facts: [
        said('Name', agent.hostname),
        said('Kernel', agent.kernel),
        said('Can be changed', agent.writable.yes ? 'yes' : `no: ${agent.writable.why}`),
        said('Agent', `${agent.version} (${agent.role})`),
        said('Read at', observed.at),
      ],
    },
    {
      title: 'What was read',
      facts: keys.map((key) => {
        const fact = observed[key];
        return fact.known
          ? { label: NAMES[key], value: `${Object.keys(fact.value).length}`, command: fact.command }
          : { label: NAMES[key], value: null, command: fact.command, why: fact.why };
      }),
    },
    group('Kernel settings', observed.sysctls, (all) =>
      Object.entries(all).map(([name, s]) => [name, s.value] as const),
    ),
  ];
}
