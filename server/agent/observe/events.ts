import type { Link, Section } from '@/server/core/observed';

/** Sections of which one device's share can be read by itself, at little cost. */
export type DeviceSection = 'routes' | 'neighbours' | 'fdb';

export type LinkState = Pick<Link, 'up' | 'carrier' | 'operState' | 'mtu' | 'master'>;

/** What a line of a monitor says should be read again. */
export type News =
  /** A link of this name and index appeared, changed or went; without a name, any of them. */
  | {
      readonly about: 'link';
      readonly index: number;
      readonly name: string | null;
      /** Kind of its queueing discipline, where the line says so. */
      readonly qdisc?: string;
      /** What the line itself says of the link: it need not wait for a reading. */
      readonly state?: LinkState;
    }
  /** Items of this section that belong to one device. */
  | { readonly about: 'device'; readonly section: DeviceSection; readonly name: string }
  /** Something inside a namespace, by the id this host has for it. */
  | { readonly about: 'namespace'; readonly nsid: number }
  | { readonly about: 'sections'; readonly sections: readonly Section[] };

const sections = (...names: Section[]): News => ({ about: 'sections', sections: names });

const LINE = /^(?:\[nsid (\w+)\])?\[([A-Z]+)\](Deleted )?(.*)$/;

/**
 * One line of `ip -o monitor label all all-nsid`. Lines of other namespaces begin with their id, and name devices of
 * theirs by names of ours: nothing but the id is to be believed. Bridge ports (with a change of their VLANs) and
 * forwarding entries come as LINK and NEIGH lines as well, so that `bridge monitor` has nothing to add.
 */
export function parseIpMonitor(line: string): readonly News[] {
  const [, nsid, label, deleted, rest = ''] = LINE.exec(line) ?? [];
  if (label === undefined) return [];
  if (nsid !== undefined && nsid !== 'current') {
    if (label === 'NSID') return [sections('namespaces')];
    return /^\d+$/.test(nsid) && ['LINK', 'ADDR', 'ROUTE'].includes(label)
      ? [{ about: 'namespace', nsid: Number(nsid) }]
      : [];
  }
  switch (label) {
    case 'LINK':
      return linkNews(rest, deleted !== undefined);
    case 'ADDR':
      // Routes of any device that have this address as their source go with it, and the kernel does not tell.
      return [
        deviceOf(rest),
        deleted !== undefined && / scope global /.test(rest) ? sections('routes') : ofDevice('routes', rest),
      ];
    case 'ROUTE':
      return [/\bnexthop\b/.test(rest) ? sections('routes') : ofDevice('routes', rest)];
    case 'RULE':
      return [sections('rules')];
    case 'NEIGH':
      if (rest.startsWith('dev ')) return [ofDevice('fdb', rest)];
      // Group addresses need no resolving, and are not listed either.
      return / NOARP\s*$/.test(rest) ? [] : [ofDevice('neighbours', rest)];
    case 'NETCONF':
      return [sections('sysctls')];
    case 'NSID':
      return [sections('namespaces')];
    default:
      return [];
  }
}

/**
 * A bridge's own lines tell of its ports' VLANs as well. A link that routes takes its routes along, and the kernel
 * drops IPv4 routes of a link that goes down without a word.
 */
function linkNews(rest: string, deleted: boolean): News[] {
  const link = deviceOf(rest);
  const qdisc = / qdisc (\S+)/.exec(rest)?.[1];
  if (qdisc === undefined)
    return [link, sections('vlans', ...(deleted ? (['qdiscs', 'limits'] as const) : []))];
  const state = deleted ? null : stateOf(rest);
  const news: News[] = [{ ...link, qdisc, ...(state === null ? {} : { state }) }];
  if (deleted)
    news.push(sections('vlans', 'qdiscs', 'limits'), ofDevice('fdb', rest), ofDevice('neighbours', rest));
  if (deleted || !/ master /.test(rest)) news.push(ofDevice('routes', rest), sections('sysctls', 'offloads'));
  return news;
}

const NAME = '([A-Za-z0-9_][A-Za-z0-9_.-]*)';
const LINK_NAME = new RegExp(`^(\\d+): ${NAME}(?:@[^:\\s]*)?(?::|\\s)`);
const LINK_STATE = new RegExp(
  `^[^<]*<([A-Z_,0-9-]*)> mtu (\\d+) qdisc \\S+ (?:master ${NAME} )?state ([A-Z]+) `,
);
const DEV_NAME = new RegExp(`(?:^| )dev ${NAME}(?: |$)`);

/** `4: vnet0@if2: <…>` or `2: br0    inet …`. A name that a tool could misread is not used: all links are read then. */
function deviceOf(rest: string): Extract<News, { about: 'link' }> {
  const [, index, name] = LINK_NAME.exec(rest) ?? [];
  if (index !== undefined) return { about: 'link', index: Number(index), name: name ?? null };
  const number = /^(\d+): /.exec(rest)?.[1];
  return { about: 'link', index: number === undefined ? 0 : Number(number), name: null };
}

/** `…: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue master br0 state DOWN group default …`. */
function stateOf(rest: string): LinkState | null {
  const [, flags, mtu, master, operState] = LINK_STATE.exec(rest) ?? [];
  if (flags === undefined || mtu === undefined || operState === undefined) return null;
  const has = (name: string) => flags.split(',').includes(name);
  return { up: has('UP'), carrier: has('LOWER_UP'), operState, mtu: Number(mtu), master: master ?? null };
}

/** The share of the device that the line names, or all. */
function ofDevice(section: DeviceSection, rest: string): News {
  const name = DEV_NAME.exec(rest)?.[1] ?? LINK_NAME.exec(rest)?.[2];
  return name === undefined ? sections(section) : { about: 'device', section, name };
}

/** `nft monitor`: whatever it is, the ruleset is read again. */
export const parseNftMonitor = (line: string): readonly News[] =>
  line.trim() === '' ? [] : [sections('nft')];

export const parseTcMonitor = (line: string): readonly News[] =>
  /\b(qdisc|class|filter)\b/.test(line) ? [sections('qdiscs', 'limits')] : [];

/** `ovsdb-client monitor`: rows of Bridge, Port, Interface, QoS or Queue. */
export const parseOvsMonitor = (line: string): readonly News[] =>
  line.trim() === '' ? [] : [sections('ovsBridges', 'ovsLeftovers')];

/** `virsh event --all --loop` and `virsh net-event`: what a guest does with its memory or clock is not ours. */
export function parseLibvirtMonitor(line: string): readonly News[] {
  const [, event, about] = /^event '([\w-]+)' for (domain|network)/.exec(line) ?? [];
  if (about === 'network') return [sections('libvirtNetworks')];
  return event !== undefined && /^(lifecycle|device-|metadata)/.test(event) ? [sections('domains')] : [];
}
