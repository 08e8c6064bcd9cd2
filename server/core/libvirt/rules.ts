import type { Network } from '../kinds/network';
import type { Bandwidth } from '../kinds/port';
import type { Problem } from '../result';
import { addressProblems } from './rules-address';
import { portProblems } from './rules-port';

/*
 * What libvirt refuses of a network although its format can say it. Every message stands on its own; paths are into
 * the network.
 */

type Path = Problem['path'];
export type Refuse = (path: Path, code: string, message: string) => void;

/** None: libvirt takes this network, as far as can be told without the host and its other networks. */
export function libvirtProblems(network: Network): readonly Problem[] {
  const problems: Problem[] = [];
  const refuse: Refuse = (path, code, message) => problems.push({ path, code, message });
  forwardProblems(network, refuse);
  modeProblems(network, refuse);
  dnsProblems(network, refuse);
  addressProblems(network, refuse);
  portProblems(network, refuse);
  return problems;
}

function forwardProblems({ forward, subnets }: Network, refuse: Refuse): void {
  const { mode } = forward;
  if ((mode === 'nat' || mode === 'route') && subnets.length === 0)
    refuse(['forward'], 'SUBNET_NEEDED', `A network in mode ${mode} needs an address of the host.`);
  if (mode === 'hostdev') {
    const seen = new Set<string>();
    forward.addresses?.forEach(({ domain, bus, slot, function: f }, i) => {
      const address = `${domain}:${bus}:${slot}.${f}`;
      if (seen.has(address))
        refuse(['forward', 'addresses', i], 'DEVICE_TWICE', `PCI device ${address} is listed twice.`);
      seen.add(address);
    });
    if (forward.driverModel !== undefined && forward.driver === undefined)
      refuse(['forward', 'driver'], 'DRIVER_NEEDED', 'The model of a driver needs the driver.');
    if (forward.pf !== undefined && forward.addresses !== undefined)
      refuse(
        ['forward', 'pf'],
        'POOL_TWICE',
        'The devices come from a physical function or have addresses: not both.',
      );
  }
  if ('interfaces' in forward) {
    const { interfaces } = forward;
    interfaces?.forEach((name, i) => {
      if (interfaces.indexOf(name) < i)
        refuse(['forward', 'interfaces', i], 'DEVICE_TWICE', `Device ${name} is listed twice.`);
    });
    if (interfaces !== undefined && forward.pf !== undefined)
      refuse(
        ['forward', 'pf'],
        'POOL_TWICE',
        'The devices come from a physical function or have names: not both.',
      );
  }
  if (mode === 'bridge' && forward.bridge !== undefined && (forward.interfaces ?? forward.pf) !== undefined)
    refuse(
      ['forward', 'bridge'],
      'POOL_AND_BRIDGE',
      'Guests are on a bridge of the host or on a pool of devices: not both.',
    );
}

/** What only networks with a bridge of their own have. */
function modeProblems(network: Network, refuse: Refuse): void {
  const { mode } = network.forward;
  if (mode === 'none' || mode === 'nat' || mode === 'route' || mode === 'open') return;
  const not = (field: keyof Network, what: string) =>
    refuse([field], 'NOT_IN_MODE', `A network in mode ${mode} has no ${what}: it has no bridge of its own.`);
  if (network.mtu !== undefined) not('mtu', 'MTU');
  if (network.mac !== undefined) not('mac', 'MAC');
  if (network.domain !== undefined) not('domain', 'DNS domain');
  if ((network.dns?.txt ?? network.dns?.srv ?? network.dns?.hosts) !== undefined) not('dns', 'DNS records');
  network.subnets.forEach((_, i) => {
    refuse(['subnets', i], 'NOT_IN_MODE', `A network in mode ${mode} has no address of the host.`);
  });
  if (mode === 'bridge' && network.forward.bridge !== undefined) return;
  const unlimited = (path: Path, bandwidth: Bandwidth | undefined) => {
    if (bandwidth !== undefined)
      refuse(
        path,
        'NOT_IN_MODE',
        `A network in mode ${mode} limits no bandwidth: guests are not on a bridge.`,
      );
  };
  unlimited(['bandwidth'], network.bandwidth);
  network.portgroups?.forEach((p, i) => {
    unlimited(['portgroups', i, 'bandwidth'], p.bandwidth);
  });
}

function dnsProblems({ dns, domain }: Network, refuse: Refuse): void {
  if (domain?.register === true && domain.localOnly !== true)
    refuse(
      ['domain'],
      'REGISTER_NEEDS_LOCAL',
      'A domain is registered with the host only when it is local only.',
    );
  if (dns === undefined) return;
  const { forwarders, txt, srv, hosts } = dns;
  if (dns.enable === false && (forwarders ?? txt ?? srv ?? hosts) !== undefined)
    refuse(['dns'], 'DNS_DISABLED', 'No DNS is served: then there are no records and no forwarders either.');
  forwarders?.forEach((f, i) => {
    if (f.address === undefined && f.domain === undefined)
      refuse(
        ['dns', 'forwarders', i],
        'FORWARDER_EMPTY',
        'A DNS forwarder has an address, or a domain, or both.',
      );
    if (f.address === undefined && f.port !== undefined)
      refuse(['dns', 'forwarders', i], 'FORWARDER_PORT', 'The port of a DNS forwarder needs its address.');
  });
  srv?.forEach((record, i) => {
    const { target, port, priority, weight } = record;
    if (target === undefined && (port ?? priority ?? weight) !== undefined)
      refuse(['dns', 'srv', i], 'TARGET_NEEDED', 'Port, priority and weight of an SRV record need a target.');
    if (port === 0) refuse(['dns', 'srv', i], 'PORT_ZERO', 'The port of an SRV record is at least 1.');
  });
}
