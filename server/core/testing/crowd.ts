import { type Link, Observed } from '../observed';

const NEVER = { known: false, command: 'none', why: 'Not read.' } as const;

/** A link with nothing special about it. */
export const aLink = (more: Pick<Link, 'index' | 'name' | 'kind'> & Partial<Link>): Link => ({
  mac: null,
  mtu: 1500,
  up: true,
  carrier: true,
  operState: 'UP',
  master: null,
  lower: null,
  alias: null,
  addresses: [],
  bridge: null,
  vlan: null,
  bond: null,
  macvlanMode: null,
  tunnel: null,
  tap: null,
  ...more,
});

/** A host with so many taps on each of so many bridges; every 17th tap has no carrier. */
export function crowd(taps: number, bridges = 1, host = 'machine'): Observed {
  const links: Record<string, Link> = {};
  let index = 1;
  for (let b = 0; b < bridges; b++) {
    const bridge = aLink({
      index: index++,
      name: `br${b}`,
      kind: 'bridge',
      bridge: { stp: false, vlanFiltering: false, defaultPvid: 1, forwardDelay: 0 },
    });
    links[bridge.name] = bridge;
    for (let i = 0; i < taps; i++) {
      const tap = aLink({
        index: index++,
        name: `t${b}-${i}`,
        kind: 'tun',
        master: bridge.name,
        carrier: i % 17 !== 3,
      });
      links[tap.name] = tap;
    }
  }
  return observedWith(links, host);
}

/** The facts of a host of which only the links are known. */
export function observedWith(links: Readonly<Record<string, Link>>, host = 'machine'): Observed {
  const sections = Object.keys(Observed.shape).filter((k) => k !== 'agent' && k !== 'at');
  return Observed.parse({
    ...Object.fromEntries(sections.map((s) => [s, NEVER])),
    agent: {
      host,
      hostname: 'kvm1',
      kernel: '6.12.0',
      version: 'test',
      incarnation: 'boot 1',
      runDir: '/run/patchbay',
      writable: { yes: true },
      singleUser: false,
      role: host === 'machine' ? 'machine' : 'lab',
    },
    at: '2026-01-01T00:00:00.000Z',
    links: { known: true, command: 'ip -j -d addr show', value: links },
  });
}
