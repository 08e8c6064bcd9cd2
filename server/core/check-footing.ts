import { checkOvs, takesVirtualPort } from './check-ovs';
import type { Network } from './kinds/network';
import type { Problem } from './result';

/**
 * What we do not bring about ourselves. A design that says more than the host would do is refused: nothing that
 * people wrote is silently left out.
 */
const MISSING: { readonly [F in keyof Network]?: string } = {
  trustGuestRxFilters: 'trust in guest filters',
};

/** Can this footing make all of this network? */
export function checkFooting(network: Network): readonly Problem[] {
  const problem = (path: Problem['path'], what: string): Problem => ({
    path,
    code: 'NOT_SUPPORTED',
    message: `Patchbay itself does not bring about ${what}: let libvirt make this network, or leave it out.`,
  });
  const { forward, bridge } = network;
  if (network.footing === 'libvirt') return checkLibvirt(network);
  return [
    ...(network.adopted && network.footing === undefined
      ? [
          {
            path: ['adopted'],
            code: 'NOT_ADOPTED',
            message:
              'A network that Patchbay makes itself was not here before: let go of "It was here before Patchbay" first.',
          },
        ]
      : []),
    ...checkOvs(network),
    ...(forward.mode === 'hostdev'
      ? [problem(['forward', 'mode'], 'the passing through of PCI functions')]
      : []),
    ...(bridge?.zone ? [problem(['bridge', 'zone'], 'a zone of firewalld')] : []),
    ...(network.virtualPort && !takesVirtualPort(network, network.virtualPort)
      ? [problem(['virtualPort'], 'a virtual port profile')]
      : []),
    ...(network.portgroups ?? []).flatMap((g, i) => [
      ...(g.virtualPort && !takesVirtualPort(network, g.virtualPort)
        ? [problem(['portgroups', i, 'virtualPort'], 'a virtual port profile')]
        : []),
      ...(g.trustGuestRxFilters === undefined
        ? []
        : [problem(['portgroups', i, 'trustGuestRxFilters'], 'trust in guest filters')]),
    ]),
    ...Object.entries(MISSING).flatMap(([field, what]) =>
      new Map<string, unknown>(Object.entries(network)).get(field) === undefined
        ? []
        : [problem([field], what)],
    ),
  ];
}

/** libvirt makes all that its format says; the rest of a design it cannot. */
function checkLibvirt({
  portForwards,
  vlan,
  portgroups = [],
  forward,
  virtualPort,
}: Network): readonly Problem[] {
  const at = (path: Problem['path'], message: string): Problem => ({ path, code: 'NOT_ON_LIBVIRT', message });
  const problems: Problem[] = [];
  if (portForwards !== undefined)
    problems.push(
      at(['portForwards'], 'libvirt has no port forwards: make this network natively, or leave them out.'),
    );
  const tagged = vlan !== undefined || portgroups.some((g) => g.vlan !== undefined);
  const takes =
    forward.mode === 'hostdev' || forward.mode === 'passthrough' || virtualPort?.type === 'openvswitch';
  if (tagged && !takes)
    problems.push(
      at(
        vlan === undefined ? ['portgroups'] : ['vlan'],
        'libvirt sets VLANs only on Open vSwitch (virtual port type openvswitch), in passthrough and for PCI devices: on this bridge guests could not start.',
      ),
    );
  return problems;
}
