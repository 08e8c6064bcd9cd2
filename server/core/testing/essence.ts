import { canonical } from '../canonical';
import { items, type Observed, type OvsBridge, type OvsQos } from '../observed';
import { ourTable } from '../plan-nft';

/** Facts that are not the same, each with both values. */
export function differing(before: Observed, after: Observed): readonly string[] {
  const [was, is] = [essence(before), essence(after)].map((e) => new Map<string, unknown>(Object.entries(e)));
  const keys = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
  return [...keys].flatMap((key) => {
    const [a, b] = [canonical(was?.get(key) ?? null), canonical(is?.get(key) ?? null)];
    return a === b ? [] : [`${key}: was ${a}, is ${b}`];
  });
}

/** What a change may touch, without indexes, counters and what the kernel makes by itself. */
function essence(observed: Observed): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  // Of Open vSwitch, which makes them with its first bridge (in a process, or in the kernel), with a random MAC.
  for (const l of items(observed.links).filter((link) => !['ovs-netdev', 'ovs-system'].includes(link.name)))
    facts[`link ${l.name}`] = {
      ...{ kind: l.kind, mac: l.mac, up: l.up, master: l.master, alias: l.alias, stp: l.bridge?.stp ?? null },
      ...{
        mtu: l.mtu,
        delay: l.bridge?.stp ? l.bridge.forwardDelay : null,
        filters: l.bridge?.vlanFiltering ?? null,
      },
      ...{ vlan: l.vlan, tap: l.tap, bond: l.bond === null ? null : { ...l.bond, activeMember: null } },
      addresses: l.addresses
        .filter((a) => a.scope !== 'link')
        .map((a) => `${a.address}/${a.prefix}`)
        .sort(),
    };
  for (const r of items(observed.routes))
    if (r.protocol !== 'kernel' && r.type === 'unicast')
      facts[`route ${r.table} ${r.destination} ${r.gateway} ${r.device} ${r.metric}`] = { ...r, flags: null };
  for (const [device, limits] of Object.entries(observed.limits.known ? observed.limits.value : {}))
    facts[`limits ${device}`] = limits;
  for (const v of items(observed.vlans)) facts[`vlans ${v.port}`] = v.vlans;
  for (const c of ourTable(observed)?.chains ?? [])
    facts[`chain ${c.name}`] = { ...c, rules: c.rules.map((r) => [r.comment, r.expression]) };
  for (const n of items(observed.libvirtNetworks)) facts[`libvirt ${n.name}`] = { ...n, xml: '', config: '' };
  for (const b of items(observed.ovsBridges))
    facts[`ovs ${b.name}`] = { ...b, ports: b.ports.map(portEssence) };
  facts['ovs leftovers'] = items(observed.ovsLeftovers)
    .map((row) => canonical({ ...row, id: '', queues: row.table === 'QoS' ? qosEssence(row) : null }))
    .sort();
  for (const [port, p] of Object.entries(observed.bridgePorts.known ? observed.bridgePorts.value : {}))
    facts[`port ${port}`] = { isolated: p.isolated, learning: p.learning, flood: p.flood };
  for (const d of items(observed.dnsmasq)) facts[`dnsmasq ${d.network}`] = { ...d, pid: d.pid !== null };
  if (observed.offloads.known)
    for (const [name, o] of Object.entries(observed.offloads.value)) facts[`offload ${name}`] = o;
  if (observed.sysctls.known)
    // The global switch sets those of links that come and go with it; that is what forwarding is.
    for (const [name, { value }] of Object.entries(observed.sysctls.value))
      if (!/^net\.ipv[46]\.conf\.(?!all\.)[^.]*\.(forwarding|rp_filter)$/.test(name)) facts[name] = value;
  return facts;
}

type OvsPort = OvsBridge['ports'][number];
/** Rows that were made again have other ids. */
const qosEssence = ({ type, otherConfig, externalIds, queues }: OvsQos) => ({
  ...{ type, otherConfig, externalIds },
  queues: Object.entries(queues).map(([n, q]) => [n, q.otherConfig, q.externalIds]),
});
const portEssence = ({ name, tag, trunks, vlanMode, protected: apart, interfaces, qos }: OvsPort) => ({
  // Without a mode, a port with a tag is an access port and one without is a trunk.
  ...{ name, tag, trunks, vlanMode: vlanMode ?? (tag === null ? 'trunk' : 'access'), apart },
  mtus: interfaces.map((i) => i.mtuRequest),
  policing: interfaces.map((i) => i.policing),
  qos: qos === null ? null : qosEssence(qos),
});
