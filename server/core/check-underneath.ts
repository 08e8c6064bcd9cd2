import type { Desired } from './change';
import { forwardDevice, type Network } from './kinds/network';
import type { Problem } from './result';

/** What of the host a network names, each with where it says so. */
function named(network: Network): readonly { readonly name: string; readonly path: Problem['path'] }[] {
  const { forward } = network;
  const dev = forwardDevice(network);
  return [
    ...(dev === undefined ? [] : [{ name: dev, path: ['forward', 'dev'] }]),
    ...(forward.mode === 'bridge' && forward.bridge !== undefined
      ? [{ name: forward.bridge, path: ['forward', 'bridge'] }]
      : []),
    ...('interfaces' in forward ? (forward.interfaces ?? []) : []).map((name, i) => ({
      name,
      path: ['forward', 'interfaces', i],
    })),
    ...('pf' in forward && forward.pf !== undefined ? [{ name: forward.pf, path: ['forward', 'pf'] }] : []),
  ];
}

/** Taps that would be left in a network's bridge that goes. */
export function checkGoingBridges(desired: Desired, committed: Desired): readonly Problem[] {
  const staying = new Set<string>([
    ...desired.networks.flatMap((n) => n.bridge?.name ?? []),
    ...desired.links.map((l) => l.name),
  ]);
  return desired.links.flatMap((tap, i): readonly Problem[] => {
    const bridge = tap.kind === 'tap' ? tap.bridge : undefined;
    const network = committed.networks.find((n) => !n.adopted && n.bridge?.name === bridge);
    if (bridge === undefined || network === undefined || staying.has(bridge)) return [];
    return [
      {
        path: ['links', i, 'bridge'],
        code: 'STANDS_ON',
        message: `Tap ${tap.name} is plugged into ${bridge}, which would go with network ${network.name}: let the tap go too, or plug it into something else.`,
      },
    ];
  });
}

/** Links of the host that would go with this change although a network stands on them. Paths are into the desired state. */
export function checkGoingLinks(desired: Desired, committed: Desired): readonly Problem[] {
  const going = committed.links.filter(
    (l) => l.adopted === undefined && !desired.links.some((d) => d.name === l.name),
  );
  return desired.networks.flatMap((network, i) =>
    named(network).flatMap(({ name, path }): readonly Problem[] => {
      const link = going.find((l) => l.name === name);
      if (link === undefined) return [];
      const kind = link.kind === 'vlan' ? 'VLAN' : link.kind;
      return [
        {
          path: ['networks', i, ...path],
          code: 'STANDS_ON',
          message: `Network ${network.name} stands on ${kind} ${name}, which would go with this change: let the network go too, or put it on something else first.`,
        },
      ];
    }),
  );
}
