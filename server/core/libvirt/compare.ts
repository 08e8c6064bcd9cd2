import type { Network } from '../kinds/network';
import { networkTag } from './format-network';
import { type Tag, toText } from './tags';

/*
 * Two networks as libvirt sees them: what `virsh net-update` can change while a network runs stands apart from the rest,
 * and its order says nothing, for libvirt appends.
 */

/** What is added to, or deleted from, a running network and its definition. */
export type LiveUpdate = {
  readonly command: 'add-last' | 'delete';
  readonly section: Section;
  readonly xml: string;
  /** Which `<ip>` it is in, from 0; null where it is in none. */
  readonly parent: number | null;
};

type Section =
  | 'ip-dhcp-host'
  | 'ip-dhcp-range'
  | 'dns-host'
  | 'dns-txt'
  | 'dns-srv'
  | 'portgroup'
  | 'forward-interface';

/** By the elements' path below `<network>`. */
const SECTIONS: Readonly<Record<string, Section>> = {
  'ip/dhcp/host': 'ip-dhcp-host',
  'ip/dhcp/range': 'ip-dhcp-range',
  'dns/host': 'dns-host',
  'dns/txt': 'dns-txt',
  'dns/srv': 'dns-srv',
  portgroup: 'portgroup',
  'forward/interface': 'forward-interface',
};
/** Only there libvirt takes and gives devices while the network runs. */
const POOLS = ['bridge', 'private', 'vepa', 'passthrough'];

type Part = Pick<LiveUpdate, 'section' | 'xml' | 'parent'>;
type Split = { readonly rest: string; readonly parts: ReadonlyMap<string, Part> };

/** Is `there`, as libvirt prints it, what `wanted` asks for? */
export function sameToLibvirt(there: Network, wanted: Network): boolean {
  const [a, b] = [split(there, wanted), split(wanted, wanted)];
  return (
    a.rest === b.rest && a.parts.size === b.parts.size && [...a.parts.keys()].every((k) => b.parts.has(k))
  );
}

/** What leads from one network to the other while it runs, deletions first; null where it must be started anew. */
export function liveUpdates(from: Network, to: Network): readonly LiveUpdate[] | null {
  const [a, b] = [split(from, to), split(to, to)];
  if (a.rest !== b.rest) return null;
  const only = (x: Split, y: Split) =>
    [...x.parts].filter(([key]) => !y.parts.has(key)).map(([, part]) => part);
  return [
    ...only(a, b).map((part): LiveUpdate => ({ command: 'delete', ...part })),
    ...only(b, a).map((part): LiveUpdate => ({ command: 'add-last', ...part })),
  ];
}

/**
 * What libvirt makes up (UUID, MAC) counts only where `like` says it. Title and description are in our records anyway,
 * and libvirt before 9.7 forgets them; metadata is what other programs note there.
 */
function split(network: Network, like: Network): Split {
  const { uuid, mac, title, description, metadata, subnets, routes, ...rest } = network;
  const plain: Network = {
    ...rest,
    ...(like.uuid === undefined ? {} : { uuid }),
    ...(like.mac === undefined ? {} : { mac }),
    forward: usualForward(network),
    subnets: subnets.map(({ written, ...subnet }) => subnet),
    ...(routes === undefined ? {} : { routes: routes.map(({ written, ...route }) => route) }),
  };
  const parts = new Map<string, Part>();
  const pool = POOLS.includes(network.forward.mode);
  const prune = (tag: Tag, path: readonly string[], parent: number | null): readonly Tag[] => {
    const section = SECTIONS[path.join('/')];
    if (section !== undefined && (section !== 'forward-interface' || pool)) {
      const xml = toText(tag).trim();
      parts.set(`${section} ${parent} ${xml}`, { section, xml, parent });
      return [];
    }
    if (!isList(tag.content)) return [tag];
    let ips = 0;
    const content = tag.content.flatMap((child) =>
      prune(child, [...path, child.name], child.name === 'ip' ? ips++ : parent),
    );
    if (
      content.length === 0 &&
      (tag.name === 'dhcp' || tag.name === 'dns') &&
      tag.attributes.every(([, v]) => v === undefined)
    )
      return [];
    // The first device of a pool stands at the pool, too.
    const attributes =
      tag.name === 'forward' && pool ? tag.attributes.filter(([n]) => n !== 'dev') : tag.attributes;
    return [{ ...tag, attributes, content: content.length === 0 ? undefined : content }];
  };
  const [root] = prune(networkTag(plain), [], null);
  return { rest: root === undefined ? '' : toText(root), parts };
}

const isList = (content: Tag['content']): content is readonly Tag[] => Array.isArray(content);

/** Running networks show the ports that NAT takes by default. */
function usualForward({ forward }: Network): Network['forward'] {
  if (forward.mode !== 'nat' || forward.nat === undefined) return forward;
  const { port, ...others } = forward.nat;
  const nat = port === undefined || (port.start === 1024 && port.end === 65535) ? others : forward.nat;
  const { nat: _, ...rest } = forward;
  return Object.keys(nat).length === 0 ? rest : { ...rest, nat };
}
