import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Desired, NOTHING } from './change';
import type { Network } from './kinds/network';
import { whyNoLibvirt } from './testing/available';
import { inside } from './testing/kernel';
import type { Walk, WalkReport } from './testing/kernel-walk';
import { network } from './testing/sample-network';

/* Walks a real libvirtd from one desired state to the next: plan, inverses, from the middle; guests stay plugged in. */

const why = await whyNoLibvirt();
if (why !== null) console.warn(`SKIPPED: no network was made by a real libvirt: ${why}`);

const Report: z.ZodType<WalkReport> = z.object({
  faults: z.array(z.string()),
  plans: z.array(z.array(z.string())),
});

describe.skipIf(why !== null)('networks that libvirt makes', () => {
  const place = inside('root');
  let bundle = '';
  beforeAll(async () => {
    bundle = await place.bundle(path.join(import.meta.dirname, 'testing/kernel-walk.ts'));
  });
  afterAll(() => place.close());

  let walks = 0;
  async function walk(states: readonly Desired[], prepare: Walk['prepare'] = []): Promise<WalkReport> {
    const folder = path.join(place.folder(), `walk${++walks}`);
    mkdirSync(folder);
    const input: Walk = {
      runDir: path.join(folder, 'run'),
      libvirt: path.join(folder, 'libvirt'),
      prepare: [
        ['mount', '-t', 'tmpfs', 'run', '/run'],
        ['ip', 'link', 'set', 'dev', 'lo', 'up'],
        ['ip', 'link', 'add', 'name', 'eth0', 'type', 'veth', 'peer', 'name', 'far0'],
        ['ip', 'link', 'set', 'dev', 'eth0', 'up'],
        ['ip', 'link', 'add', 'name', 'bond0', 'type', 'veth', 'peer', 'name', 'far1'],
        ...prepare,
      ],
      states: states.map((desired) => ({ desired })),
    };
    return Report.parse(JSON.parse(await place.run(['node', bundle], JSON.stringify(input))));
  }
  const on = (n: Network): Desired => ({ ...NOTHING, networks: [{ ...n, footing: 'libvirt' }] });

  test('define, change while it runs, change with a restart, remove: guests stay', async () => {
    const [subnet] = network(1).subnets;
    if (subnet?.dhcp === undefined) throw new Error('the sample serves DHCP');
    const fewer = { ...subnet, dhcp: { ranges: subnet.dhcp.ranges, hosts: [] } };
    const { faults, plans } = await walk([
      on(network(1)),
      on({ ...network(1), subnets: [fewer] }),
      on(network(1, { mtu: 1400 })),
      on(network(1, { forward: { mode: 'open' }, dns: { hosts: [{ ip: '192.168.1.5', names: ['db'] }] } })),
      NOTHING,
    ]);
    expect(faults).toEqual([]);
    expect(plans).toEqual([
      ['Turn on IPv4 forwarding', 'Define and start network net1 in libvirt'],
      ['Change network net1 in libvirt while it runs'],
      ['Define network net1 anew in libvirt and start it again'],
      ['Define network net1 anew in libvirt and start it again'],
      ['Remove network net1 from libvirt'],
    ]);
  });

  test('a network passes from libvirt to us and back', async () => {
    // Not on the same bridge: what is plugged in keeps a bridge where it is.
    const elsewhere = network(1, { bridge: { name: 'virbr9', stp: true } });
    const native = { ...NOTHING, networks: [network(1)] };
    const { faults } = await walk([native, on(elsewhere), native, NOTHING]);
    expect(faults).toEqual([]);
  });
});
