import { problemsOf } from './check-parse';
import { readLibvirt } from './compile/libvirt';
import { familyOf } from './ip';
import { Network } from './kinds/network';
import type { Vlan } from './kinds/port';
import { items, type LibvirtNetwork, type Observed, type OvsBridge } from './observed';
import { givenAddresses } from './plan-links-facts';
import { FORWARDING, setting } from './plan-situation';
import { fail, ok, type Result } from './result';

const cannot = (message: string): Result<never> => fail('NOT_EXPRESSIBLE', message);

/** A network that libvirt has, as its definition says it. Its UUID tells that this very one is meant. */
export function adoptLibvirt({ name, config }: LibvirtNetwork): Result<Network> {
  const read = readLibvirt(config);
  if (!read.ok)
    return cannot(
      `Network ${name} of libvirt has a definition that is not understood: ${read.error.message}`,
    );
  const { network } = read.value;
  if (network.uuid === undefined)
    return cannot(`Network ${name} of libvirt tells no UUID, by which it would be known again.`);
  return ok({ ...network, adopted: true });
}

/**
 * A bridge of Open vSwitch as a network: open, because there are no rules of ours for it, and without DNS, because
 * nobody of ours serves it.
 */
export function adoptOvs(observed: Observed, bridge: OvsBridge): Result<Network> {
  const { name, failMode, stp, otherConfig, ports } = bridge;
  const link = observed.links.known ? observed.links.value[name] : undefined;
  if (failMode === 'secure')
    return cannot(
      `Open vSwitch bridge ${name} has the fail mode secure: a controller says what it forwards, and a network of Patchbay forwards by itself.`,
    );
  const local = ports.find((p) => p.name === name);
  const vlan = local === undefined ? ok(undefined) : hostVlanOf(name, local);
  if (!vlan.ok) return vlan;
  const addresses = (link === undefined ? [] : givenAddresses(link)).filter((a) => !a.dynamic);
  if (!addresses.some((a) => a.family === 4))
    return cannot(
      `The host has no IPv4 address on Open vSwitch bridge ${name}: a network with it would be isolated by firewall rules that are not there now. To plug guests into it, define a network in forward mode bridge on ${name}.`,
    );
  const six = addresses.find((a) => a.family === 6);
  if (six !== undefined)
    return cannot(
      `The host has ${six.address}/${six.prefix} on Open vSwitch bridge ${name}: a network with it would advertise that prefix, which nobody does now.`,
    );
  if (setting(observed, FORWARDING[4]) === '0')
    return cannot(
      `This host does not forward IPv4, and a network on Open vSwitch bridge ${name} with addresses but without firewall rules would turn it on.`,
    );
  const routes = items(observed.routes).filter(
    (r) => r.device === name && r.gateway !== null && r.protocol !== 'kernel',
  );
  const [route] = routes;
  if (route !== undefined)
    return cannot(
      `The route ${route.destination} via ${route.gateway} of this host leads by way of Open vSwitch bridge ${name}: it is the host's own uplink, not a network for guests.`,
    );
  const mtu = local?.interfaces[0]?.mtuRequest ?? undefined;
  const parsed = Network.safeParse({
    ...{ kind: 'network', name, footing: 'ovs', adopted: true },
    forward: { mode: 'open' },
    bridge: { name, stp },
    ...(mtu === undefined ? {} : { mtu }),
    ...(otherConfig.hwaddr === undefined ? {} : { mac: otherConfig.hwaddr }),
    ...(vlan.value === undefined ? {} : { vlan: vlan.value }),
    dns: { enable: false },
    subnets: addresses
      .filter((a) => familyOf(a.address) === 4)
      .map(({ address, prefix }) => ({ address, prefix })),
  });
  if (parsed.success) return ok(parsed.data);
  return cannot(
    `Open vSwitch bridge ${name} cannot be said as a network: ${problemsOf(parsed.error)[0]?.message}`,
  );
}

/** The host's own port: in every VLAN alike, or untagged in one. Guests without a portgroup would be in that one, too. */
function hostVlanOf(
  name: string,
  { tag, trunks, vlanMode }: OvsBridge['ports'][number],
): Result<Vlan | undefined> {
  const mode = vlanMode ?? (tag === null ? 'trunk' : 'access');
  if (tag === null && trunks.length === 0 && mode === 'trunk') return ok(undefined);
  const words = tag === null ? `the VLANs ${trunks.join(', ')}` : `VLAN ${tag} (${mode})`;
  return cannot(
    `The host's own port of Open vSwitch bridge ${name} is in ${words}: a network with it would put every guest into it that has no portgroup.`,
  );
}
