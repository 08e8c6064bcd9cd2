import type { AgentFacts, Link, Observed, ObservedPatch, Section } from '@/server/core/observed';
import { diffObserved } from '@/server/core/observed-diff';
import { run } from '../exec';
import type { News } from './events';
import { observeSection } from './index';
import { createLane } from './lane';
import { parseLinks } from './links';
import { observeNamespaces } from './namespaces';

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
const LAZY: ReadonlySet<Section> = new Set(['neighbours', 'fdb', 'tapHolders', 'sysctls', 'offloads']);
const isUrgent = (name: Section) => name !== 'links' && name !== 'namespaces' && !LAZY.has(name);
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

  const links = createLane<string | typeof ALL>({
    quiet: 20,
    longest: 60,
    rest: 1,
    read: async (keys) => {
      const names = [...keys].filter((key) => key !== ALL);
      update({
        links:
          keys.has(ALL) || !areFew(names.length, countOf(current.links))
            ? await observeSection('links', agent)
            : await readLinks(current.links, names, () => observeSection('links', agent)),
      });
    },
  });

  const readSections = async (names: ReadonlySet<Section>) => {
    const read = await Promise.all(
      [...names].map(async (name) => [name, await observeSection(name, agent, async () => current.links)]),
    );
    update(Object.fromEntries(read));
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

  const ask = (names: readonly Section[]) => {
    if (names.includes('links')) links.ask([ALL]);
    if (names.includes('namespaces')) namespaces.ask([ALL]);
    urgent.ask(names.filter(isUrgent));
    lazy.ask(names.filter((name) => LAZY.has(name)));
  };

  return {
    observed: () => current,
    ask,
    hear: (news) => {
      for (const one of news) {
        if (one.about === 'sections') ask(one.sections);
        else if (one.about === 'namespace') namespaces.ask([one.nsid]);
        else links.ask([nameToRead(current.links, one) ?? ALL]);
      }
    },
    askUnlinked: () => {
      if (current.namespaces.known && Object.values(current.namespaces.value).some((n) => n.nsid === null))
        namespaces.ask([UNLINKED]);
    },
    refresh: async (names) => {
      // First, since others are read for the links there are.
      if (names.includes('links')) await links.now([ALL]);
      await Promise.all([
        names.includes('namespaces') ? namespaces.now([ALL]) : undefined,
        urgent.now(names.filter(isUrgent)),
        lazy.now(names.filter((name) => LAZY.has(name))),
      ]);
    },
    stop: () => {
      stopped = true;
      for (const lane of [links, urgent, lazy, namespaces]) lane.stop();
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

async function readLinks(
  before: Observed['links'],
  names: readonly string[],
  readAll: () => Promise<Observed['links']>,
): Promise<Observed['links']> {
  if (!before.known) return readAll();
  const value = new Map(Object.entries(before.value));
  const read = await Promise.all(names.map(async (name) => [name, await readLink(name)] as const));
  for (const [name, link] of read) {
    if (link === 'unclear') return readAll();
    if (link === 'gone') value.delete(name);
    else value.set(name, link);
  }
  return { ...before, value: Object.fromEntries(value) };
}

/** One link; `gone` when there is none of that name, `unclear` when it could not be read. */
async function readLink(name: string): Promise<Link | 'gone' | 'unclear'> {
  const ran = await run(['ip', '-j', '-d', 'addr', 'show', 'dev', name]);
  if (!ran.ok) return /does not exist|Cannot find device/.test(ran.error.detail ?? '') ? 'gone' : 'unclear';
  const parsed = parseLinks(ran.value.stdout);
  return (parsed.ok && parsed.value[name]) || 'unclear';
}
