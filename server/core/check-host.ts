import type { CheckContext } from './check-context';
import { checkListeners } from './check-listeners';
import { checkPoolHost } from './check-pool';
import { MARK } from './compile/native';
import { OVS_MARK } from './compile/ovs';
import { type Block, blockOf, blockText, overlap, parseBlock } from './ip';
import type { HostLink } from './kinds/link';
import { forwardDevice, type Network } from './kinds/network';
import { bearsMark } from './libvirt/mark';
import { items, type Link, type Observed } from './observed';
import { markedOvs, ovsAt, ovsPortsOf } from './plan-ovs-situation';
import type { Problem } from './result';

/** A bridge that carries our mark. */
export const isMarked = (link: Link): boolean =>
  link.kind === 'bridge' && (link.alias?.startsWith(MARK) ?? false);

/**
 * A network, with the others and the links that this host shall have, against what is on the host already. What is unknown is not
 * held against it; the plan asks for what it needs.
 */
export function checkHost(
  network: Network,
  { observed, others, links = [], before }: CheckContext & { readonly observed: Observed },
): readonly Problem[] {
  const own = before?.kind === 'network' && before.bridge?.name === network.bridge?.name;
  return [
    // What was adopted becomes ours with its bridge.
    ...(own && before.adopted ? [] : checkBridge(network, observed)),
    ...checkDevice(network, observed, links),
    ...checkListeners(network, { ...(before === undefined ? {} : { before }), others, links, observed }),
    ...checkPoolHost(network, observed, links),
    ...checkRoutes(network, occupied(observed, [network, ...others])),
  ];
}

function checkBridge({ name, bridge, footing, adopted }: Network, observed: Observed): readonly Problem[] {
  if (bridge === undefined) return [];
  const at = (message: string): readonly Problem[] => [
    { path: ['bridge', 'name'], code: 'BRIDGE_TAKEN', message },
  ];
  const link = items(observed.links).find((l) => l.name === bridge.name);
  const libvirt = items(observed.libvirtNetworks).find((n) => n.bridge === bridge.name);
  // Ours moves away or is the same; who has it among our own is checked elsewhere.
  if (
    libvirt !== undefined &&
    (bearsMark(libvirt.config) || (footing === 'libvirt' && libvirt.name === name))
  )
    return [];
  const ovs = ovsAt(observed, bridge.name);
  const kind = ovs === undefined ? link?.kind : 'Open vSwitch bridge';
  const known = adopted && footing === 'ovs' && ovs !== undefined;
  const ours = (link && isMarked(link)) || ovs?.externalIds[OVS_MARK] !== undefined || known;
  if (kind !== undefined && !ours && libvirt === undefined)
    return at(
      `Bridge name ${bridge.name} is taken: this host has an interface of that name (${kind}) that Patchbay did not make.`,
    );
  if (libvirt !== undefined)
    return at(`Bridge name ${bridge.name} is taken: libvirt's network ${libvirt.name} uses it.`);
  return [];
}

function checkDevice(network: Network, observed: Observed, links: readonly HostLink[]): readonly Problem[] {
  const dev = forwardDevice(network);
  if (links.some((l) => l.name === dev)) return []; // it is there by then
  if (dev === undefined || !observed.links.known || observed.links.value[dev] !== undefined) return [];
  return [
    {
      path: ['forward', 'dev'],
      code: 'DEVICE_MISSING',
      message: `Forward device ${dev} does not exist on this host.`,
    },
  ];
}

type Occupied = { readonly block: Block; readonly what: string };

/**
 * Bridges with our mark that are those of these networks, or go because nothing is plugged into them. Others stay as
 * they are, and what they lead to is not free.
 */
function ourBridgeNames(observed: Observed, networks: readonly Network[]): ReadonlySet<string> {
  const links = items(observed.links);
  const known = (l: Link) =>
    networks.some((n) => n.bridge?.name === l.name || l.alias === `${MARK}${n.name}`);
  const switches = markedOvs(observed).filter(
    (b) => networks.some((n) => n.bridge?.name === b.name) || ovsPortsOf(b).length === 0,
  );
  const marked = links.filter(isMarked).filter((l) => known(l) || !links.some((p) => p.master === l.name));
  // Whose bridge libvirt makes for us; an adopted network is known by its UUID.
  const libvirt = items(observed.libvirtNetworks).filter(
    (l) => bearsMark(l.config) || networks.some((n) => n.footing === 'libvirt' && n.name === l.name),
  );
  return new Set([
    ...marked.map((l) => l.name),
    ...switches.map((b) => b.name),
    ...libvirt.flatMap((l) => l.bridge ?? []),
    ...networks.flatMap((n) => (n.adopted && n.bridge ? [n.bridge.name] : [])),
  ]);
}

/**
 * Blocks that lead elsewhere than into these networks. Default routes overlap with everything and do not count, nor do the halves and eighths
 * that VPNs install in their place.
 */
export function occupied(observed: Observed, networks: readonly Network[]): readonly Occupied[] {
  const ours = ourBridgeNames(observed, networks);
  const routes = items(observed.routes).flatMap((r): Occupied[] => {
    if (r.type !== 'unicast' || !['main', '254'].includes(r.table) || ours.has(r.device ?? '')) return [];
    const block = parseBlock(r.destination);
    if (block === null || block.prefix <= (block.family === 4 ? 1 : 3)) return [];
    const via = [r.gateway === null ? '' : ` via ${r.gateway}`, r.device === null ? '' : ` dev ${r.device}`];
    return [{ block, what: `the route ${r.destination}${via.join('')}` }];
  });
  const addresses = items(observed.links).flatMap((l) =>
    ours.has(l.name)
      ? []
      : l.addresses.flatMap((a): Occupied[] => {
          const block = blockOf(a.address, a.prefix);
          return block === null ? [] : [{ block, what: `the address ${a.address}/${a.prefix} of ${l.name}` }];
        }),
  );
  return [...routes, ...addresses];
}

function checkRoutes({ subnets }: Network, taken: readonly Occupied[]): readonly Problem[] {
  return subnets.flatMap(({ address, prefix }, i): readonly Problem[] => {
    const block = blockOf(address, prefix);
    const hit = block === null ? undefined : taken.find((t) => overlap(t.block, block));
    if (block === null || hit === undefined) return [];
    return [
      {
        path: ['subnets', i, 'address'],
        code: 'OVERLAPS_ROUTE',
        message: `Subnet ${blockText(block)} overlaps with ${hit.what}.`,
      },
    ];
  });
}
