import type { HostLink } from './kinds/link';
import { bridgeOf, type Network } from './kinds/network';
import { items, type Link, type Observed } from './observed';
import { ovsAt } from './plan-ovs-situation';
import type { Problem } from './result';

const OWN: readonly string[] = ['none', 'nat', 'route', 'open'];

/** Devices out of the pool by name; none where there is no pool of names. */
export const poolOf = ({ forward }: Network): readonly string[] =>
  'interfaces' in forward ? (forward.interfaces ?? []) : [];

/** Networks on what the host has: on a bridge of it, or on a pool of devices. */
export function checkPool(network: Network, others: readonly Network[]): readonly Problem[] {
  const { forward, subnets } = network;
  const { mode } = forward;
  if (OWN.includes(mode)) return [];
  const problems: Problem[] = [];
  const at = (path: Problem['path'], code: string, message: string) => problems.push({ path, code, message });
  if (subnets.length > 0)
    at(
      ['subnets'],
      'SUBNET_UNUSED',
      `A network in forward mode ${mode} has no address of the host: leave the subnets out, guests are in the network outside.`,
    );
  if (mode === 'nat' || mode === 'route' || mode === 'none' || mode === 'open' || mode === 'hostdev')
    return problems;
  const ways = [
    ...(mode === 'bridge' && forward.bridge !== undefined ? ['a bridge'] : []),
    ...(forward.interfaces === undefined ? [] : ['interfaces']),
    ...(forward.pf === undefined ? [] : ['a physical function']),
  ];
  const choice = mode === 'bridge' ? 'a bridge of the host, interfaces' : 'interfaces';
  // libvirt starts such a network, and says at a guest's start what is missing: see `poolNotes`.
  if (ways.length === 0 && network.footing !== 'libvirt')
    at(
      ['forward', mode === 'bridge' ? 'bridge' : 'interfaces'],
      'POOL_NEEDED',
      `A network in forward mode ${mode} needs something of the host to plug guests into: name ${choice} or a physical function.`,
    );
  if (ways.length > 1)
    at(
      ['forward', 'interfaces'],
      'POOL_TWICE',
      `A network in forward mode ${mode} is on one thing: it names ${ways.join(' and ')}.`,
    );
  poolOf(network).forEach((name, i, all) => {
    const path = ['forward', 'interfaces', i];
    if (all.indexOf(name) < i) at(path, 'DEVICE_TWICE', `${name} is in the pool twice.`);
    if (name === 'lo') at(path, 'DEVICE_RESERVED', 'lo leads nowhere: name a device that leads outside.');
    const rival = others.find(
      (o) => poolOf(o).includes(name) && (o.forward.mode === 'passthrough' || mode === 'passthrough'),
    );
    if (rival !== undefined)
      at(
        path,
        'DEVICE_TAKEN',
        `${name} is in the pool of network ${rival.name} too, and a device that is passed through is shared with nobody.`,
      );
  });
  return problems;
}

/** The same against what is on the host, and what of it this change makes: links come before networks. */
export function checkPoolHost(
  network: Network,
  observed: Observed,
  made: readonly HostLink[],
): readonly Problem[] {
  const { forward, mtu, footing } = network;
  if (footing === 'ovs' || OWN.includes(forward.mode) || !observed.links.known) return [];
  const links = observed.links.value;
  const bridge = bridgeOf(network);
  // Open vSwitch tells VLANs apart wherever it is.
  if (bridge !== null && ovsAt(observed, bridge) !== undefined) return [];
  if (bridge !== null) return checkHostBridge(network, bridge, underneath(bridge, links[bridge], made));
  return poolOf(network).flatMap((name, i): readonly Problem[] => {
    const device = underneath(name, links[name], made);
    if (device === undefined)
      return [
        {
          path: ['forward', 'interfaces', i],
          code: 'DEVICE_MISSING',
          message: `Device ${name} does not exist on this host.`,
        },
      ];
    return mtu !== undefined && mtu > device.mtu ? [tooLarge(mtu, device)] : [];
  });
}

type Underneath = {
  readonly name: string;
  readonly kind: string;
  readonly mtu: number;
  readonly filters: boolean;
};

/** A device as it is once the links of the host are as desired; undefined when there is none. */
function underneath(name: string, seen: Link | undefined, made: readonly HostLink[]): Underneath | undefined {
  const link = made.find((l) => l.name === name);
  if (link === undefined)
    return seen && { name, kind: seen.kind, mtu: seen.mtu, filters: seen.bridge?.vlanFiltering ?? false };
  const filters = link.kind === 'bridge' && link.vlanAware !== undefined;
  return { name, kind: link.kind, mtu: link.mtu ?? seen?.mtu ?? 1500, filters };
}

const tooLarge = (mtu: number, { name, mtu: most }: Underneath): Problem => ({
  path: ['mtu'],
  code: 'MTU_TOO_LARGE',
  message: `An MTU of ${mtu} bytes is larger than that of ${name}, which is ${most}: larger packets would not get out.`,
});

function checkHostBridge(network: Network, bridge: string, link: Underneath | undefined): readonly Problem[] {
  const path = ['forward', 'bridge'];
  if (link === undefined)
    return [
      { path, code: 'BRIDGE_MISSING', message: `There is no bridge ${bridge} on this host: make it first.` },
    ];
  if (link.kind !== 'bridge')
    return [{ path, code: 'NOT_A_BRIDGE', message: `${bridge} is no bridge on this host (${link.kind}).` }];
  const tagged = network.vlan !== undefined || network.portgroups?.some((g) => g.vlan !== undefined);
  return [
    // libvirt takes VLANs on Open vSwitch alone: `checkFooting` says so.
    ...(tagged && !link.filters && network.footing !== 'libvirt'
      ? [
          {
            path: network.vlan === undefined ? ['portgroups'] : ['vlan'],
            code: 'BRIDGE_WITHOUT_VLANS',
            message: `Bridge ${bridge} does not tell VLANs apart (vlan_filtering is 0), so that its ports cannot have VLANs of their own.`,
          },
        ]
      : []),
    ...(network.mtu !== undefined && network.mtu > link.mtu ? [tooLarge(network.mtu, link)] : []),
  ];
}

/** What is no obstacle, but people should know: whom a pool takes its devices from, and what cannot work. */
export function poolNotes(network: Network, observed: Observed): readonly string[] {
  const { forward } = network;
  if (OWN.includes(forward.mode) || bridgeOf(network) !== null) return [];
  if (forward.mode !== 'hostdev' && poolOf(network).length === 0 && !('pf' in forward))
    return [
      `Network ${network.name} names nothing of the host to plug guests into: libvirt starts it, but no guest of it.`,
    ];
  const links = items(observed.links);
  return poolOf(network).flatMap((name) => {
    const master = links.find((l) => l.name === name)?.master ?? null;
    const carries = items(observed.routes).some((r) => r.destination === 'default' && r.device === name);
    return [
      ...(master === null
        ? []
        : [
            `${name} is a port of ${master}: the kernel gives no guest of ${network.name} a NIC on it as long as it is.`,
          ]),
      ...(carries && forward.mode === 'passthrough'
        ? [
            `The default route of this host goes by way of ${name}: a guest of ${network.name} that has it takes the host's MAC address and packets.`,
          ]
        : []),
      ...(carries && forward.mode !== 'passthrough'
        ? [
            `Guests of ${network.name} on ${name} cannot reach this host itself, nor it them: macvtap is like that.`,
          ]
        : []),
    ];
  });
}
