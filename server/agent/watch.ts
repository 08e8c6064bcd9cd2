import { join } from 'node:path';
import {
  type AgentFacts,
  type Observed,
  type ObservedPatch,
  type Section,
  sectionNames,
} from '@/server/core/observed';
import type { Stream } from './exec';
import { observe } from './observe';
import {
  type News,
  parseBridgeMonitor,
  parseIpMonitor,
  parseNftMonitor,
  parseTcMonitor,
} from './observe/events';
import { watchFolder } from './observe/folder-watch';
import { type Kept, keepObserved } from './observe/kept';
import { keepMonitor } from './observe/monitor';

export type Watcher = {
  /** The newest reading. Sections that did not change are the same objects as before. */
  readonly observed: () => Observed;
  /** Reads these sections (all, when not given) now; settles when `observed()` has them and `onPatch` was told. */
  readonly refresh: (sections?: readonly Section[]) => Promise<void>;
  readonly stop: () => void;
};

/** Sections without events of their own, or whose events we may miss (a process that was killed). */
const WITHOUT_EVENTS: readonly Section[] = ['sysctls', 'tapHolders', 'dnsmasq', 'leases'];
const SLOW_PASS = 10_000;
const WHOLE_PASS = 300_000;

const IP_SECTIONS: readonly Section[] = [
  'links',
  'routes',
  'rules',
  'neighbours',
  'bridgePorts',
  'fdb',
  'namespaces',
];

/** Who tells the watcher what to read again. */
type Ear = {
  readonly hear: (news: readonly News[]) => void;
  readonly ask: (sections: readonly Section[]) => void;
};

/**
 * Keeps one reading of this host up to date: monitors say what changed, only that is read again, and `onPatch` is
 * told the difference. Many events at once are read once; the more a reading costs, the longer the pause after it.
 */
export async function watchObserved(
  agent: AgentFacts,
  onPatch: (patch: ObservedPatch) => void,
): Promise<Watcher> {
  // What is heard while the first reading is being made: it may have been made too early.
  const early = new Set<Section>();
  let kept: Kept | null = null;
  const sources = listen(agent, {
    hear: (news) => {
      if (kept !== null) kept.hear(news);
      else for (const section of news.flatMap(sectionsOf)) early.add(section);
    },
    ask: (sections) => {
      if (kept !== null) kept.ask(sections);
      else for (const section of sections) early.add(section);
    },
  });
  const keeping = keepObserved(agent, await observe(agent), onPatch);
  kept = keeping;
  keeping.ask([...early]);

  let whole = performance.now();
  const slow = setInterval(() => {
    keeping.askUnlinked();
    if (performance.now() - whole < WHOLE_PASS) return keeping.ask(WITHOUT_EVENTS);
    whole = performance.now();
    keeping.ask(sectionNames);
  }, SLOW_PASS);
  slow.unref();

  return {
    observed: keeping.observed,
    refresh: (sections = sectionNames) => keeping.refresh(sections),
    stop: () => {
      clearInterval(slow);
      for (const source of sources) source.stop();
      keeping.stop();
    },
  };
}

const sectionsOf = (news: News): readonly Section[] =>
  news.about === 'sections' ? news.sections : [news.about === 'link' ? 'links' : 'namespaces'];

/** Starts everything that tells of changes. */
function listen(agent: AgentFacts, ear: Ear): readonly Stream[] {
  const monitor = (
    argv: readonly string[],
    parse: (line: string) => readonly News[],
    about: readonly Section[],
  ) =>
    keepMonitor({
      argv,
      ...(argv.includes('all-nsid') ? { fallback: argv.filter((word) => word !== 'all-nsid') } : {}),
      onLine: (line) => ear.hear(parse(line)),
      onListening: () => ear.ask(about),
    });
  const sources = [
    monitor(['ip', '-o', 'monitor', 'label', 'all', 'all-nsid'], parseIpMonitor, IP_SECTIONS),
    monitor(['bridge', 'monitor', 'vlan'], parseBridgeMonitor, ['vlans']),
    monitor(['tc', 'monitor'], parseTcMonitor, ['qdiscs']),
    monitor(['nft', 'monitor'], parseNftMonitor, ['nft']),
    watchFolder(join(agent.runDir, 'dnsmasq'), () => ear.ask(['dnsmasq', 'leases'])),
    watchFolder('/run/netns', () => ear.ask(['namespaces'])),
  ];
  return agent.role === 'machine'
    ? [...sources, watchFolder('/var/lib/libvirt/dnsmasq', () => ear.ask(['leases']))]
    : sources;
}
