import { hostWords } from './mac-sightings';
import { machinesOf } from './machines';
import { type Domain, items, type Link, type Observed } from './observed';

/** A NIC of its own: not something that shows the address of what it stands on, of its members or of its other end. */
type RealNic = {
  readonly mac: string;
  /** Id of the node that it is drawn as, or part of. */
  readonly node: string;
  /** In the middle of a sentence: `NIC eth0 of guest web`. */
  readonly words: string;
  /** Labs are worlds of their own; machines can meet. */
  readonly world: string;
  /** NICs that share one of these have one address on purpose. */
  readonly kin: readonly string[];
};
type Put = (mac: string | null, nic: Pick<RealNic, 'node' | 'words' | 'kin'>) => void;

/** Types of libvirt's `<interface>` that reach a network others are in. */
const SHARED_NETWORK = new Set(['network', 'bridge', 'ethernet', 'direct', 'hostdev', 'vhostuser', 'vdpa']);
const MACVLANS = new Set(['macvlan', 'macvtap']);
/** Masters that leave their ports the addresses they have; all others give their members one. */
const SWITCHES = new Set(['bridge', 'vrf', 'openvswitch']);
const takesOver = (link: Link) => MACVLANS.has(link.kind) && link.macvlanMode === 'passthru';

/**
 * The NICs of a host and of its guests. Left out is what has another's address by its nature: bonds, bridges, VLAN
 * devices, ipvlan, taps, ports of a switch chip, macvtaps that a virtual machine holds, the host's ends of veths, devices under
 * a passthru macvtap.
 */
function realNics(observed: Observed): readonly RealNic[] {
  const { host, role } = observed.agent;
  const on = `${host === 'machine' ? 'of' : 'in'} ${hostWords(host)}`;
  const found: RealNic[] = [];
  const world = role === 'lab' ? host : 'machines';
  const put: Put = (mac, { node, words, kin }) => {
    if (mac === null || !/[1-9a-f]/i.test(mac)) return;
    found.push({ mac: mac.toLowerCase(), node: `${host}/${node}`, words: `${words} ${on}`, world, kin });
  };
  const domains = items(observed.domains).filter((d) => d.state !== 'shut off' && d.state !== 'crashed');
  const held = new Set([
    ...domains.flatMap((d) => d.nics.map((n) => n.target)),
    ...machinesOf(observed).flatMap((m) => m.nics.map((n) => n.tap)),
  ]);
  const links = items(observed.links);
  const linkOf = new Map(links.map((l) => [l.name, l]));
  for (const link of ownAddresses(links)) {
    // Host ends of cables to guests may all have one address (Calico's have); what the host is known by has its own.
    if (held.has(link.name) || (link.kind === 'veth' && !link.addresses.some((a) => a.scope === 'global')))
      continue;
    const master = link.master === null ? undefined : linkOf.get(link.master);
    const kin = [link.name, ...(master && !SWITCHES.has(master.kind) ? [master.name] : [])];
    const pair = link.kind === 'veth' ? [`${host} pair ${link.lower?.netnsId} ${link.lower?.index}`] : [];
    put(link.mac, {
      node: `link/${link.name}`,
      words: link.kind === 'device' ? `device ${link.name}` : link.name,
      kin: [...kin.map((k) => `${host} device ${k}`), ...pair],
    });
  }
  for (const ns of items(observed.namespaces)) {
    const whose = role === 'lab' && ns.name !== 'outside' ? 'guest' : 'namespace';
    for (const link of ownAddresses(Object.values(ns.links)))
      put(link.mac, {
        node: `${whose}/${ns.name}`,
        words: `NIC ${link.name} of ${whose} ${ns.name}`,
        kin: [`${host} namespace ${ns.name}`, `${host} pair ${ns.nsid} ${link.index}`],
      });
  }
  for (const domain of domains) putDomain(domain, put);
  for (const { name, guest, pid, nics } of machinesOf(observed))
    for (const { tap, mac } of nics)
      put(mac, {
        node: `guest/${name}`,
        words: `the NIC of QEMU guest ${name} at ${tap}`,
        // One that migrates is on two hosts for a moment.
        kin: [`machine ${guest ?? `${host} ${pid}`}`],
      });
  return found;
}

function putDomain(domain: Domain, put: Put): void {
  for (const [i, nic] of domain.nics.entries())
    if (SHARED_NETWORK.has(nic.type))
      put(nic.mac, {
        node: `guest/${domain.name}`,
        words: `NIC ${i + 1} of libvirt domain ${domain.name}`,
        // The two of a failover pair have one address; a guest that migrates is on two hosts for a moment.
        kin: [`domain ${domain.uuid}`],
      });
}

/** Links of one network stack that have an address of their own. */
function ownAddresses(links: readonly Link[]): readonly Link[] {
  const under = new Set(links.filter(takesOver).map((l) => l.lower?.name));
  return links.filter((l) => {
    if (under.has(l.name) || takesOver(l)) return false;
    // A device on another one is a port of a switch chip.
    if (l.kind === 'device') return l.lower === null;
    // Its other end is in this stack, or it is a port for somebody further inside.
    if (l.kind === 'veth') return l.master === null && l.lower !== null && l.lower.netnsId !== null;
    return MACVLANS.has(l.kind);
  });
}

/** By node: why its address is not its own alone, a sentence for each other NIC that has it. */
export function macConflicts(hosts: readonly Observed[]): ReadonlyMap<string, readonly string[]> {
  const byMac = new Map<string, RealNic[]>();
  for (const nic of hosts.flatMap(realNics)) {
    const key = `${nic.world} ${nic.mac}`;
    const list = byMac.get(key);
    if (list === undefined) byMac.set(key, [nic]);
    else list.push(nic);
  }
  const why = new Map<string, string[]>();
  for (const nics of byMac.values())
    for (const nic of nics.length > 1 ? nics : [])
      for (const other of nics) {
        if (other === nic || other.kin.some((k) => nic.kin.includes(k))) continue;
        const sentence = `${capital(nic.words)} has the MAC address ${nic.mac}, and so has ${other.words}: in one network, each gets the other's packets.`;
        why.set(nic.node, [...(why.get(nic.node) ?? []), sentence]);
      }
  return why;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
