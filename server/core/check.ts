import { sameValue } from './canonical';
import type { Desired } from './change';
import type { CheckContext } from './check-context';
import { checkDhcp } from './check-dhcp';
import { checkDns } from './check-dns';
import { checkFooting } from './check-footing';
import { checkHost } from './check-host';
import { checkLimits } from './check-limits';
import { checkLink } from './check-link';
import { checkNat } from './check-nat';
import { checkGoingPlaces, checkNic } from './check-nic';
import { checkPool } from './check-pool';
import { checkPortForwards } from './check-port-forward';
import { checkPorts } from './check-ports';
import { checkStaticRoutes } from './check-routes';
import { checkSubnet } from './check-subnet';
import { checkGoingBridges, checkGoingLinks } from './check-underneath';
import { blockOf, blockText, overlap } from './ip';
import { forwardDevice, type Network, OWN_BRIDGE_MODES } from './kinds/network';
import type { Observed } from './observed';
import type { Problem } from './result';
import { startWith, wordsFor } from './things';

export type { CheckContext } from './check-context';

/**
 * Everything that would make this network fail or hurt, before anything runs. Paths are into the network, so that a
 * form shows each at its field; every message stands on its own.
 */
export function checkNetwork(network: Network, context: CheckContext): readonly Problem[] {
  return [
    ...checkNames(network, context.others),
    ...checkForward(network),
    ...checkPorts(network),
    ...checkLimits(network, context.observed),
    ...checkStaticRoutes(network),
    ...checkPool(network, context.others),
    ...checkFooting(network),
    ...network.subnets.flatMap((subnet, i) => checkSubnet(subnet, ['subnets', i])),
    ...checkDhcp(network),
    ...checkDns(network, context.others),
    ...checkNat(network),
    ...checkPortForwards(network, context.others),
    ...checkTogether(network),
    ...checkReservations(network),
    ...checkOthers(network, context.others),
    ...(context.observed === null ? [] : checkHost(network, { ...context, observed: context.observed })),
  ];
}

/**
 * Checks a whole desired state. A network that is the same in `committed` is not measured against the host again:
 * what came between it and the host later must not stop other changes.
 */
export function checkDesired(
  desired: Desired,
  { observed, committed }: { readonly observed: Observed | null; readonly committed: Desired },
): readonly Problem[] {
  const links = desired.links.flatMap((link, i) => {
    const known = committed.links.some((l) => sameValue(l, link));
    return checkLink(link, {
      others: desired.networks,
      links: desired.links.filter((_, j) => j !== i),
      before: committed.links.find((l) => l.name === link.name),
      observed: known ? null : observed,
    }).map((p) => ({
      ...p,
      path: ['links', i, ...p.path],
      message: `${startWith(wordsFor(link))}: ${p.message}`,
    }));
  });
  const networks = desired.networks.flatMap((network, i) => {
    const known = committed.networks.some((n) => sameValue(n, network));
    return checkNetwork(network, {
      others: desired.networks.filter((_, j) => j !== i),
      links: desired.links,
      before: committed.networks.find((n) => n.name === network.name),
      observed: known ? null : observed,
    }).map((p) => ({
      ...p,
      path: ['networks', i, ...p.path],
      message: `Network ${network.name}: ${p.message}`,
    }));
  });
  return [
    ...networks,
    ...links,
    ...nicProblems(desired, { observed, committed }),
    ...checkGoingLinks(desired, committed),
    ...checkGoingBridges(desired, committed),
    ...checkGoingPlaces(desired, committed),
  ];
}

function nicProblems(
  desired: Desired,
  { observed, committed }: { readonly observed: Observed | null; readonly committed: Desired },
): readonly Problem[] {
  const { nics = [] } = desired;
  const { nics: before = [] } = committed;
  return nics.flatMap((nic, i) => {
    const known = before.some((n) => sameValue(n, nic));
    return checkNic(nic, {
      others: desired.networks,
      links: desired.links,
      nics: nics.filter((_, j) => j !== i),
      before: before.find((n) => n.name === nic.name),
      observed: known ? null : observed,
    }).map((p) => ({
      ...p,
      path: ['nics', i, ...p.path],
      message: `${startWith(wordsFor(nic))}: ${p.message}`,
    }));
  });
}

const RESERVED_NAMES = ['all', 'default', 'lo'];

function checkNames(network: Network, others: readonly Network[]): readonly Problem[] {
  const problems: Problem[] = [];
  if (others.some((o) => o.name === network.name))
    problems.push({
      path: ['name'],
      code: 'NAME_TAKEN',
      message: `There is another network named ${network.name} on this host.`,
    });
  const bridge = network.bridge?.name;
  if (bridge === undefined) return problems;
  const owner = others.find((o) => o.bridge?.name === bridge);
  if (owner !== undefined)
    problems.push({
      path: ['bridge', 'name'],
      code: 'BRIDGE_TAKEN',
      message: `Bridge ${bridge} is taken: network ${owner.name} uses it.`,
    });
  if (RESERVED_NAMES.includes(bridge) || /^\d+$/.test(bridge))
    problems.push({
      path: ['bridge', 'name'],
      code: 'BRIDGE_RESERVED',
      message: `A bridge cannot be named ${bridge}: the system means something else by it.`,
    });
  return problems;
}

function checkForward(network: Network): readonly Problem[] {
  const { forward, bridge, subnets } = network;
  const problems: Problem[] = [];
  const own = OWN_BRIDGE_MODES.some((mode) => mode === forward.mode);
  if (own && bridge === undefined)
    problems.push({
      path: ['bridge', 'name'],
      code: 'BRIDGE_NEEDED',
      message: `A network in forward mode ${forward.mode} makes a bridge of its own: name it.`,
    });
  if (!own && bridge !== undefined)
    problems.push({
      path: ['bridge', 'name'],
      code: 'BRIDGE_UNUSED',
      message: `A network in forward mode ${forward.mode} makes no bridge of its own: leave it out.`,
    });
  if (forward.mode !== 'nat' && forward.mode !== 'route' && forward.mode !== 'open') return problems;
  const dev = forwardDevice(network);
  if (subnets.length === 0)
    problems.push({
      path: ['subnets'],
      code: 'SUBNET_NEEDED',
      message: `${{ nat: 'A NAT', route: 'A routed', open: 'An open' }[forward.mode]} network needs a subnet: without an address of the host nothing can be forwarded.`,
    });
  if (dev !== undefined && dev === bridge?.name)
    problems.push({
      path: ['forward', 'dev'],
      code: 'FORWARD_TO_SELF',
      message: `Forwarding to ${dev} is forwarding to the network's own bridge: name the device that leads outside.`,
    });
  if (dev === 'lo')
    problems.push({
      path: ['forward', 'dev'],
      code: 'FORWARD_TO_SELF',
      message: 'Forwarding to lo leads nowhere: name the device that leads outside.',
    });
  return problems;
}

/** Between the subnets of one network. */
function checkTogether({ subnets }: Network): readonly Problem[] {
  const problems: Problem[] = [];
  const blocks = subnets.map((s) => blockOf(s.address, s.prefix));
  blocks.forEach((block, i) => {
    const first = blocks.findIndex((b, j) => j < i && block !== null && b !== null && overlap(b, block));
    const earlier = blocks[first];
    if (block !== null && earlier)
      problems.push({
        path: ['subnets', i, 'address'],
        code: 'SUBNET_TWICE',
        message: `Subnet ${i + 1} (${blockText(block)}) overlaps with subnet ${first + 1} (${blockText(earlier)}) of the same network.`,
      });
  });
  for (const family of [4, 6] as const) {
    const serving = subnets.flatMap((s, i) => {
      const serves = s.dhcp !== undefined && s.dhcp.ranges.length + s.dhcp.hosts.length > 0;
      return serves && blocks[i]?.family === family ? [i] : [];
    });
    for (const i of serving.slice(1))
      problems.push({
        path: ['subnets', i, 'dhcp'],
        code: 'DHCP_TWICE',
        message: `Subnet ${i + 1}: only one IPv${family} subnet of a network can serve DHCP, and subnet ${(serving[0] ?? 0) + 1} does.`,
      });
  }
  return problems;
}

/** A MAC, an address and a name are reserved once in a network: records and guests know a reservation by each of them. */
function checkReservations({ subnets }: Network): readonly Problem[] {
  const seen = new Map<string, string>();
  return subnets.flatMap((subnet, s) =>
    (subnet.dhcp?.hosts ?? []).flatMap((host, i) => {
      const which = subnets.length === 1 ? `reservation ${i + 1}` : `reservation ${i + 1} of subnet ${s + 1}`;
      return (['mac', 'duid', 'ip', 'name'] as const).flatMap((field): Problem[] => {
        const value = host[field];
        if (value === undefined) return [];
        const key = `${field} ${value.toLowerCase()}`;
        const before = seen.get(key);
        if (before === undefined) {
          seen.set(key, which);
          return [];
        }
        return [
          {
            path: ['subnets', s, 'dhcp', 'hosts', i, field],
            code: 'RESERVED_TWICE',
            message: `R${which.slice(1)}: ${value} is in ${before} already.`,
          },
        ];
      });
    }),
  );
}

function checkOthers(network: Network, others: readonly Network[]): readonly Problem[] {
  return network.subnets.flatMap((subnet, i) => {
    const block = blockOf(subnet.address, subnet.prefix);
    if (block === null) return [];
    return others.flatMap((other) =>
      other.subnets.flatMap((s): Problem[] => {
        const theirs = blockOf(s.address, s.prefix);
        if (theirs === null || !overlap(block, theirs)) return [];
        return [
          {
            path: ['subnets', i, 'address'],
            code: 'OVERLAPS_NETWORK',
            message: `Subnet ${blockText(block)} overlaps with ${blockText(theirs)} of network ${other.name}.`,
          },
        ];
      }),
    );
  });
}
