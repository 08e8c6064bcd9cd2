import { join } from 'node:path';
import {
  type AgentFacts,
  type Observed,
  type ObservedPatch,
  type Section,
  sectionNames,
} from '@/server/core/observed';
import type { Stream } from './exec';
import { libvirtLeaseFolder } from './lab-libvirt';
import { observe } from './observe';
import {
  type News,
  parseIpMonitor,
  parseLibvirtMonitor,
  parseNftMonitor,
  parseOvsMonitor,
  parseTcMonitor,
} from './observe/events';
import { watchFolder } from './observe/folder-watch';
import { type Kept, keepObserved } from './observe/kept';
import { libvirtAnswers, libvirtMonitors } from './observe/libvirt';
import { keepMonitor } from './observe/monitor';
import { ovsAnswers, ovsMonitors } from './observe/ovs';

export type Watcher = {
  /** The newest reading. Sections that did not change are the same objects as before. */
  readonly observed: () => Observed;
  /** Reads these sections (all, when not given) now; settles when `observed()` has them and `onPatch` was told. */
  readonly refresh: (sections?: readonly Section[]) => Promise<void>;
  readonly stop: () => void;
};

/** Sections without events of their own, or whose events we may miss (a process that was killed). */
const WITHOUT_EVENTS: readonly Section[] = [
  'sysctls',
  'tapHolders',
  'dnsmasq',
  'leases',
  'listeners',
  'machines',
];
const SLOW_PASS = 10_000;
const WHOLE_PASS = 300_000;

const IP_SECTIONS: readonly Section[] = [
  'links',
  'routes',
  'rules',
  'neighbours',
  'bridgePorts',
  'vlans',
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
  const services = followServices(keeping);

  let whole = performance.now();
  const slow = setInterval(() => {
    keeping.askUnlinked();
    services.look();
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
      for (const source of [...sources, services]) source.stop();
      keeping.stop();
    },
  };
}

const sectionsOf = (news: News): readonly Section[] =>
  news.about === 'sections' ? news.sections : [news.about === 'link' ? 'links' : 'namespaces'];

type Told = { readonly argv: readonly string[]; readonly parse: (line: string) => readonly News[] };

/** A monitor; `about` is read again whenever it may have missed something. */
const keep = ({ argv, parse }: Told, about: readonly Section[], ear: Ear): Stream =>
  keepMonitor({
    argv,
    ...(argv.includes('all-nsid') ? { fallback: argv.filter((word) => word !== 'all-nsid') } : {}),
    onLine: (line) => ear.hear(parse(line)),
    onDoubt: () => ear.ask(about),
  });

/** Starts everything that tells of changes on every host. */
function listen(agent: AgentFacts, ear: Ear): readonly Stream[] {
  const ip = ['ip', '-o', 'monitor', 'label', 'all', 'all-nsid'];
  const folders: [string, readonly Section[]][] = [
    [join(agent.runDir, 'dnsmasq'), ['dnsmasq', 'leases']],
    ['/run/netns', ['namespaces']],
    [libvirtLeaseFolder(agent.role), ['leases']],
  ];
  return [
    keep({ argv: ip, parse: parseIpMonitor }, IP_SECTIONS, ear),
    keep({ argv: ['tc', 'monitor'], parse: parseTcMonitor }, ['qdiscs', 'limits'], ear),
    keep({ argv: ['nft', 'monitor'], parse: parseNftMonitor }, ['nft'], ear),
    ...folders.map(([path, about]) => watchFolder(path, () => ear.ask(about))),
  ];
}

/** Listens to Open vSwitch and libvirt while they run, and looks now and then whether they do. */
function followServices(kept: Kept): { readonly look: () => void } & Stream {
  const services = [
    {
      sections: ['ovsBridges', 'ovsLeftovers'],
      monitors: ovsMonitors,
      parse: parseOvsMonitor,
      isThere: ovsAnswers,
    },
    {
      sections: ['libvirtNetworks', 'domains'],
      monitors: libvirtMonitors,
      parse: parseLibvirtMonitor,
      isThere: libvirtAnswers,
    },
  ] as const;
  const listening: Stream[][] = services.map(() => []);
  const look = () =>
    services.forEach(({ sections, monitors, parse, isThere }, i) => {
      const runs = sections.every((section) => kept.observed()[section].known) && isThere();
      const streams = listening[i] ?? [];
      if (!runs) {
        for (const stream of streams) stream.stop();
        listening[i] = [];
        kept.ask(sections);
      } else if (streams.length === 0)
        listening[i] = monitors.map((argv) => keep({ argv, parse }, sections, kept));
    });
  look();
  return {
    look,
    stop: () => {
      for (const stream of listening.flat()) stream.stop();
    },
  };
}
