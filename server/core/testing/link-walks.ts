import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { Desired } from '../change';
import { inside } from './kernel';
import type { Walk, WalkReport } from './kernel-walk';

/* Plans for links of the host, walked through on a real kernel: two uplinks of which one has addresses and routes. */

const Report: z.ZodType<WalkReport> = z.object({
  faults: z.array(z.string()),
  plans: z.array(z.array(z.string())),
});

export const ADDRESSES = [
  { address: '203.0.113.2', prefix: 24 },
  { address: '2001:db8:113::2', prefix: 64 },
];
export const ROUTES = [
  { gateway: '203.0.113.1', metric: 100 },
  { gateway: '2001:db8:113::1' },
  { to: { address: '10.0.0.0', prefix: 8 }, gateway: '203.0.113.9' },
];
/** Takes over uplink0 and what that has. */
export const br0 = {
  kind: 'bridge',
  name: 'br0',
  uplinks: ['uplink0'],
  stp: false,
  addresses: ADDRESSES,
  routes: ROUTES,
};
export const of = (...links: readonly object[]): { desired: Desired } => ({
  desired: Desired.parse({ networks: [], links }),
});

const guests = (more: object) => ({
  ...{ kind: 'network', name: 'guests', forward: { mode: 'none' }, subnets: [], ...more },
  bridge: { name: 'virbr5', stp: false },
});
/** One network on bridge virbr5, and taps. */
export const inNetwork = (more: object, ...taps: readonly object[]) => ({
  desired: Desired.parse({ networks: [guests(more)], links: taps }),
});
export const guestTap = { kind: 'tap', name: 'tap5', bridge: 'virbr5' };

/** For one file of tests. Walks there and back, by inverses, and from the middle; every state must be reached and left exactly. */
export function linkWalks(): (...states: Walk['states']) => Promise<WalkReport> {
  const place = inside();
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'kernel-walk.ts'));
  });
  afterAll(() => place.close());

  let walks = 0;
  return async (...states) => {
    const runDir = path.join(place.folder(), `links${++walks}`);
    mkdirSync(runDir);
    const words = (line: string) => line.split(' ');
    const prepare = [
      'ip link set dev lo up',
      'ip link add name uplink0 type veth peer name far0',
      'ip link add name uplink1 type veth peer name far1',
      'ip link set dev far0 up',
      'ip link set dev far1 up',
      'ip addr add 203.0.113.2/24 brd + dev uplink0',
      'ip addr add 2001:db8:113::2/64 dev uplink0 nodad',
      'ip link set dev uplink0 up',
      'ip link set dev uplink1 up',
      'ip route add default via 203.0.113.1 dev uplink0 metric 100 proto dhcp src 203.0.113.2',
      'ip route add ::/0 via 2001:db8:113::1 dev uplink0 proto static',
      'ip route add 10.0.0.0/8 via 203.0.113.9 dev uplink0',
      'ip route add 192.0.2.0/24 via 203.0.113.9 dev uplink0 table 77',
    ].map(words);
    const out = await place.run(['node', bundle], JSON.stringify({ runDir, prepare, states } satisfies Walk));
    return Report.parse(JSON.parse(out));
  };
}
