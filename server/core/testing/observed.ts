import { z } from 'zod';
import { type Link, type LinkAddress, Observed, type Route, sectionNames } from '../observed';

/*
 * Facts for tests, written down only as far as they matter. A section that is not given is known and empty; one that
 * is a text is unknown, and the text says why.
 */

const Given = z.looseObject({ agent: z.record(z.string(), z.unknown()).optional() });

const ADDRESS: Omit<LinkAddress, 'address' | 'family' | 'prefix'> = { scope: 'global', dynamic: false };
const LINK: Omit<Link, 'name' | 'kind'> = {
  ...{ index: 1, mac: null, mtu: 1500, up: true, carrier: true, operState: 'UP', master: null, lower: null },
  ...{ alias: null, addresses: [], bridge: null, vlan: null, bond: null, macvlanMode: null, tunnel: null },
  tap: null,
};
const BRIDGE = { stp: false, vlanFiltering: false, defaultPvid: 1, forwardDelay: 1500 };
const ROUTE: Omit<Route, 'family' | 'destination'> = {
  ...{ table: 'main', type: 'unicast', gateway: null, device: null, metric: null, protocol: null },
  ...{ scope: null, source: null, flags: [] },
};
const AGENT = {
  ...{ host: 'lab:test', hostname: 'test', kernel: '6.1', version: '1', incarnation: 'boot:1' },
  ...{ runDir: '/run/lab', writable: { yes: true }, singleUser: true, role: 'lab' },
};

const Items = z.record(z.string(), z.looseObject({}));

/** Throws on anything that is not part of a host's facts. */
export function observedOf(input: unknown): Observed {
  const { agent, ...sections } = Given.parse(input);
  const given = new Map(Object.entries(sections));
  const facts = sectionNames.map((section) => {
    const value = given.get(section) ?? {};
    if (typeof value === 'string') return [section, { known: false, command: section, why: value }];
    const items = Object.entries(Items.parse(value)).map(([key, item], i) => [key, filled(section, item, i)]);
    return [section, { known: true, command: section, value: Object.fromEntries(items) }];
  });
  const stray = [...given.keys()].filter((k) => !sectionNames.some((s) => s === k));
  if (stray.length > 0) throw new Error(`no such section: ${stray.join(', ')}`);
  return Observed.parse({
    agent: { ...AGENT, ...agent },
    at: '2026-01-01T00:00:00.000Z',
    ...Object.fromEntries(facts),
  });
}

function filled(section: string, item: Record<string, unknown>, i: number): unknown {
  if (section === 'routes') return { ...ROUTE, ...item };
  if (section !== 'links') return item;
  const addresses = z.array(z.looseObject({})).parse(item.addresses ?? []);
  return {
    ...LINK,
    index: i + 1,
    ...(item.kind === 'bridge' ? { bridge: BRIDGE } : {}),
    ...item,
    addresses: addresses.map((a) => ({ ...ADDRESS, ...a })),
  };
}
