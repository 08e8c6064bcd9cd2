import type { Section } from '@/server/core/observed';

/** What a line of a monitor says should be read again. */
export type News =
  /** A link of this name and index appeared, changed or went; without a name, any of them. */
  | { readonly about: 'link'; readonly index: number; readonly name: string | null }
  /** Something inside a namespace, by the id this host has for it. */
  | { readonly about: 'namespace'; readonly nsid: number }
  | { readonly about: 'sections'; readonly sections: readonly Section[] };

const sections = (...names: Section[]): News => ({ about: 'sections', sections: names });

const LINE = /^(?:\[nsid (\w+)\])?\[([A-Z]+)\](?:Deleted )?(.*)$/;

/**
 * One line of `ip -o monitor label all all-nsid`. Lines of other namespaces begin with their id, and name devices of
 * theirs by names of ours: nothing but the id is to be believed. Bridge ports (with a change of their VLANs) and
 * forwarding entries come as LINK and NEIGH lines as well, so that `bridge monitor` has nothing to add.
 */
export function parseIpMonitor(line: string): readonly News[] {
  const [, nsid, label, rest = ''] = LINE.exec(line) ?? [];
  if (label === undefined) return [];
  if (nsid !== undefined && nsid !== 'current') {
    if (label === 'NSID') return [sections('namespaces')];
    return /^\d+$/.test(nsid) && ['LINK', 'ADDR', 'ROUTE'].includes(label)
      ? [{ about: 'namespace', nsid: Number(nsid) }]
      : [];
  }
  switch (label) {
    case 'LINK':
      return linkNews(rest);
    case 'ADDR':
      return [deviceOf(rest), sections('routes')];
    case 'ROUTE':
      return [sections('routes')];
    case 'RULE':
      return [sections('rules')];
    case 'NEIGH':
      if (rest.startsWith('dev ')) return [sections('fdb')];
      // Group addresses need no resolving, and are not listed either.
      return / NOARP\s*$/.test(rest) ? [] : [sections('neighbours')];
    case 'NETCONF':
      return [sections('sysctls')];
    case 'NSID':
      return [sections('namespaces')];
    default:
      return [];
  }
}

/**
 * A port takes its bridge's tables along; a link that routes takes its routes along, and the kernel drops IPv4 routes
 * of a link that goes down without a word. A tap's carrier tells that a process opened or closed it.
 */
function linkNews(rest: string): News[] {
  const follow = / master /.test(rest)
    ? sections('bridgePorts', 'vlans', 'qdiscs', 'tapHolders')
    : sections('bridgePorts', 'vlans', 'routes', 'qdiscs', 'tapHolders', 'sysctls', 'offloads');
  return [deviceOf(rest), follow];
}

/** `4: vnet0@if2: <…>` or `2: br0    inet …`. A name that a tool could misread is not used: all links are read then. */
function deviceOf(rest: string): News {
  const [, index, name] = /^(\d+): ([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@[^:\s]*)?(?::|\s)/.exec(rest) ?? [];
  if (index !== undefined) return { about: 'link', index: Number(index), name: name ?? null };
  const number = /^(\d+): /.exec(rest)?.[1];
  return { about: 'link', index: number === undefined ? 0 : Number(number), name: null };
}

/** `nft monitor`: whatever it is, the ruleset is read again. */
export const parseNftMonitor = (line: string): readonly News[] =>
  line.trim() === '' ? [] : [sections('nft')];

export const parseTcMonitor = (line: string): readonly News[] =>
  /\bqdisc\b/.test(line) ? [sections('qdiscs')] : [];

/** `ovsdb-client monitor`: rows of Bridge, Port or Interface. */
export const parseOvsMonitor = (line: string): readonly News[] =>
  line.trim() === '' ? [] : [sections('ovsBridges')];

/** `virsh event --all --loop` and `virsh net-event`: what a guest does with its memory or clock is not ours. */
export function parseLibvirtMonitor(line: string): readonly News[] {
  const [, event, about] = /^event '([\w-]+)' for (domain|network)/.exec(line) ?? [];
  if (about === 'network') return [sections('libvirtNetworks')];
  return event !== undefined && /^(lifecycle|device-|metadata)/.test(event) ? [sections('domains')] : [];
}
