import {
  type AgentFacts,
  items,
  type Observed,
  type ObservedPatch,
  type Section,
} from '@/server/core/observed';
import { diffObserved } from '@/server/core/observed-diff';
import type { DeviceSection, LinkState, News } from './events';
import { observeSection } from './index';
import { createLane } from './lane';
import { type LinksFacts, observeLinksAndPorts, readLink } from './links';
import { observeNamespaces } from './namespaces';
import { observeOfDevices } from './of-device';

/** One reading and the ways to bring parts of it up to date. */
export type Kept = {
  readonly observed: () => Observed;
  /** Soon: what belongs together is read once. */
  readonly ask: (sections: readonly Section[]) => void;
  readonly hear: (news: readonly News[]) => void;
  /** The insides of namespaces that no link of ours leads to: nothing tells of their changes. */
  readonly askUnlinked: () => void;
  /** Now; settles when read. */
  readonly refresh: (sections: readonly Section[]) => Promise<void>;
  readonly stop: () => void;
};

/** Sections whose events are many and whose news can wait. */
const LAZY: ReadonlySet<Section> = new Set([
  'neighbours',
  'vlans',
  'fdb',
  'qdiscs',
  'limits',
  'tapHolders',
  'sysctls',
  'offloads',
  'listeners',
]);
const BY_THEMSELVES: ReadonlySet<Section> = new Set(['links', 'bridgePorts', 'namespaces']);
const isLazy = (name: Section) => LAZY.has(name);
const isUrgent = (name: Section) => !BY_THEMSELVES.has(name) && !LAZY.has(name);
const isOfDevices = (name: Section): name is DeviceSection =>
  name === 'routes' || name === 'neighbours' || name === 'fdb';
/** Whether one process for each of these links is cheaper than one reading of all. */
const areFew = (names: number, all: number) => names <= 4 + all / 200;
const ALL = Symbol('all');
const UNLINKED = Symbol('unlinked');

/** Keeps `first` up to date; `onPatch` is told every difference. */
export function keepObserved(
  agent: AgentFacts,
  first: Observed,
  onPatch: (patch: ObservedPatch) => void,
): Kept {
  let current = first;
  let stopped = false;

  const update = (read: Partial<Observed>) => {
    if (stopped) return;
    const next: Observed = { ...current, ...read, at: new Date().toISOString() };
    const patch = diffObserved(current, next);
    if (patch === null) return;
    const differs = (name: string) =>
      Object.hasOwn(patch.changed, name) || Object.hasOwn(patch.replaced, name);
    current = {
      ...current,
      ...Object.fromEntries(Object.entries(read).filter(([name]) => differs(name))),
      at: next.at,
    };
    onPatch(patch);
  };

  /** What events themselves said, not yet told on. The reading that follows has the last word. */
  const told = new Map<string, LinkState>();
  const states = createLane<'states'>({
    quiet: 2,
    longest: 10,
    rest: 3,
    read: async () => {
      if (current.links.known) update({ links: withStates(current.links, told) });
      told.clear();
    },
  });

  const links = createLane<string | typeof ALL>({
    quiet: 30,
    longest: 100,
    rest: 2,
    read: async (keys) => {
      const names = [...keys].filter((key) => key !== ALL);
      const few = !keys.has(ALL) && areFew(names.length, countOf(current.links));
      update((few ? await readLinks(current, names) : null) ?? (await observeLinksAndPorts()));
    },
  });

  /** Of which devices a section is to be read, where it need not be read whole. */
  const devices: Record<DeviceSection, Set<string>> = {
    routes: new Set(),
    neighbours: new Set(),
    fdb: new Set(),
  };
  const whole = new Set<Section>();
  const readOne = async (name: Section): Promise<Partial<Observed>> => {
    const all = whole.delete(name);
    if (isOfDevices(name)) {
      const some = devices[name];
      devices[name] = new Set();
      if (!all && areFew(some.size, countOf(current.links))) {
        const read = await observeOfDevices(name, some, current);
        if (read !== null) return read;
      }
    }
    return { [name]: await observeSection(name, agent, async () => current.links) };
  };
  const readSections = async (names: ReadonlySet<Section>) => {
    const read = await Promise.all([...names].map(readOne));
    update(Object.assign({}, ...read));
  };
  const urgent = createLane<Section>({ quiet: 40, longest: 150, rest: 3, read: readSections });
  const lazy = createLane<Section>({ quiet: 300, longest: 1_000, rest: 3, read: readSections });

  const namespaces = createLane<number | typeof ALL | typeof UNLINKED>({
    quiet: 40,
    longest: 150,
    rest: 3,
    read: async (keys) => {
      if (keys.has(ALL)) return update({ namespaces: await observeSection('namespaces', agent) });
      const all = current.namespaces.known ? Object.values(current.namespaces.value) : [];
      const only = all.filter((n) => keys.has(n.nsid ?? UNLINKED)).map((n) => n.name);
      update({ namespaces: await observeNamespaces(new Set(only), current.namespaces) });
    },
  });

  const lanesOf = (names: readonly Section[]) =>
    [
      { lane: urgent, names: names.filter(isUrgent) },
      { lane: lazy, names: names.filter(isLazy) },
    ] as const;
  const ask = (names: readonly Section[]) => {
    if (names.some((name) => name === 'links' || name === 'bridgePorts')) links.ask([ALL]);
    if (names.includes('namespaces')) namespaces.ask([ALL]);
    for (const name of names) whole.add(name);
    for (const { lane, names: its } of lanesOf(names)) lane.ask(its);
  };
  const hearOfLink = (news: Extract<News, { about: 'link' }>) => {
    const name = nameToRead(current.links, news);
    links.ask([name ?? ALL]);
    if (name !== null && news.state !== undefined) {
      told.set(name, news.state);
      states.ask(['states']);
    }
    if (news.qdisc === undefined) return;
    const kind = current.links.known && name !== null ? current.links.value[name]?.kind : undefined;
    if (kind === undefined || kind === 'tun') ask(['tapHolders']);
    if (name === null || news.qdisc !== rootQdisc(current.qdiscs, name)) ask(['qdiscs', 'limits']);
  };

  return {
    observed: () => current,
    ask,
    hear: (news) => {
      for (const one of news) {
        if (one.about === 'sections') ask(one.sections);
        else if (one.about === 'namespace') namespaces.ask([one.nsid]);
        else if (one.about === 'link') hearOfLink(one);
        else {
          devices[one.section].add(one.name);
          for (const { lane, names } of lanesOf([one.section])) lane.ask(names);
        }
      }
    },
    askUnlinked: () => {
      if (current.namespaces.known && Object.values(current.namespaces.value).some((n) => n.nsid === null))
        namespaces.ask([UNLINKED]);
    },
    refresh: async (names) => {
      // First, since others are read for the links there are.
      if (names.some((name) => name === 'links' || name === 'bridgePorts')) await links.now([ALL]);
      for (const name of names) whole.add(name);
      await Promise.all([
        names.includes('namespaces') ? namespaces.now([ALL]) : undefined,
        ...lanesOf(names).map(({ lane, names: its }) => lane.now(its)),
      ]);
    },
    stop: () => {
      stopped = true;
      for (const lane of [states, links, urgent, lazy, namespaces]) lane.stop();
    },
  };
}

const countOf = (links: Observed['links']) => (links.known ? Object.keys(links.value).length : 0);

/** The one link to read; null means all of them, as after a renaming, since others refer to it by name. */
function nameToRead(links: Observed['links'], news: Extract<News, { about: 'link' }>): string | null {
  if (news.name === null || !links.known) return null;
  const same = links.value[news.name];
  if (same?.index === news.index) return news.name;
  const renamed = Object.values(links.value).some((link) => link.index === news.index);
  return renamed || same !== undefined ? null : news.name;
}

/** What these links are now; null when that cannot be told without reading all. */
async function readLinks(
  { links, bridgePorts }: LinksFacts,
  names: readonly string[],
): Promise<LinksFacts | null> {
  if (!links.known || !bridgePorts.known) return null;
  const all = new Map(Object.entries(links.value));
  const ports = new Map(Object.entries(bridgePorts.value));
  const read = await Promise.all(names.map(async (name) => [name, await readLink(name)] as const));
  for (const [name, one] of read) {
    if (one === 'unclear') return null;
    const link = one === 'gone' ? undefined : one.links[name];
    const port = one === 'gone' ? undefined : one.bridgePorts[name];
    if (link === undefined) all.delete(name);
    else all.set(name, link);
    if (port === undefined) ports.delete(name);
    else ports.set(name, port);
  }
  return {
    links: { ...links, value: Object.fromEntries(all) },
    bridgePorts: { ...bridgePorts, value: Object.fromEntries(ports) },
  };
}

function withStates(
  links: Extract<Observed['links'], { known: true }>,
  states: ReadonlyMap<string, LinkState>,
): Observed['links'] {
  const changed = [...states].flatMap(([name, state]) => {
    const link = links.value[name];
    return link === undefined ? [] : [[name, { ...link, ...state }] as const];
  });
  return { ...links, value: { ...links.value, ...Object.fromEntries(changed) } };
}

/** As a line of `ip monitor` has it: a link without one shows `noop`. */
const rootQdisc = (qdiscs: Observed['qdiscs'], device: string): string =>
  items(qdiscs).find((qdisc) => qdisc.device === device && qdisc.parent === 'root')?.kind ?? 'noop';
