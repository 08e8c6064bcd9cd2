import type { Fact, FdbEntry, Neighbour, Observed, Route } from '@/server/core/observed';
import { run } from '../exec';
import type { DeviceSection } from './events';
import { parseFdb } from './fdb';
import { parseNeighbours } from './neighbours';
import { isNoDevice, keyed, type Parsed } from './reading';
import { parseRoutes } from './routes';

type Share<T> = {
  readonly argv: readonly string[];
  readonly parse: (text: string, device: string) => Parsed<T>;
  readonly deviceOf: (item: T) => string | null;
  /** What only one device can have at a time: it has gone from where it was, without a word. */
  readonly claims?: (item: T) => string | null;
};

const routes: Share<Route> = {
  argv: ['ip', '-j', '-d', 'route', 'show', 'table', 'all'],
  parse: parseRoutes,
  deviceOf: (route) => route.device,
};
const neighbours: Share<Neighbour> = {
  argv: ['ip', '-j', 'neigh', 'show'],
  parse: parseNeighbours,
  deviceOf: (neighbour) => neighbour.device,
};
const fdb: Share<FdbEntry> = {
  argv: ['bridge', '-j', 'fdb', 'show'],
  parse: parseFdb,
  deviceOf: (entry) => entry.port,
  // A bridge has learnt an address at one port only.
  claims: ({ bridge, mac, vlan, flags }) =>
    bridge === null || flags.includes('self') ? null : `${bridge} ${mac} ${vlan}`,
};

/** The section with what these devices have in it read anew; null when that cannot be told without reading all. */
export async function observeOfDevices(
  section: DeviceSection,
  devices: ReadonlySet<string>,
  before: Observed,
): Promise<Partial<Observed> | null> {
  if (section === 'routes') {
    if (!before.routes.known || haveSeveralHops(Object.values(before.routes.value), devices)) return null;
    const read = await merged(routes, devices, before.routes);
    return read && { routes: read };
  }
  if (section === 'neighbours') {
    const read = await merged(neighbours, devices, before.neighbours);
    return read && { neighbours: read };
  }
  const read = await merged(fdb, devices, before.fdb);
  return read && { fdb: read };
}

async function merged<T>(
  share: Share<T>,
  devices: ReadonlySet<string>,
  before: Fact<T>,
): Promise<Fact<T> | null> {
  if (!before.known) return null;
  const fresh: [string, T][] = [];
  for (const device of devices) {
    const ran = await run([...share.argv, 'dev', device]);
    if (!ran.ok && isNoDevice(ran.error)) continue;
    const parsed = ran.ok ? share.parse(ran.value.stdout, device) : ran;
    if (!parsed.ok) return null;
    fresh.push(...Object.entries(parsed.value));
  }
  const claimed = new Set(fresh.map(([, item]) => share.claims?.(item) ?? null));
  const others = Object.entries(before.value).filter(([, item]) => {
    const claim = share.claims?.(item) ?? null;
    return !devices.has(share.deviceOf(item) ?? '') && (claim === null || !claimed.has(claim));
  });
  return { ...before, value: keyed([...others, ...fresh]) };
}

/** Asked for one device, iproute2 leaves out routes that have a next hop there and another one elsewhere. */
function haveSeveralHops(all: readonly Route[], devices: ReadonlySet<string>): boolean {
  const hopped = all.filter((r) => r.family === 4 || r.gateway !== null);
  const target = (r: Route) => `${r.family} ${r.table} ${r.destination} ${r.metric}`;
  const here = new Map(hopped.filter((r) => devices.has(r.device ?? '')).map((r) => [target(r), r.device]));
  return here.size > 0 && hopped.some((r) => here.has(target(r)) && here.get(target(r)) !== r.device);
}
