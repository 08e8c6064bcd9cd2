import { blockOf, blockText, contains, familyOf, toNumber } from './ip';
import { hasOwnBridge, type Network, type StaticRoute } from './kinds/network';
import type { Problem } from './result';

/** The static routes of a network, each by way of a gateway that is in it. */
export function checkStaticRoutes(network: Network): readonly Problem[] {
  const { routes = [] } = network;
  if (
    routes.length > 0 &&
    !hasOwnBridge(network) &&
    !['none', 'nat', 'route', 'open'].includes(network.forward.mode)
  )
    return [
      {
        path: ['routes'],
        code: 'NO_BRIDGE',
        message: `A network in forward mode ${network.forward.mode} has no address of the host that a route could start from: leave the routes out.`,
      },
    ];
  return routes.flatMap((route, i) => [...checkOne(route, i, network), ...checkTwice(routes, i)]);
}

function checkOne(route: StaticRoute, i: number, { subnets }: Network): readonly Problem[] {
  const { address, prefix, gateway } = route;
  const problem = (field: string, code: string, message: string): Problem => ({
    path: ['routes', i, field],
    code,
    message: `Route ${i + 1}: ${message}`,
  });
  const block = blockOf(address, prefix);
  if (block === null)
    return [
      problem(
        'prefix',
        'PREFIX_TOO_LONG',
        `a prefix length of ${prefix} is too long for IPv${familyOf(address)}.`,
      ),
    ];
  if (toNumber(address) !== block.first)
    return [
      problem(
        'address',
        'ROUTE_NOT_A_NETWORK',
        `${address}/${prefix} is an address in a network; the network is ${blockText(block)}.`,
      ),
    ];
  if (familyOf(gateway) !== block.family)
    return [
      problem(
        'gateway',
        'ROUTE_FAMILY',
        `the gateway ${gateway} is IPv${familyOf(gateway)}, but ${address}/${prefix} is IPv${block.family}.`,
      ),
    ];
  const within = subnets.some((s) => {
    const subnet = blockOf(s.address, s.prefix);
    return subnet !== null && contains(subnet, gateway);
  });
  if (!within)
    return [
      problem(
        'gateway',
        'GATEWAY_OUTSIDE',
        `the gateway ${gateway} is in no subnet of this network, so that the host cannot reach it.`,
      ),
    ];
  if (subnets.some((s) => toNumber(s.address) === toNumber(gateway)))
    return [
      problem(
        'gateway',
        'GATEWAY_IS_HOST',
        `the gateway ${gateway} is the host itself: name a guest's address.`,
      ),
    ];
  return [];
}

function checkTwice(routes: readonly StaticRoute[], i: number): readonly Problem[] {
  const same = (a: StaticRoute, b: StaticRoute) =>
    toNumber(a.address) === toNumber(b.address) &&
    a.prefix === b.prefix &&
    (a.metric ?? 1) === (b.metric ?? 1);
  const first = routes.findIndex((r, j) => {
    const mine = routes[i];
    return j < i && mine !== undefined && same(r, mine);
  });
  if (first < 0) return [];
  return [
    {
      path: ['routes', i, 'address'],
      code: 'ROUTE_TWICE',
      message: `Route ${i + 1}: route ${first + 1} leads to the same network with the same metric.`,
    },
  ];
}
