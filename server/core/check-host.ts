import { MARK } from './compile/native';
import { type Block, blockOf, blockText, overlap, parseBlock } from './ip';
import type { Network } from './kinds/network';
import { items, type Link, type Observed } from './observed';
import type { Problem } from './result';

/** A bridge that carries our mark. */
export const isMarked = (link: Link): boolean =>
  link.kind === 'bridge' && (link.alias?.startsWith(MARK) ?? false);

/** A network against what is on the host already. What is unknown is not held against it; the plan asks for what it needs. */
export function checkHost(network: Network, observed: Observed): readonly Problem[] {
  return [
    ...checkBridge(network, observed),
    ...checkDevice(network, observed),
    ...checkRoutes(network, observed),
  ];
}

function checkBridge({ bridge }: Network, observed: Observed): readonly Problem[] {
  const at = (message: string): readonly Problem[] => [
    { path: ['bridge', 'name'], code: 'BRIDGE_TAKEN', message },
  ];
  const link = items(observed.links).find((l) => l.name === bridge.name);
  if (link !== undefined && !isMarked(link))
    return at(
      `Bridge name ${bridge.name} is taken: this host has an interface of that name (${link.kind}) that Patchbay did not make.`,
    );
  const libvirt = items(observed.libvirtNetworks).find((n) => n.bridge === bridge.name);
  if (libvirt !== undefined)
    return at(`Bridge name ${bridge.name} is taken: libvirt's network ${libvirt.name} uses it.`);
  return [];
}

function checkDevice({ forward }: Network, observed: Observed): readonly Problem[] {
  if (forward.mode === 'none' || forward.dev === undefined || !observed.links.known) return [];
  if (observed.links.value[forward.dev] !== undefined) return [];
  return [
    {
      path: ['forward', 'dev'],
      code: 'DEVICE_MISSING',
      message: `Forward device ${forward.dev} does not exist on this host.`,
    },
  ];
}

type Occupied = { readonly block: Block; readonly what: string };

/**
 * Blocks that lead elsewhere. Default routes overlap with everything and do not count, nor do the halves and eighths
 * that VPNs install in their place.
 */
export function occupied(observed: Observed): readonly Occupied[] {
  const ours = new Set(
    items(observed.links)
      .filter(isMarked)
      .map((l) => l.name),
  );
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

function checkRoutes({ subnets }: Network, observed: Observed): readonly Problem[] {
  if (subnets.length === 0) return [];
  const taken = occupied(observed);
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
