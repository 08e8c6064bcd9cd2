import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { run } from '@/server/agent/exec';
import { Desired, NOTHING } from '../change';
import { hasOvs } from '../testing/available';
import { inside, whyNoNamespaces } from '../testing/kernel';
import type { Walk, WalkReport } from '../testing/kernel-walk';
import { exportTargets } from '.';
import { exported } from './exported';

/* What Open vSwitch's helper for ifupdown makes of an exported file, Patchbay itself would not make otherwise. */

const nowhere = await whyNoNamespaces();
const lacks = [
  ...((await hasOvs()) ? [] : ['Open vSwitch']),
  ...(existsSync('/etc/network/if-pre-up.d/openvswitch') ? [] : ["Open vSwitch's helper for ifupdown"]),
  ...((await run(['ifup', '--version'])).ok ? [] : ['ifupdown']),
  ...(nowhere === null ? [] : [`namespaces (${nowhere})`]),
];
if (lacks.length > 0)
  console.warn(`SKIPPED: no exported tap was plugged in by ifupdown, for want of ${lacks.join(', ')}`);

const Report: z.ZodType<WalkReport> = z.object({
  faults: z.array(z.string()),
  plans: z.array(z.array(z.string())),
});

const words = (line: string) => line.split(' ');
const sh = (script: string) => ['sh', '-c', script];

// Without a mark of ours, which no file of the system sets.
const tap = { kind: 'tap', adopted: true, bridge: 'sw0' };
const NATIVE = { trunk: true, tags: [{ id: 10, nativeMode: 'untagged' }, { id: 12 }] };
const taps = Desired.parse({
  networks: [],
  links: [
    { ...tap, name: 'tap0' },
    { ...tap, name: 'tap1', vlan: { tags: [{ id: 10 }] }, user: 'root' },
    { ...tap, name: 'tap2', vlan: NATIVE, mtu: 1400, multiQueue: true },
    { ...tap, name: 'tap3', vlan: { trunk: true, tags: [{ id: 30 }, { id: 31 }] } },
  ],
});
const NAMES = taps.links.map((l) => l.name);

describe.skipIf(lacks.length > 0)("Open vSwitch's helper for ifupdown", () => {
  const place = inside();
  afterAll(() => place.close());

  test('plugs exported taps in as they were, and out again', async () => {
    const bundle = await place.bundle(path.join(import.meta.dirname, '../testing/kernel-walk.ts'));
    const at = (name: string) => path.join(place.folder(), name);
    for (const folder of ['run', 'ovs', 'state']) mkdirSync(at(folder));
    const [file] = exportTargets.ifupdown(exported(taps, ['sw0']));
    writeFileSync(at('interfaces'), file?.text ?? '');
    const act = (verb: string) => [verb, '-i', at('interfaces'), '--state-dir', at('state'), ...NAMES];
    const module = await run(['genl', 'ctrl', 'get', 'name', 'ovs_datapath']);
    const datapath = module.ok ? 'system' : 'netdev';
    const walk: Walk = {
      runDir: at('run'),
      ovs: at('ovs'),
      prepare: [],
      states: [
        {
          desired: NOTHING,
          meddle: [words(`ovs-vsctl add-br sw0 -- set Bridge sw0 datapath_type=${datapath}`)],
        },
        { desired: taps },
        {
          desired: taps,
          meddle: [
            ...NAMES.flatMap((name) => [
              words(`ovs-vsctl del-port sw0 ${name}`),
              words(`ip link del dev ${name}`),
            ]),
            act('ifup'),
          ],
        },
        {
          desired: NOTHING,
          meddle: [act('ifdown'), sh('test -z "$(ovs-vsctl list-ports sw0)"'), sh('! ip link show dev tap0')],
        },
      ],
    };
    // The switch makes its sockets in /run, where its helper would find the machine's own services.
    const argv = sh('mount -t tmpfs run /run && exec node "$0"').concat(bundle);
    const { faults, plans } = Report.parse(JSON.parse(await place.run(argv, JSON.stringify(walk))));
    expect(faults).toEqual([]);
    const [, made, again] = plans;
    expect(made).toEqual(NAMES.flatMap((name) => [`Create tap ${name}`, `Plug ${name} into sw0`]).sort());
    expect(again, 'nothing is left to do').toEqual([]);
  });
});
