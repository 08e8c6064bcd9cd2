import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { inside } from './kernel';
import type { AdoptSeen, AdoptSetting } from './kernel-adopt';

/* What was made by hand is adopted without a step, changed, changed back, and forgotten: it stays as it was. */

const Seen: z.ZodType<AdoptSeen> = z.object({
  designs: z.array(z.unknown()),
  plans: z.record(z.enum(['adopt', 'change', 'back', 'forget']), z.array(z.string())),
  notes: z.array(z.string()),
  faults: z.array(z.string()),
});

export const UPLINKS = [
  'ip link set dev lo up',
  'ip netns add outside',
  'ip link add name uplink0 type veth peer name far0 netns outside',
  'ip link add name uplink1 type veth peer name far1 netns outside',
  'ip link set dev uplink0 up',
  'ip link set dev uplink1 up',
  'ip -n outside link set dev far0 up',
  'ip -n outside link set dev far1 up',
];
const PROBE = ['ip -o addr', 'ip route show table all', 'ip -6 route show table all'];

type AdoptGiven = {
  readonly prepare: readonly string[];
  readonly targets: readonly string[];
  readonly change?: AdoptSetting['change'];
  readonly probe?: readonly string[];
};

/** For one file of tests. Words of commands have no blanks; a target with `network ` before it is one of libvirt. */
export function adoptPlays(as: 'anybody' | 'root') {
  const place = inside(as);
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'kernel-adopt.ts'));
  });
  afterAll(() => place.close());

  let plays = 0;
  const play = async (
    given: AdoptGiven,
    services: Pick<AdoptSetting, 'libvirt' | 'ovs'> = {},
  ): Promise<AdoptSeen> => {
    const folder = path.join(place.folder(), `play${++plays}`);
    mkdirSync(folder);
    const words = (line: string) => line.split(' ');
    const input: AdoptSetting = {
      runDir: path.join(folder, 'run'),
      ...services,
      prepare: given.prepare.map(words),
      targets: given.targets.map((t) => {
        const [first = '', name] = words(t);
        return name === undefined ? { is: 'interface', name: first } : { is: 'network', name };
      }),
      change: given.change ?? {},
      probe: [...PROBE, ...(given.probe ?? [])].map(words),
    };
    // Named namespaces and run folders of services are made below it.
    const argv = ['sh', '-c', 'mount -t tmpfs run /run && mkdir -p /run/netns && exec node "$0"', bundle];
    return Seen.parse(JSON.parse(await place.run(argv, JSON.stringify(input))));
  };
  return { play, folder: () => place.folder() };
}
