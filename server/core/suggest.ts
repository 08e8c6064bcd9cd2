import { occupied } from './check-host';
import { IfName, IpAddress, NetworkName } from './ids';
import { type Block, blockOf, overlap } from './ip';
import type { ForwardMode } from './kinds/forward';
import type { Network, OwnNetwork } from './kinds/network';
import type { Subnet } from './kinds/subnet';
import { items, type Observed } from './observed';

/** Where the third byte begins: libvirt's own default is 122, and home routers sit at the low end. */
const FIRST = 100;

/**
 * A network that would fit beside these on this host: the next free name (`net1`), bridge (`virbr0`) and subnet
 * (192.168.x.0/24; 10.x.0.0/24 when it is routed, for an outside that routes that block) with a DHCP range. Without
 * subnets when everything is taken.
 */
export function suggestNetwork(
  others: readonly Network[],
  observed: Observed | null,
  mode: 'none' | 'nat' | 'route' | 'open' = 'nat',
): OwnNetwork {
  const names = new Set<string>(others.map((n) => n.name));
  const bridges = new Set<string>([
    ...others.flatMap((n) => n.bridge?.name ?? []),
    ...(observed === null ? [] : items(observed.links).map((l) => l.name)),
    ...(observed === null ? [] : items(observed.libvirtNetworks).flatMap((n) => n.bridge ?? [])),
  ]);
  const subnet = freeSubnet(others, observed, mode);
  return {
    kind: 'network',
    name: NetworkName.parse(firstFree('net', 1, names)),
    forward: { mode },
    bridge: { name: IfName.parse(firstFree('virbr', 0, bridges)), stp: false },
    subnets: subnet === null ? [] : [subnet],
  };
}

function firstFree(stem: string, from: number, taken: ReadonlySet<string>): string {
  let n = from;
  while (taken.has(`${stem}${n}`)) n++;
  return `${stem}${n}`;
}

function freeSubnet(others: readonly Network[], observed: Observed | null, mode: ForwardMode): Subnet | null {
  const taken: readonly Block[] = [
    ...others.flatMap((n) => n.subnets.flatMap((s) => blockOf(s.address, s.prefix) ?? [])),
    ...(observed === null ? [] : occupied(observed, others).map((o) => o.block)),
  ];
  for (let i = 0; i < 255; i++) {
    const x = (FIRST + i) % 255;
    const net = mode === 'route' ? `10.${x}.0` : `192.168.${x}`;
    const block = blockOf(`${net}.0`, 24);
    if (block === null || taken.some((t) => overlap(t, block))) continue;
    const address = (last: number) => IpAddress.parse(`${net}.${last}`);
    return {
      address: address(1),
      prefix: 24,
      dhcp: { ranges: [{ start: address(2), end: address(254) }], hosts: [] },
    };
  }
  return null;
}
