import { addressText, knownAddresses } from './address-cache';
import { type FactGroup, group, shorten } from './inspect-facts';
import { routeLine } from './inspect-link';
import { type Machine, machinesOf } from './machines';
import { items, type Observed } from './observed';
import { plugOf } from './plugs';

/** A guest is a namespace, a libvirt domain, or a process that holds taps. */
export function guestGroups(observed: Observed, name: string): readonly FactGroup[] {
  const groups = [...domainGroups(observed, name), ...namespaceGroups(observed, name)];
  return groups.length > 0 ? groups : machineGroups(observed, name);
}

/** What is inside a named namespace. */
export function namespaceGroups(observed: Observed, name: string): readonly FactGroup[] {
  const fact = observed.namespaces;
  if (!fact.known) return [group('Namespace', fact, () => ({}))];
  const ns = fact.value[name];
  if (ns === undefined) return [];
  return [
    group('Namespace', fact, () => ({ Name: ns.name, Id: ns.nsid })),
    ...Object.values(ns.links)
      .filter((l) => l.kind !== 'loopback' || l.addresses.some((a) => a.scope === 'global'))
      .map((link) =>
        group(`NIC ${link.name}`, fact, () => [
          ['State', link.up ? (link.carrier ? 'up' : 'no carrier') : 'set down'],
          ...(link.mac === null ? [] : [['MAC', link.mac] as const]),
          ['MTU', `${link.mtu} bytes`],
          ...link.addresses.map(
            (a) =>
              [
                a.family === 4 ? 'IPv4' : 'IPv6',
                `${a.address}/${a.prefix}${a.dynamic ? ' (dynamic)' : ''}`,
              ] as const,
          ),
        ]),
      ),
    group('Routes inside', fact, () => shorten(ns.routes.filter((r) => r.table !== 'local').map(routeLine))),
    addressGroup(
      observed,
      Object.values(ns.links).flatMap((l) => (l.mac === null ? [] : [l.mac])),
    ),
  ];
}

function domainGroups(observed: Observed, name: string): readonly FactGroup[] {
  const domain = items(observed.domains).find((d) => d.name === name);
  if (domain === undefined) return [];
  return [
    group('libvirt domain', observed.domains, () => ({
      Name: domain.name,
      State: domain.state,
      UUID: domain.uuid,
    })),
    ...domain.nics.map((nic, i) =>
      group(`NIC ${i + 1}`, observed.domains, () => ({
        Type: nic.type,
        Source: nic.source,
        Tap: nic.target,
        MAC: nic.mac,
        Model: nic.model,
      })),
    ),
    addressGroup(
      observed,
      domain.nics.flatMap((n) => (n.mac === null ? [] : [n.mac])),
    ),
  ];
}

function addressGroup(observed: Observed, macs: readonly string[]): FactGroup {
  const { leases, neighbours } = observed;
  const unknown = group('Addresses', leases, () => ({})).facts;
  return {
    title: 'Addresses',
    facts: [
      ...unknown,
      ...knownAddresses(observed, macs).map((known) => ({
        label: known.address,
        value: addressText(known),
        command: known.lease === null ? neighbours.command : `${leases.command}; ${neighbours.command}`,
      })),
    ],
  };
}

function machineGroups(observed: Observed, name: string): readonly FactGroup[] {
  const machine = machinesOf(observed).find((m) => m.name === name);
  const nics = machine?.nics ?? [];
  const addresses = addressGroup(
    observed,
    nics.flatMap(({ mac }) => mac ?? []),
  );
  if (machine?.own) return [...ownGroups(observed, machine), addresses];
  return [
    group('Process', observed.tapHolders, () => [
      ...nics.map(({ tap }) => [`Tap ${tap}`, `${machine?.command} (${machine?.pid})`] as const),
      ...nics.flatMap(({ tap, mac }) => (mac === null ? [] : [[`MAC behind ${tap}`, mac] as const])),
    ]),
    addresses,
  ];
}

function ownGroups(observed: Observed, { name, pid, nics }: Machine): readonly FactGroup[] {
  const { machines } = observed;
  return [
    group('Virtual machine', machines, () => ({ Name: name, Process: pid ?? 'none: it has ended' })),
    ...nics.map((nic) =>
      group(`NIC ${nic.name ?? nic.tap}`, machines, () => ({
        Tap: nic.tap,
        'Plugged into': pid === null ? null : (plugOf(observed, nic.tap)?.bridge ?? 'nothing'),
        Cable: nic.cable === 'out' ? 'pulled' : 'plugged in',
        MAC: nic.mac,
        Address: nic.fixed === undefined ? 'by DHCP' : `${nic.fixed}, fixed`,
        Trouble: nic.trouble ?? null,
      })),
    ),
  ];
}
